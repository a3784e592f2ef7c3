--- Thresholds: the grammar, the kinds, the tags.

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

  for text, parts in pairs {
    ["p(95)<800"] = { "" },
    ["p(95)<800 over 10s"] = { "", 10 },
    ["p(95)<800ms for 30s"] = { "ms", nil, 30 },
    ["p(95) < 1 s over 1m for 1m30s"] = { "s", 60, 90 },
    [" rate>100 over 1h  for 5 "] = { "", 3600, 5 },
  } do
    it(("reads the time of %q"):format(text), function()
      local p = assert(threshold.parse(text))
      assert.same(parts, { p.unit, p.over_s, p.for_s })
      assert.equal(text:match("^%s*(.-)%s*$"), p.text)
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
    ["p(95)<800 over"] = "expected a duration such as over 10s %(column 15%)",
    ["p(95)<800 over for 3s"] = "expected a duration such as over 10s %(column 16%)",
    ["p(95)<800 over soon"] = '"soon" is not a duration.*column 16',
    ["p(95)<800 over 1.5s"] = 'over "1.5s" is not a whole number of seconds %(column 16%)',
    ["p(95)<800 for 500ms"] = 'for "500ms" is not a whole number of seconds',
    ["p(95)<800 for 0"] = 'for "0" is not a whole number of seconds',
    ["p(95)<800 over 61m"] = 'over "61m" is longer than 1h',
    ["p(95)<800 for 30s over 10s"] = '"over" stands once, "over" before "for" %(column 19%)',
    ["p(95)<800 over 1s over 2s"] = '"over" stands once',
    ["p(95)<800 over 10s or so"] = 'unexpected "or" %(column 20%)',
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

  it("judge each second by the last ten where only `for` is given, never by more", function()
    local function window(text) return read("http_req_duration", text)[1].over_s end
    assert.is_nil(window "max<1s")
    assert.same({ 7, 7, 60, 10, 5, 10 }, {
      window "max<1s over 7s", window "max<1s over 7s for 30s", window "max<1s over 1m for 30s",
      window "max<1s for 30s", window "max<1s for 5s", window "max<1s for 10s",
    })
  end)

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
