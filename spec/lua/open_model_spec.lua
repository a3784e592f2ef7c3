--- The executors of the open model, and what every profile has for it: fields, refusals, remedies.

local profile = require "lload.profile"
local reader = require "lload.reader"

local function read(raw)
  local problems = reader.problems("a.lua")
  local p = profile.read(raw, "stages.a", problems, { { name = "default", weight = 1 } })
  return p, problems.lines
end

local function valid(raw)
  local p, lines = read(raw)
  assert.same({}, lines)
  return p
end

-- A copy with these fields put over it, or taken away where they are `false`.
local function with(base, parts)
  local raw = {}
  for key, value in pairs(base) do raw[key] = value end
  for key, value in pairs(parts or {}) do
    if value == false then value = nil end
    raw[key] = value
  end
  return raw
end

local CONSTANT = { executor = "constant-arrival-rate", rate = "50/s", duration = "10s",
  max_vus = 100 }
local RAMPING = { executor = "ramping-arrival-rate", max_vus = 100,
  steps = { { duration = "10s", target = 40 } } }
local SPIKE = { executor = "spike", rate = "5/s", peak_rate = "50/s", max_vus = 100 }
local SOAK = { executor = "soak", rate = "5/s", duration = "1h", max_vus = 100 }

-- Segments as { from, to, seconds } with their labels behind.
local function segments(raw)
  local list = {}
  for index, s in ipairs(valid(raw).segments) do
    assert.equal(index, s.step)
    list[index] = { s.from, s.to, s.duration_s, s.label }
  end
  return list
end

describe("constant-arrival-rate", function()
  it("is one level segment of a rate a second", function()
    assert.same({ { 50, 50, 10 } }, segments(CONSTANT))
    assert.same({ { 2.5, 2.5, 10 } }, segments(with(CONSTANT, { rate = 2.5 })))
    assert.same({ { 1.5, 1.5, 10 } },
      segments(with(CONSTANT, { rate = 90, time_unit = "1m" })))
    assert.same({ { 50, 50, 10 } }, segments(with(CONSTANT, { rate = "50/s", time_unit = "1s" })))
  end)

  it("has the fields of the open model, with defaults", function()
    local p = valid(CONSTANT)
    assert.same({ "arrivals", 100, "uniform", "drop", 30, 0 },
      { p.kind, p.vus, p.arrival, p.on_saturation, p.grace_s, p.warmup_s })
    p = valid(with(CONSTANT, { arrival = "poisson", on_saturation = "queue", warmup = "5s",
      graceful_stop = 2, max_vus = "7" }))
    assert.same({ "arrivals", 7, "poisson", "queue", 2, 5 },
      { p.kind, p.vus, p.arrival, p.on_saturation, p.grace_s, p.warmup_s })
  end)
end)

describe("ramping-arrival-rate", function()
  it("goes from target to target, from 0 if not told otherwise", function()
    assert.same({ { 0, 40, 10 } }, segments(RAMPING))
    assert.same({ { 5, 40, 60 }, { 40, 10, 0 }, { 10, 0, 30 } }, segments(with(RAMPING, {
      start_rate = "300/m", steps = {
        { duration = "1m", target = "40/s" }, { duration = 0, target = 10 },
        { duration = "30s", target = 0 },
      },
    })))
  end)

  it("counts plain numbers in its time unit", function()
    assert.same({ { 1, 2, 10 } }, segments(with(RAMPING, {
      start_rate = 60, time_unit = "1m", steps = { { duration = 10, target = 120 } } })))
  end)
end)

describe("spike and soak", function()
  it("take rates for users", function()
    assert.same({
      { 5, 5, 60, "before" }, { 5, 50, 10, "rise" }, { 50, 50, 60, "hold" }, { 50, 5, 10, "fall" },
      { 5, 5, 60, "recovery" },
    }, segments(SPIKE))
    assert.same({ { 0, 5, 20, "ramp" }, { 5, 5, 3600, "soak" } },
      segments(with(SOAK, { ramp = "20s" })))
    for _, raw in ipairs { SPIKE, SOAK } do
      local p = valid(with(raw, { arrival = "poisson", on_saturation = "queue" }))
      assert.same({ "arrivals", 100, "poisson", "queue" },
        { p.kind, p.vus, p.arrival, p.on_saturation })
    end
  end)

  it("are of users without a rate", function()
    assert.equal("vus", valid({ executor = "spike", vus = 5, peak = 50 }).kind)
    assert.equal("vus", valid({ executor = "soak", vus = 5, duration = 50 }).kind)
  end)

  it("may rise from nothing", function()
    assert.same({ 0, 50, 10, "rise" }, segments(with(SPIKE, { rate = 0 }))[2])
  end)

  it("of soak knows what to do about a drift, and where the target's metrics are", function()
    local p = valid(SOAK)
    assert.same({ "fail", false }, { p.on_drift, p.scrape or false })
    p = valid(with(SOAK, { on_drift = "warn", scrape = "http://127.0.0.1:9/metrics" }))
    assert.same({ "warn", "http://127.0.0.1:9/metrics" }, { p.on_drift, p.scrape })
  end)
end)

describe("a profile warms up", function()
  local function warm_load(raw)
    return valid(raw).warm_load
  end

  it("at the load with which it starts", function()
    assert.equal(50, warm_load(CONSTANT))
    assert.equal(5, warm_load(SPIKE))
    assert.equal(3, warm_load { executor = "constant-vus", vus = 3, duration = 1 })
    assert.equal(7, warm_load { executor = "ramping-vus", start_vus = 7,
      steps = { { duration = 1, target = 9 } } })
    assert.equal(4, warm_load { executor = "per-vu-iterations", vus = 4, iterations = 2 })
  end)

  it("at 1 where it starts from nothing", function()
    assert.equal(1, warm_load(RAMPING))
    assert.equal(1, warm_load(with(SOAK, { ramp = "1m" })))
    assert.equal(1, warm_load(with(SPIKE, { rate = 0 })))
  end)
end)

describe("pacing", function()
  local FLAT = { executor = "constant-vus", vus = 3, duration = "10s" }

  it("is of users", function()
    assert.equal(0.5, valid(with(FLAT, { pacing = "500ms" })).pacing_s)
    assert.equal(2, valid(with(FLAT, { minimum_iteration = 2 })).minimum_iteration_s)
    assert.is_nil(valid(FLAT).pacing_s)
    assert.equal(1, valid({ executor = "soak", vus = 1, duration = 5, pacing = 1 }).pacing_s)
  end)
end)

-- what is written → what the only problem says
local CASES = {
  { "no rate", with(CONSTANT, { rate = false }), "stages.a: rate is missing" },
  { "a rate of 0", with(CONSTANT, { rate = 0 }),
    "stages.a.rate: is 0, so nothing would ever start; give a rate above 0" },
  { "a rate of 0/s", with(CONSTANT, { rate = "0/s" }), "stages.a.rate: is 0" },
  { "a negative rate", with(CONSTANT, { rate = -5 }),
    "stages.a.rate: -5 is negative; a rate cannot be" },
  { "a negative rate in words", with(CONSTANT, { rate = "-5/s" }), '"-5/s" is negative' },
  { "a rate that is none", with(CONSTANT, { rate = "fast" }),
    'stages.a.rate: "fast" is not a rate; write "50/s", "10000/m", "100/h" or a number' },
  { "a rate that is a table", with(CONSTANT, { rate = {} }), "a table is not a rate" },
  { "a rate beyond reason", with(CONSTANT, { rate = "1000001/s" }),
    "stages.a.rate: is more than 1,000,000/s" },
  { "a rate beyond reason in its time unit", with(CONSTANT, { rate = 2000, time_unit = "1ms" }),
    "stages.a.rate: is more than 1,000,000/s" },
  { "a unit twice", with(CONSTANT, { time_unit = "1m" }),
    'stages.a.rate: "50/s" names its own unit; leave it or time_unit out' },
  { "a time unit of 0", with(CONSTANT, { time_unit = 0 }),
    "stages.a.time_unit: must be longer than 0" },
  { "no duration", with(CONSTANT, { duration = false }), "stages.a: duration is missing" },
  { "no max_vus", with(CONSTANT, { max_vus = false }),
    "stages.a: max_vus is missing; say how many users may be busy at once, "
      .. "at least rate x iteration time" },
  { "max_vus of 0", with(CONSTANT, { max_vus = 0 }),
    "stages.a.max_vus: 0 is out of range, 1 to 1,000,000" },
  { "a fraction of a user", with(CONSTANT, { max_vus = 1.5 }), "not a whole number" },
  { "other arrivals", with(CONSTANT, { arrival = "poison" }),
    'stages.a.arrival: poison is none of "uniform", "poisson", did you mean "poisson"?' },
  { "another saturation", with(CONSTANT, { on_saturation = "wait" }),
    'stages.a.on_saturation: wait is none of "drop", "queue"' },
  { "no steps", with(RAMPING, { steps = false }), "stages.a: steps is missing" },
  { "a negative start", with(RAMPING, { start_rate = -1 }), "stages.a.start_rate: -1 is negative" },
  { "a step without a target", with(RAMPING, { steps = { { duration = 5 } } }),
    "stages.a.steps[1]: target is missing" },
  { "a step to nowhere", with(RAMPING, { steps = { { duration = 5, target = "up" } } }),
    'stages.a.steps[1].target: "up" is not a rate' },
  { "a unit twice in a step", with(RAMPING, { time_unit = "1h",
    steps = { { duration = 5, target = "5/s" } } }), 'steps[1].target: "5/s" names its own' },
  { "steps of no time", with(RAMPING, { steps = { { duration = 0, target = 5 } } }),
    "stages.a.steps: last 0s in all" },
  { "a peak that is none", with(SPIKE, { peak_rate = "5/s" }),
    "stages.a.peak_rate: 5/s is not above rate = 5/s; a spike rises" },
  { "a peak below the base", with(SPIKE, { peak_rate = "30/m" }),
    "stages.a.peak_rate: 30/m is not above rate = 5/s; a spike rises" },
  { "a peak of 0", with(SPIKE, { peak_rate = 0 }), "stages.a.peak_rate: is 0" },
  { "a spike without a peak", with(SPIKE, { peak_rate = false }), "peak_rate is missing" },
  { "a spike with only a peak", with(SPIKE, { rate = false }), "rate is missing" },
  { "a spike of rates without users", with(SPIKE, { max_vus = false }), "max_vus is missing" },
  { "a spike of users and rates", with(SPIKE, { vus = 5 }),
    "stages.a.vus: and rate are both given; the load is users or arrivals, keep one" },
  { "a spike from a rate to users", with(SPIKE, { peak = 50 }),
    "stages.a.peak: and peak_rate are both given" },
  { "a soak of users and rates", with(SOAK, { vus = 5 }), "stages.a.vus: and rate are both given" },
  { "a spike of nothing", { executor = "spike", peak = 5 },
    "stages.a: vus is missing; or give rate, peak_rate and max_vus" },
  { "a soak of nothing", { executor = "soak", duration = 5 },
    "stages.a: vus is missing; or give rate and max_vus" },
  { "a soak at 0", with(SOAK, { rate = 0 }), "stages.a.rate: is 0" },
  { "another drift", with(SOAK, { on_drift = "pass" }),
    'stages.a.on_drift: pass is none of "fail", "warn"' },
  { "metrics nowhere", with(SOAK, { scrape = "host/metrics" }),
    'stages.a.scrape: "host/metrics" is no address of a metrics page; '
      .. 'write "http://host/metrics"' },
  { "metrics of a number", with(SOAK, { scrape = 8080 }), "must be a string, not a number" },
  { "pacing of arrivals", with(CONSTANT, { pacing = "1s" }),
    "stages.a.pacing: has no effect on arrivals, which start by their rate; leave it out" },
  { "a shortest iteration of arrivals", with(SOAK, { minimum_iteration = "1s" }),
    "stages.a.minimum_iteration: has no effect on arrivals" },
  { "pacing twice", { executor = "constant-vus", vus = 1, duration = 1, pacing = 1,
    minimum_iteration = 1 }, "stages.a.minimum_iteration: and pacing both say when the next "
      .. "iteration starts; keep one" },
  { "pacing twice, of arrivals", with(CONSTANT, { pacing = 1, minimum_iteration = 1 }),
    "keep one" },
  { "pacing of 0", { executor = "constant-vus", vus = 1, duration = 1, pacing = 0 },
    "stages.a.pacing: must be longer than 0" },
  { "a warm-up in words", with(CONSTANT, { warmup = "soon" }),
    'stages.a.warmup: "soon" is not a duration; write "500ms", "30s", "1h30m" or a number' },
  { "a negative warm-up", with(CONSTANT, { warmup = "-5s" }), '"-5s" is negative' },
  { "a misspelt field", with(CONSTANT, { on_saturatoin = "drop" }),
    'unknown key "on_saturatoin", did you mean "on_saturation"?' },
  { "a field of users", with(CONSTANT, { vus = 5 }),
    'stages.a: unknown key "vus" (a field of constant-vus, per-vu-iterations, ' },
}

describe("problems of the open model", function()
  for _, case in ipairs(CASES) do
    it("name " .. case[1], function()
      local p, lines = read(case[2])
      assert.is_nil(p)
      assert.equal(1, #lines, table.concat(lines, "\n"))
      assert.matches(case[3], lines[1], 1, true)
    end)
  end

  it("are listed all at once", function()
    local _, lines = read { executor = "constant-arrival-rate", rate = 0, max_vus = 0,
      arrival = "often", warmup = {}, pacing = "1s" }
    assert.equal(6, #lines, table.concat(lines, "\n"))
  end)
end)
