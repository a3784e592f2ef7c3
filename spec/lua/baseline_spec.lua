--- A baseline: which results belong to it, what it says of a run, and thresholds that refer to it.

local baseline = require "lload.baseline"
local judge = require "lload.judge"
local outputs = require "lload.outputs"
local reader = require "lload.reader"
local threshold = require "lload.threshold"

local function result(p95, more)
  local model = {
    lload = "1", verdict = "passed", exit_code = 0, validity = { verdict = "ok" },
    scenario = { name = "shop", stage = "ramp", source = "aa" }, machine = { cpu = "x", cpus = 2 },
    settings = { target = "t" }, thresholds = {}, notes = {}, windows = {},
    metrics = {
      http_reqs = { type = "counter", count = 1000 },
      http_req_duration = { type = "trend", count = 1000, avg = p95 / 2, ["p(95)"] = p95 },
    },
    requests = {
      { name = "GET /", count = 1000, failed = 0, rate = 10,
        duration = { count = 1000, avg = p95 / 2, ["p(95)"] = p95 } },
    },
  }
  for key, value in pairs(more or {}) do model[key] = value end
  return model
end

-- A baseline of results, newest first, without a folder.
local function of(results, is_required)
  local opened = baseline.open("/none", is_required or false, {
    list = function() return nil, "no such folder" end,
  })
  for index, one in ipairs(results) do
    opened.runs[index] = { result = one, file = "run" .. index }
  end
  return opened
end

local STEADY = { result(100), result(102), result(98), result(101), result(99) }

describe("a baseline", function()
  it("finds a regression, and lets it pass when it is accepted", function()
    local found = of(STEADY):judge(result(200))
    assert.same({ "regression", 96, 5 }, { found.verdict, found.exit_code, found.base })
    assert.matches("`GET /` p95: 100ms %-> 200ms %(%+100%%%)", found.lines[1])
    found = of(STEADY):judge(result(200), nil, true)
    assert.same({ "regression", 0, true }, { found.verdict, found.exit_code, found.accepted })
    assert.equal("unchanged", of(STEADY):judge(result(103)).verdict)
  end)

  it("that cannot be read is no first run", function()
    local opened, message = baseline.open("/locked", false, {
      list = function() return nil, "Permission denied", 13 end,
    })
    assert.is_nil(opened)
    assert.matches("cannot read /locked: Permission denied", message)
  end)

  it("says when there is none yet, and passes unless one is required", function()
    local found = of({}):judge(result(100))
    assert.same({ "no_baseline", 0 }, { found.verdict, found.exit_code })
    assert.matches("no baseline yet", found.lines[1])
    found = of({}, true):judge(result(100))
    assert.same({ "no_baseline", 98 }, { found.verdict, found.exit_code })
  end)

  it("does not compare a run that came to no end", function()
    local model = result(100, { verdict = "interrupted", exit_code = 105 })
    assert.is_nil(of(STEADY):judge(model))
    assert.matches("not compared", model.notes[1])
  end)

  it("cannot tell from one run without windows, which fails only when one is required", function()
    assert.same({ "inconclusive", 0 }, {
      of({ result(100) }):judge(result(200)).verdict,
      of({ result(100) }):judge(result(200)).exit_code,
    })
    assert.equal(98, of({ result(100) }, true):judge(result(200)).exit_code)
  end)

  it("has no part that was found worse, until one is accepted", function()
    local worse = result(200, { verdict = "regression", exit_code = 96,
      comparison = { verdict = "regression", exit_code = 96 } })
    local accepted = result(200, { comparison = { verdict = "regression", exit_code = 0,
      accepted = true } })
    local function count(...)
      return #baseline.comparable(of({ ... }).runs, result(1), 10)
    end
    assert.equal(2, count(worse, result(100), result(100)))
    assert.equal(2, count(result(200), accepted, result(100), result(100)))
    assert.equal(10, count(unpack((function()
      local many = {}
      for i = 1, 15 do many[i] = result(100) end
      return many
    end)())))
  end)

  it("goes on after a comparison that was inconclusive", function()
    local unsure = result(100, { verdict = "invalid", exit_code = 98,
      comparison = { verdict = "inconclusive", exit_code = 98 } })
    local broken = result(100, { verdict = "invalid", exit_code = 98,
      validity = { verdict = "invalid" } })
    assert.equal(1, #baseline.comparable(of({ unsure, broken }).runs, result(1), 10))
  end)
end)

describe("a threshold that refers to the baseline", function()
  local KINDS = { http_req_duration = "trend" }
  local FACTS = { version = "1", machine = { cpu = "x", cpus = 2 } }
  local SPEC = { name = "shop", stage = "ramp", target = "t" }

  local function read(expression)
    local list, problems = {}, reader.problems "a.lua"
    threshold.read(list, "http_req_duration", expression, "thresholds", KINDS, problems)
    return list, problems.lines[1]
  end

  local function resolved(expression, results)
    return of(results):resolve(read(expression), SPEC, "aa", FACTS)
  end

  it("gets its limit from the middle of the earlier runs", function()
    assert.is_near(110, resolved("p(95) <= baseline * 1.1", STEADY)[1].limit, 1e-9)
    assert.equal(100, resolved("p(95)<baseline", STEADY)[1].limit)
    local t = resolved("p(95)<baseline*1.1", STEADY)[1]
    assert.is_true((judge.holds(t, 109)))
    assert.is_false((judge.holds(t, 111)))
  end)

  it("is left out with a note while there is nothing to refer to", function()
    local list, notes = resolved("p(95)<baseline*1.1", {})
    assert.same({}, list)
    assert.matches("p%(95%)<baseline%*1.1 is not judged: there is no baseline", notes[1])
  end)

  it("is refused when it is written wrongly", function()
    for expression, message in pairs {
      ["p(95)<baseline * x"] = "expected a number", ["p(95)<baseline*1.1ms"] = "no unit",
      ["p(95)<baseline*0"] = '"%* NUMBER"', ["p(95)<baseline*2 over 10s"] = 'no "over"',
      ["p(95)<baselines"] = "expected a number",
    } do
      local list, problem = read(expression)
      assert.same({}, list, expression)
      assert.matches(message, problem)
    end
  end)
end)

describe("the folder of a result in its baseline", function()
  it("lies below it, whatever the commit is called", function()
    local settings = { value = function(_, key) return key == "baseline" and "stored/" or nil end }
    local world = { engine = {}, getenv = function() return nil end }
    local made = outputs.new(settings, 1, world, { now_ms = 0, commit = { sha = "../../etc" } })
    assert.equal("stored/19700101T000000.000Z-..-..-e-a-b", made:folder "a/b")
  end)
end)
