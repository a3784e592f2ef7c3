--- The loop of a performance budget, and how far its measurements may be off.

local bound = require "lload.budget.bound"
local budget = require "lload.budget.loop"

local function measured(actual, reach, target)
  return {
    valid = true, actual = actual, low = actual - reach, high = actual + reach,
    met = actual + reach < target,
  }
end

-- Feeds values against a target of 200 until the loop is over.
local function run(most, values, reach)
  local loop, steps, verdict = budget.new(most), {}, nil
  for _, value in ipairs(values) do
    local step
    step, verdict = loop:take(measured(value, reach or 5, 200))
    steps[#steps + 1] = step or verdict
    if verdict then break end
  end
  return steps, verdict
end

describe("the loop of a budget", function()
  it("is met when a second run confirms the first", function()
    assert.same({ "change", "change", "confirm", "met" }, (run(10, { 400, 300, 150, 152 })))
    assert.same({ "confirm", "met" }, (run(10, { 150, 150 })))
  end)

  it("goes on when the second run does not agree", function()
    assert.same({ "confirm", "change", "confirm", "met" }, (run(10, { 190, 210, 150, 150 })))
  end)

  it("wants the whole interval under the target, not only the value", function()
    assert.same({ "change" }, (run(10, { 198 })))
  end)

  it("ends when the measurements are used up, also before the second run", function()
    assert.same({ "change", "change", "exhausted" }, (run(3, { 500, 400, 300 })))
    assert.same({ "change", "exhausted" }, (run(2, { 500, 150 })))
  end)

  it("ends when three changes lie within noise", function()
    assert.same({ "change", "change", "no_progress" }, (run(10, { 300, 304, 298 })))
    assert.same({ "change", "change", "change", "change", "no_progress" },
      (run(10, { 500, 400, 300, 304, 298 })))
  end)

  it("takes a per cent for noise, whatever the windows say", function()
    assert.same({ "change", "change", "no_progress" }, (run(10, { 300, 302, 304 }, 0)))
    assert.same({ "change", "change", "change" }, (run(10, { 300, 290, 280 }, 0)))
  end)

  it("does not count a confirmation among the changes", function()
    assert.same({ "change", "confirm", "change", "change" }, (run(10, { 205, 190, 204, 207 })))
  end)

  it("ends at a measurement that is invalid", function()
    local loop = budget.new(5)
    local step, verdict = loop:take { valid = false, met = false }
    assert.is_nil(step)
    assert.equal("inconclusive", verdict)
    assert.equal(98, budget.meaning(verdict).code)
  end)
end)

describe("the interval of a measured value", function()
  local result = {
    windows = { { requests = 100, failed = 1 }, { requests = 100, failed = 3 } },
    metrics = { checks = { passes = 99, fails = 1 } },
  }

  it("comes from the windows of the run", function()
    local values = {}
    for i = 1, 40 do values[i] = 100 + (i * 7919 % 21) end
    local asked
    local windows = {
      times = function() return values end,
      value_of = function(_, series, agg, x, indices)
        asked = { series, agg, x }
        local sum = 0
        for _, i in ipairs(indices) do sum = sum + values[i] end
        return sum / #indices
      end,
    }
    local t = { metric = "http_req_duration", tags = { name = "GET /" }, agg = "p", x = 95 }
    local low, high, known = bound.of(t, 110, { result = result, windows = windows }, 0.95)
    assert.is_true(known and 100 < low and low < 110 and 110 < high and high < 120)
    assert.same({ "http_req_duration{name:GET /}", "p", 95 }, asked)
  end)

  it("of a share is Wilson's", function()
    local low, high = bound.of({ metric = "http_req_failed", agg = "rate" }, 0.02,
      { result = result }, 0.95)
    assert.is_true(low < 0.02 and 0.02 < high and high < 0.06)
    low, high = bound.of({ metric = "checks", agg = "rate" }, 0.99, { result = result }, 0.95)
    assert.is_near(0.9455, low, 5e-4)
    assert.is_near(0.9982, high, 5e-4)
  end)

  it("is the value itself when nothing is known", function()
    assert.same({ 7, 7, false }, {
      bound.of({ metric = "iterations", agg = "count" }, 7, { result = result }, 0.95),
    })
  end)
end)
