--- Between the engine and a search: what a look tells it, what it does to the run, its validity.

local driver = require "lload.search.driver"
local profile = require "lload.profile"

local FIELDS = {
  of = "rate", from = 100, to = 1000, max_vus = 50, hold = 2, settle = 1, resolution = 0.05,
  samples = 50, max_duration = 600,
}

local P95 = {
  metric = "http_req_duration", tags = {}, kind = "trend", expression = "p(95)<200", agg = "p",
  x = 95, operator = "<", limit = 200, on_no_data = "fail",
}
local FAILED = {
  metric = "http_req_failed", tags = { name = "GET /" }, kind = "rate", expression = "rate<1%",
  agg = "rate", operator = "<", limit = 0.01, on_no_data = "pass",
}

local function plan_of(thresholds, start_s)
  local searched = profile.make("search", FIELDS)
  searched.start_s = start_s or 0
  local users = profile.make("constant-vus", { vus = 1, duration = 60 })
  return { stage = { profiles = { users, searched } }, thresholds = thresholds or { P95 } }
end

-- A look at a run; `values` are those of the level by threshold.
local function look(elapsed_s, values, parts)
  local s = { phase = "run", elapsed_s = elapsed_s, profile_vus = { 1, 7 }, done = {} }
  for key, value in pairs(parts or {}) do s[key] = value end
  function s.value(index, agg, x, span)
    assert.equal("level", span)
    assert(agg == "p" and x == 95 or agg == "rate" and x == nil)
    return values and values[index]
  end
  function s.level()
    return s.sums or { requests = 200, rps = 99.5, duration = { ["p(95)"] = 80 }, health = {} }
  end
  function s.set_load(index, load) s.done[#s.done + 1] = { "load", index, load } end
  function s.begin_level() s.done[#s.done + 1] = { "begin" } end
  return s
end

-- Looks once a second at a level that measures these values; what was done at each.
local function hold(d, from_s, to_s, values, parts)
  local done, wish = {}, nil
  for second = from_s, to_s do
    local s = look(second, values, parts)
    wish = d:step(s)
    for _, action in ipairs(s.done) do done[#done + 1] = action end
  end
  return done, wish
end

describe("the driver of a search", function()
  it("is there for a stage that searches, and for no other", function()
    assert.is_nil(driver.new { stage = { profiles = {
      profile.make("constant-vus", { vus = 1, duration = 5 }) } }, thresholds = {} })
    assert.truthy(driver.new(plan_of()))
  end)

  it("drives the profile that searches, and tells its load", function()
    local d = driver.new(plan_of())
    assert.equal(100, d:load())
    assert.same({ { "load", 2, 100 }, { "begin" } }, (hold(d, 0, 1, { 80 })))
    assert.same({ { "load", 2, 200 } }, (hold(d, 2, 3, { 80 })))
    assert.equal(200, d:load())
    local done, wish = hold(d, 4, 6, { 500 })
    assert.same({ { "begin" }, { "load", 2, 0 } }, done)
    assert.is_nil(wish)
    assert.equal(0, d:load())
  end)

  it("judges a level by all thresholds, on the samples of the level alone", function()
    local d = driver.new(plan_of { P95, FAILED })
    hold(d, 0, 3, { 80, 0.002 })
    local level = d:result().levels[1]
    assert.same({ true, 80, 99.5, 200 }, { level.ok, level.p95, level.rps, level.samples })
    assert.equal("all thresholds hold; closest: http_req_duration p(95)<200: 80.0ms", level.why)
    hold(d, 4, 6, { 80, 0.03 })
    level = d:result().levels[2]
    assert.same({ false, "http_req_failed{name:GET /} rate<1%: 3.00%" }, { level.ok, level.why })
  end)

  it("takes no data as the threshold says", function()
    local d = driver.new(plan_of { P95, FAILED })
    hold(d, 0, 3, {})
    assert.equal("http_req_duration p(95)<200: no data", d:result().levels[1].why)
    d = driver.new(plan_of { FAILED })
    hold(d, 0, 3, {})
    assert.same({ true, "all thresholds hold" },
      { d:result().levels[1].ok, d:result().levels[1].why })
  end)

  it("does not blame the server for what the generator did", function()
    local d = driver.new(plan_of())
    hold(d, 0, 3, { 500 }, { sums = { requests = 200, health = { longest_turn_ms = 512.3456 } } })
    local level = d:result().levels[1]
    assert.is_true(level.generator)
    assert.matches("^LOOP_STALL 512.346 %(limit 100%)", level.why)
  end)

  it("does not care for a moment of the generator when all thresholds hold", function()
    local d = driver.new(plan_of())
    hold(d, 0, 3, { 80 }, { sums = { requests = 200, health = { longest_turn_ms = 512 } } })
    assert.is_true(d:result().levels[1].ok)
    hold(d, 4, 6, { 80 }, { sums = { requests = 200,
      health = { longest_turn_ms = 512, arrivals_dropped = 1 } } })
    assert.is_true(d:result().levels[2].generator)
  end)

  it("fails a level whose arrivals were dropped", function()
    local d = driver.new(plan_of())
    hold(d, 0, 3, { 80 },
      { sums = { requests = 200, health = { arrivals_dropped = 20 } } })
    assert.equal("10.00% of the arrivals were dropped: all 50 users (max_vus) were busy",
      d:result().levels[1].why)
  end)

  it("waits for the stage, and for the start of its profile", function()
    local d = driver.new(plan_of(nil, 5))
    assert.same({}, (hold(d, 0, 9, { 80 }, { phase = "warm-up" })))
    assert.same({}, (hold(d, 0, 4, { 80 })))
    assert.equal("", d:progress())
    assert.same({ { "load", 2, 100 }, { "begin" } }, (hold(d, 5, 6, { 80 })))
    assert.equal("level 1: 100/s, holding 0s of 2s", d:progress())
  end)

  it("ends the run when it knows enough", function()
    local d = driver.new(plan_of())
    local second, wish = 0, nil
    while not wish and second < 600 do
      wish = d:step(look(second, { d:load() > 300 and 500 or 80 },
        { profile_vus = { 1, 0 } }))
      second = second + 1
    end
    assert.equal("finished", wish)
    local result = d:result()
    assert.same({ "found", true }, { result.outcome, result.confirmed })
    assert.is_true(result.good <= 300 and result.bad > 300)
    assert.is_true(result.bad <= 1.05 * result.good)
    assert.is_nil(d:step(look(second, { 80 })))
  end)
end)

describe("the validity of a search", function()
  local function level(load, why, generator)
    return { load = load, ok = false, why = why, generator = generator }
  end

  it("is that of its levels, which were judged one by one", function()
    for _, outcome in ipairs { "found", "above_to", "from_failed", "unconfirmed", "interrupted" } do
      assert.same({ verdict = "ok", reasons = {} }, driver.validity {
        of = "rate", outcome = outcome, levels = { level(5, "SEND_LAG 12 (limit 10)", true) } })
    end
  end)

  it("is invalid when lload was the limit, and says why", function()
    local found = driver.validity {
      of = "rate", outcome = "generator", generator_at = 4000,
      levels = { level(4000, "SEND_LAG 112.5 (limit 100); cut at 5s", true),
        level(4000, "LOOP_STALL 150.309 (limit 100); cut at 1s", true), level(2000, "slow") },
    }
    assert.equal("invalid", found.verdict)
    local reason = found.reasons[1]
    assert.same({ "LOOP_STALL", 150.309, 100 }, { reason.code, reason.value, reason.limit })
    assert.matches("^at 4,000/s lload itself was the limit, not the server: an event loop was busy",
      reason.hint)
    assert.is_nil(found.reasons[2])
  end)

  it("has a reason for every fault of the generator", function()
    local validity = require "lload.validity"
    for _, check in ipairs(validity.CHECKS) do
      for verdict, limit in pairs(check.level or {}) do
        local fault = validity.generator_fault({ [check.field] = limit + 1 }, verdict == "passes")
        assert.same({ code = check.code, value = limit + 1, limit = limit, hint = check.hint },
          validity.fault_reason(fault .. "; cut at 5s"))
      end
    end
    assert.is_nil(validity.fault_reason "http_req_duration p(95)<200: 830ms")
    local found = driver.validity {
      of = "vus", outcome = "generator", levels = { level(12, "something new", true) } }
    assert.same({ code = "GENERATOR",
      hint = "at 12 users lload itself was the limit, not the server: something new" },
      found.reasons[1])
  end)
end)
