--- Thresholds: the grammar, the kinds, the tags, the judgement and its margin.

local metrics = require "lload.metrics"
local reader = require "lload.reader"
local threshold = require "lload.threshold"

local function read(key, raw)
  local list, problems = {}, reader.problems("a.lua")
  threshold.read(list, key, raw, "thresholds." .. key, metrics.BUILT_IN, problems)
  return list, problems.lines
end

describe("threshold.parse", function()
  for text, parts in pairs {
    ["p(95)<800"] = { "p", 95, "<", 800, "" },
    [" p( 99.9 ) <= 1.5s "] = { "p", 99.9, "<=", 1.5, "s" },
    ["rate>99%"] = { "rate", nil, ">", 99, "%" },
    ["count==0"] = { "count", nil, "==", 0, "" },
    ["value != -3"] = { "value", nil, "!=", -3, "" },
    ["avg>=1e-3"] = { "avg", nil, ">=", 0.001, "" },
    ["med<.5 ms"] = { "med", nil, "<", 0.5, "ms" },
  } do
    it(("reads %q"):format(text), function()
      local p = assert(threshold.parse(text))
      assert.same(parts, { p.agg, p.x, p.operator, p.number, p.unit })
    end)
  end

  for text, message in pairs {
    [""] = "expected an aggregation.*column 1",
    ["95<5"] = "expected an aggregation.*column 1",
    ["p95<800"] = "write a percentile as p%(95%).*column 2",
    ["p<800"] = "expected a percentile.*column 2",
    ["p(101)<5"] = "no percentile",
    ["p(95)800"] = "expected < <= > >= == or !=.*column 6",
    ["p(95)<<800"] = '"<<" is no comparison.*column 6',
    ["p(95)=800"] = '"=" is no comparison',
    ["p(95)<"] = "expected a number.*column 7",
    ["p(95)<fast"] = "expected a number.*column 7",
    ["p(95)<8 or so"] = 'unexpected "so"',
    ["p(95)<800 over 10s"] = '"over" is not in this version %(column 11%)',
    ["p(95)<800ms for 30s"] = '"for" is not in this version %(column 13%)',
  } do
    it(("refuses %q and says where"):format(text), function()
      local parsed, problem = threshold.parse(text)
      assert.is_nil(parsed)
      assert.matches(message, problem)
    end)
  end
end)

describe("threshold kinds", function()
  local function limit(metric, text)
    local list, problems = read(metric, text)
    assert.same({}, problems)
    return list[1].limit
  end

  it("give units their meaning", function()
    assert.equal(1000, limit("http_req_duration", "p(95)<1s"))
    assert.equal(0.25, limit("http_req_duration", "p(95)<250us"))
    assert.equal(60000, limit("http_req_duration", "max<1m"))
    assert.equal(800, limit("http_req_duration", "p(95)<800"))
    assert.is_near(0.05, limit("http_req_failed", "rate<5%"), 1e-12)
    assert.equal(10, limit("http_reqs", "rate>10/s"))
    assert.equal(2, limit("http_reqs", "rate>120/m"))
  end)

  for key, case in pairs {
    checks = { "p(95)<1", "a rate has no p%(x%); it has rate" },
    http_reqs = { "avg<1", "a counter has no avg; it has count, rate" },
    vus = { "count>1", "a gauge has no count; it has value, min, max" },
    http_req_duration = { "rate<1", "a trend has no rate" },
    http_req_failed = { "rate<5", "a rate lies between 0 and 1; write 0.05 or 5%%" },
    http_req_waiting = { "p(95)<5km", 'unknown unit "km"; use m, ms, s, us or a plain number' },
    iterations = { "count>5ms", 'unknown unit "ms"; write a plain number' },
    http_req_tls_handshaking = { "count<5ms", "write a plain number" },
  } do
    it(("refuse %s %s"):format(key, case[1]), function()
      local list, problems = read(key, case[1])
      assert.same({}, list)
      assert.equal(1, #problems)
      assert.matches(case[2], problems[1])
    end)
  end

  it("take lists and options, inherited or not", function()
    local list, problems = read("checks", {
      "rate>0.9", { "rate>0.5", abort_on_fail = true, delay_abort = "10s", on_no_data = "pass" },
    })
    assert.same({}, problems)
    assert.same({ false, 0, "fail" },
      { list[1].abort_on_fail, list[1].delay_abort_s, list[1].on_no_data })
    assert.same({ true, 10, "pass" },
      { list[2].abort_on_fail, list[2].delay_abort_s, list[2].on_no_data })
  end)
end)

describe("threshold keys", function()
  for key, expected in pairs {
    ["checks"] = { "checks", {} },
    ["http_req_duration{name:POST /api/orders/create}"] =
      { "http_req_duration", { name = "POST /api/orders/create" } },
    ["http_req_duration{name:GET /api/orders/:id}"] =
      { "http_req_duration", { name = "GET /api/orders/:id" } },
    ["http_req_duration{name:GET /a/{id}/b}"] =
      { "http_req_duration", { name = "GET /a/{id}/b" } },
    ["http_req_duration{name:GET /a,b, step:3}"] =
      { "http_req_duration", { name = "GET /a,b", step = "3" } },
    ["http_req_duration{stage:spike,status:200}"] =
      { "http_req_duration", { stage = "spike", status = "200" } },
  } do
    it("reads " .. key, function()
      local metric, tags = threshold.parse_key(key)
      assert.same(expected, { metric, tags })
    end)
  end

  for key, message in pairs {
    ["checks{}"] = "no tag", ["checks{name}"] = '"name" is no tag', ["checks{name:}"] = "no tag",
    ["checks{name:a"] = "write tags as", ["{name:a}"] = "expected a metric name",
    ["checks{a:1,a:2}"] = "given twice",
  } do
    it("refuses " .. key, function()
      local metric, problem = threshold.parse_key(key)
      assert.is_nil(metric)
      assert.matches(message, problem)
    end)
  end

  it("splits what the command line gives", function()
    assert.same({ "http_req_duration", " p(95)<200" },
      { threshold.split("http_req_duration: p(95)<200") })
    assert.same({ "http_req_duration{name:GET /a/:id}", "p(95)<2s" },
      { threshold.split("http_req_duration{name:GET /a/:id}:p(95)<2s") })
    assert.is_nil(threshold.split("http_req_duration{name:GET /a/:id}"))
    assert.is_nil(threshold.split("p(95)<200"))
  end)
end)

describe("the judge", function()
  local function judge(key, raw)
    local list, problems = read(key, raw)
    assert.same({}, problems)
    return threshold.judge(list)
  end

  local function final(actual)
    return { value = function() return actual end }
  end

  it("says by how much", function()
    local j = judge("http_req_duration", { "p(95)<800", "p(95)>400", "p(95)==600" })
    local verdicts = j:verdicts(final(600))
    assert.same({ true, true, true }, { verdicts[1].ok, verdicts[2].ok, verdicts[3].ok })
    assert.same({ 0.25, 0.5 }, { verdicts[1].margin, verdicts[2].margin })
    assert.is_nil(verdicts[3].margin)
    assert.equal(-0.25, j:verdicts(final(1000))[1].margin)
  end)

  it("knows every comparison at its edge", function()
    local at_edge = { ["<"] = false, ["<="] = true, [">"] = false, [">="] = true, ["=="] = true,
      ["!="] = false }
    for operator, ok in pairs(at_edge) do
      assert.equal(ok, judge("http_reqs", "count" .. operator .. "3"):verdicts(final(3))[1].ok)
    end
  end)

  it("fails without data unless told otherwise", function()
    local verdict = judge("checks", "rate>0.9"):verdicts(final(nil))[1]
    assert.same({ false, false }, { verdict.ok, verdict.data })
    assert.is_nil(verdict.actual)
    verdict = judge("checks", "rate>0.9"):verdicts(final(0 / 0))[1]
    assert.same({ false, false }, { verdict.ok, verdict.data })
    assert.is_true(judge("checks", { "rate>0.9", on_no_data = "pass" }):verdicts(final(nil))[1].ok)
  end)

  local function snapshot(elapsed, actual, phase)
    return { phase = phase or "run", elapsed_s = elapsed, value = function() return actual end }
  end

  it("stops the run only where it was told to, after its delay, and with data", function()
    assert.is_nil(judge("checks", "rate>0.9"):wants_stop(snapshot(99, 0)))
    local j = judge("checks", { "rate>0.9", abort_on_fail = true, delay_abort = "10s" })
    assert.is_nil(j:wants_stop(snapshot(9, 0)))
    assert.is_nil(j:wants_stop(snapshot(11, nil)))
    assert.is_nil(j:wants_stop(snapshot(11, 0, "setup")))
    assert.is_nil(j:wants_stop(snapshot(11, 0.95)))
    assert.equal("threshold", j:wants_stop(snapshot(12, 0.5)))
    assert.equal("checks rate>0.9 was 0.50 after 12s", j:stop_detail())
  end)

  it("does not forgive the threshold that stopped the run", function()
    local j = judge("checks", { "rate>0.9", abort_on_fail = true })
    j:wants_stop(snapshot(1, 0.5))
    assert.is_false(j:verdicts(final(0.99))[1].ok)
  end)

  it("shows the worst one", function()
    local j = judge("http_req_duration", { "p(95)<800", "p(95)<100", "p(95)<400" })
    assert.equal("p(95)<100", j:worst(snapshot(1, 300)).threshold.expression)
    assert.equal("p(95)<100", j:worst(snapshot(1, 50)).threshold.expression)
    assert.is_nil(j:worst(snapshot(1, nil)))
  end)
end)
