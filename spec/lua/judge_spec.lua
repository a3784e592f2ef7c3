--- The judge: what holds, by how much, and with `over` and `for` when and how long it did not.

local judge = require "lload.judge"
local metrics = require "lload.metrics"
local reader = require "lload.reader"
local threshold = require "lload.threshold"

local function read(key, raw)
  local list, problems = {}, reader.problems("a.lua")
  threshold.read(list, key, raw, "thresholds." .. key, metrics.BUILT_IN, problems)
  return list, problems.lines
end

describe("the judge", function()
  local function judging(key, raw)
    local list, problems = read(key, raw)
    assert.same({}, problems)
    return judge.new(list)
  end

  local function final(actual)
    return { value = function() return actual end }
  end

  it("says by how much", function()
    local j = judging("http_req_duration", { "p(95)<800", "p(95)>400", "p(95)==600" })
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
      assert.equal(ok, judging("http_reqs", "count" .. operator .. "3"):verdicts(final(3))[1].ok)
    end
  end)

  it("fails without data unless told otherwise", function()
    local verdict = judging("checks", "rate>0.9"):verdicts(final(nil))[1]
    assert.same({ false, false }, { verdict.ok, verdict.data })
    assert.is_nil(verdict.actual)
    verdict = judging("checks", "rate>0.9"):verdicts(final(0 / 0))[1]
    assert.same({ false, false }, { verdict.ok, verdict.data })
    local lenient = judging("checks", { "rate>0.9", on_no_data = "pass" })
    assert.is_true(lenient:verdicts(final(nil))[1].ok)
  end)

  local function snapshot(elapsed, actual, phase)
    return { phase = phase or "run", elapsed_s = elapsed, value = function() return actual end }
  end

  it("stops the run only where it was told to, after its delay, and with data", function()
    assert.is_nil(judging("checks", "rate>0.9"):wants_stop(snapshot(99, 0)))
    local j = judging("checks", { "rate>0.9", abort_on_fail = true, delay_abort = "10s" })
    assert.is_nil(j:wants_stop(snapshot(9, 0)))
    assert.is_nil(j:wants_stop(snapshot(11, nil)))
    assert.is_nil(j:wants_stop(snapshot(11, 0, "setup")))
    assert.is_nil(j:wants_stop(snapshot(11, 0.95)))
    assert.equal("threshold", j:wants_stop(snapshot(12, 0.5)))
    assert.equal("checks rate>0.9 was 0.50 after 12s", j:stop_detail())
  end)

  it("does not forgive the threshold that stopped the run", function()
    local j = judging("checks", { "rate>0.9", abort_on_fail = true })
    j:wants_stop(snapshot(1, 0.5))
    assert.is_false(j:verdicts(final(0.99))[1].ok)
  end)

  it("shows the worst one", function()
    local j = judging("http_req_duration", { "p(95)<800", "p(95)<100", "p(95)<400" })
    local function worst(actual)
      j:look(snapshot(1, actual))
      return j:worst()
    end
    assert.is_nil(j:worst())
    assert.equal("p(95)<100", worst(300).threshold.expression)
    assert.equal("p(95)<100", worst(50).threshold.expression)
    assert.is_nil(worst(nil))
  end)
end)

describe("a judge of windows", function()
  local STEPS = {
    { step = 1, from_s = 0, to_s = 10 }, { step = 2, from_s = 10, to_s = 30 },
    { step = 3, from_s = 30, to_s = 60 }, { step = 3, from_s = 40, to_s = 70 },
  }

  -- A judge of one threshold in a stage of 100 s.
  local function judging(raw, key)
    local list, problems = read(key or "http_req_duration", raw)
    assert.same({}, problems)
    return judge.new(judge.place(list, STEPS, 100))
  end

  -- A moment at which the window has this value.
  local function at(elapsed_s, actual)
    return {
      phase = "run", elapsed_s = elapsed_s, duration_s = elapsed_s,
      value = function(_, _, _, span)
        assert.is_number(span)
        return actual
      end,
    }
  end

  -- Looks once a second at these values, the first after one second; the last one is final. False
  -- is no data. Returns the verdict, and the second at which the run was to stop.
  local function judged_over(j, values)
    local stopped
    for second, actual in ipairs(values) do
      if j:wants_stop(at(second + 0.003, actual or nil)) then stopped = stopped or second end
    end
    return j:verdicts(at(#values + 0.01, values[#values] or nil))[1], stopped
  end

  -- So many seconds of each value.
  local function seconds(...)
    local values = {}
    for _, part in ipairs { ... } do
      for _ = 1, part[1] do values[#values + 1] = part[2] end
    end
    return values
  end

  it("keeps the worst one and its moment, once windows are full", function()
    local v = judged_over(judging "p(95)<800 over 3s", { 2000, 900, 500, 700, 750, 600 })
    assert.same({ true, 750, 3 }, { v.ok, v.actual, v.over_s })
    assert.is_near(5, v.at_s, 0.01)
    assert.is_near(0.0625, v.margin, 1e-9)
    assert.is_nil(v.for_s)
    assert.is_nil(v.breached_s)
  end)

  it("knows of how many samples the worst window was", function()
    local j = judging "p(95)<800 over 3s"
    local function look(elapsed_s, p95, count)
      j:look { elapsed_s = elapsed_s, value = function(_, agg, _, span)
        assert.equal(3, span)
        return agg == "count" and count or p95
      end }
    end
    assert.is_nil(j:samples(1))
    look(3, 100, 30)
    look(4, 900, 7)
    look(5, 100, 50)
    assert.equal(7, j:samples(1))
    j = judging("rate<9 over 3s", "http_reqs")
    look(3, 1, 30)
    assert.is_nil(j:samples(1))
  end)

  it("fails for one window, however good the others are", function()
    local v = judged_over(judging "p(95)<800 over 3s", seconds({ 20, 10 }, { 1, 900 }, { 50, 10 }))
    assert.same({ false, 900 }, { v.ok, v.actual })
    assert.is_near(21, v.at_s, 0.01)
    assert.is_near(-0.125, v.margin, 1e-9)
  end)

  it("knows which direction is bad", function()
    for expression, worst in pairs {
      ["rate>10 over 2s"] = 3, ["rate>=10 over 2s"] = 3, ["rate<10 over 2s"] = 12,
      ["rate<=10 over 2s"] = 12, ["rate==11 over 2s"] = 12, ["rate!=3 over 2s"] = 3,
    } do
      local v = judged_over(judging(expression, "http_reqs"), { 11, 11, 12, 3, 11 })
      assert.same({ expression, worst, false }, { expression, v.actual, v.ok })
    end
  end)

  it("judges a run that is shorter over what there is", function()
    local v = judged_over(judging "p(95)<800 over 30s", { 100, 900 })
    assert.same({ false, 900 }, { v.ok, v.actual })
    assert.is_near(2, v.at_s, 0.02)
    v = judged_over(judging { "p(95)<800 over 30s", on_no_data = "pass" }, { false, false })
    assert.same({ true, false }, { v.ok, v.data })
    assert.is_false(judged_over(judging "p(95)<800 over 30s", { false }).ok)
  end)

  it("breaks only what lasts, with no break in between", function()
    local function verdict(...)
      local v = judged_over(judging "p(95)<800 over 2s for 5s", seconds(...))
      return { v.ok, v.breached_s and math.floor(v.breached_s + 0.5) }
    end
    assert.same({ true }, verdict({ 20, 100 }))
    assert.same({ true, 4 }, verdict({ 10, 100 }, { 5, 900 }, { 10, 100 }))
    assert.same({ false, 5 }, verdict({ 10, 100 }, { 6, 900 }, { 10, 100 }))
    assert.same({ true, 4 }, verdict({ 5, 900 }, { 2, 100 }, { 5, 900 }))
    assert.same({ false, 9 }, verdict({ 3, 100 }, { 10, 900 }))
  end)

  it("lets no data begin or end a breach", function()
    local v = judged_over(judging "p(95)<800 over 1s for 5s",
      seconds({ 2, 100 }, { 2, 900 }, { 3, false }, { 1, 900 }, { 3, 100 }))
    assert.same({ false, 5 }, { v.ok, math.floor(v.breached_s + 0.5) })
    v = judged_over(judging "p(95)<800 over 1s for 5s",
      seconds({ 2, 100 }, { 20, false }, { 2, 900 }))
    assert.is_true(v.ok)
  end)

  it("has the sign of the margin agree with the verdict", function()
    local v = judged_over(judging "p(95)<800 for 5s", seconds({ 8, 100 }, { 5, 900 }, { 3, 100 }))
    assert.same({ true, 900 }, { v.ok, v.actual })
    assert.is_near(0.2, v.margin, 0.01)
    v = judged_over(judging "p(95)<800 for 5s", seconds({ 8, 100 }, { 9, 900 }))
    assert.is_false(v.ok)
    assert.is_near(-0.125, v.margin, 1e-9)
  end)

  it("never takes one bad second for a breach when only `for` is given", function()
    for _, text in ipairs { "p(95)<800 for 5s", "p(95)<800 for 10s", "p(95)<800 for 30s" } do
      local j = judging(text)
      local v = judged_over(j, seconds({ 40, 100 }, { j.thresholds[1].over_s, 900 }, { 40, 100 }))
      assert.is_true(v.ok)
    end
  end)

  it("stops the run with the look that shows the breach", function()
    local function stop(raw, ...)
      raw = { raw, abort_on_fail = true, delay_abort = "15s" }
      return select(2, judged_over(judging(raw), seconds(...)))
    end
    assert.equal(21, stop("p(95)<800 over 3s", { 20, 100 }, { 5, 900 }))
    assert.equal(26, stop("p(95)<800 over 3s for 5s", { 20, 100 }, { 9, 900 }))
    assert.equal(15, stop("p(95)<800 over 3s", { 4, 900 }, { 20, 100 }))
    assert.is_nil(stop("p(95)<800 over 3s for 5s", { 20, 100 }, { 4, 900 }, { 9, 100 }))
    local j = judging { "p(95)<800 over 3s", abort_on_fail = true }
    judged_over(j, seconds({ 9, 100 }, { 1, 900 }))
    assert.equal("http_req_duration p(95)<800 over 3s was 900ms after 10s", j:stop_detail())
  end)

  it("lets windows lie within the step that is named", function()
    local function verdict(step, expression, ...)
      return judged_over(judging(expression, ("http_req_duration{step:%s}"):format(step)),
        seconds(...))
    end
    local v = verdict(2, "max<800 over 5s", { 10, 100 }, { 4, 900 }, { 10, 200 })
    assert.same({ true, 200 }, { v.ok, v.actual })
    v = verdict(2, "max<800 over 5s", { 14, 100 }, { 1, 900 }, { 10, 200 })
    assert.same({ false, 900 }, { v.ok, v.actual })
    v = verdict(2, "max<800 over 50s", { 29, 100 }, { 2, 500 })
    assert.is_near(30, v.at_s, 0.001)
    v = verdict(1, "max<800 over 5s for 20s", { 5, 100 }, { 50, 900 })
    assert.same({ true, 4 }, { v.ok, math.floor(v.breached_s + 0.5) })
    v = verdict(3, "max<800 over 5s", { 34, 900 }, { 20, 100 })
    assert.same({ true, 100 }, { v.ok, v.actual })
  end)

  it("shows what is worst now, and forgives nothing", function()
    local j = judging "p(95)<800 over 3s"
    j:look(at(2, 900))
    assert.is_nil(j:worst())
    j:look(at(4, 700))
    assert.same({ true, 700 }, { j:worst().ok, j:worst().actual })
    j:look(at(5, 900))
    j:look(at(6, 100))
    local worst = j:worst()
    assert.same({ false, 900, 5, -0.125 }, { worst.ok, worst.actual, worst.at_s, worst.margin })
    j = judging "p(95)<800 for 4s"
    j:look(at(5, 900))
    j:look(at(6, 900))
    worst = j:worst()
    assert.same({ true, 900, 0.75 }, { worst.ok, worst.actual, worst.margin })
    assert.is_nil(worst.at_s)
  end)

  it("judges the same whether it looks at a run or at stored seconds", function()
    local values = seconds({ 20, 100 }, { 4, 900 }, { 20, 100 })
    local live, later = judging "p(95)<800 over 3s for 5s", judging "p(95)<800 over 3s for 5s"
    local expected = judged_over(live, values)
    for second, actual in ipairs(values) do
      later:look { elapsed_s = second + 0.003, value = function() return actual end }
    end
    assert.same(expected, later:verdicts(at(#values + 0.01, 100))[1])
  end)
end)
