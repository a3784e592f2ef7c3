--- The result model: what a search, a spike and a soak add to it, and what they leave out.

local fake = require "spec.support.fake_engine"
local profile = require "lload.profile"
local search_driver = require "lload.search.driver"
local soaks = require "spec.support.soaks"
local judge = require "lload.judge"
local summary = require "lload.summary"

local FACTS = { version = "0.1.0", machine = {}, now_ms = 1769853600000 }

local P95 = {
  metric = "http_req_duration", tags = {}, kind = "trend", expression = "p(95)<200", agg = "p",
  x = 95, operator = "<", limit = 200, on_no_data = "fail",
}

-- The model of a run of these profiles, with these parts put over a good final table.
local function build(profiles, parts, beside, thresholds)
  local final = fake.final()
  for key, value in pairs(parts or {}) do final[key] = value end
  final.value = function() return 150 end
  local list = thresholds or { P95 }
  for index, p in ipairs(profiles) do p.index = index end
  return summary.build({
    test = { file = "a.lua", name = "a" }, stage = { name = "main", profiles = profiles },
    thresholds = list, spec = { seed = 1, threads = 2, tags = {}, profiles = profiles },
  }, final, judge.new(list), FACTS, beside)
end

local USERS = profile.make("constant-vus", { vus = 2, duration = 60 })

local function soak_profile(on_drift)
  return profile.make("soak", { load = 10, ramp = 0, duration = 1800, on_drift = on_drift })
end

local LEAK = soaks.closed(10, 1800, function(t) return 50 + t / 60 end)

describe("the result of a soak", function()
  it("has what the soak found, and fails by it", function()
    local model = build({ USERS, soak_profile() }, { range = LEAK, duration_s = 1800 })
    assert.equal("drifting", model.soak.verdict)
    assert.equal("http_req_duration p(95)", model.soak.drift[1].metric)
    assert.equal("p(95)<200", model.soak.drift[1].breach)
    assert.is_nil(model.soak.on_drift)
    assert.same({ 99, "failed", nil }, { model.exit_code, model.verdict, model.spike })
  end)

  it("remembers that a drift should only warn", function()
    local model = build({ soak_profile "warn" }, { range = LEAK, duration_s = 1800 })
    assert.same({ "drifting", "warn", 0 },
      { model.soak.verdict, model.soak.on_drift, model.exit_code })
  end)

  it("has what became of the target", function()
    local target = {
      pages = 3, failed = 0, restarts = { 600 }, series = {},
      vanished = { { metric = "go_threads", last_seen_s = 5 } },
    }
    local model = build({ soak_profile() },
      { range = soaks.closed(10, 1800, function() return 50 end), duration_s = 1800 },
      { target = target })
    assert.same({ 3, 600, "go_threads" }, { model.soak.scrape.pages, model.soak.restarts[1],
      model.soak.vanished[1].metric })
    assert.equal(99, model.exit_code)
  end)
end)

describe("the result of a spike", function()
  local SPIKE = profile.make("spike",
    { base = 10, peak = 100, before = 10, rise = 2, hold = 6, fall = 2, recovery = 10 })

  it("has what the spike did", function()
    local model = build({ SPIKE }, { duration_s = 30, range = soaks.range(30, function(t)
      return { p95 = t < 10 and 20 or t < 22 and 300 or 21, rps = 400, error_rate = 0 }
    end) })
    assert.same({ 20, 300, 2, true }, { model.spike.base_p95, model.spike.peak_p95,
      model.spike.recovery_s, model.spike.recovered })
    assert.same({ 0, nil }, { model.exit_code, model.soak })
  end)

  it("is left out of a run that never began", function()
    local final = summary.engine_failed "worker died"
    local model = summary.build({
      test = { file = "a.lua", name = "a" }, stage = { name = "main", profiles = { SPIKE } },
      thresholds = {}, spec = { seed = 1, threads = 2, tags = {} },
    }, final, judge.new {}, FACTS)
    assert.same({ 70, nil }, { model.exit_code, model.spike })
    assert.equal("worker died", model.stop.detail)
  end)
end)

describe("the result of a search", function()
  local function searched()
    local p = profile.make("search", {
      of = "rate", from = 100, to = 1000, max_vus = 50, hold = 1, settle = 0, resolution = 0.5,
      samples = 1, max_duration = 600,
    })
    return p, search_driver.new { stage = { profiles = { p } }, thresholds = { P95 } }
  end

  -- Looks at a server that is good below 300/s, until the search knows.
  local function drive(d, seconds)
    for second = 0, seconds or 100 do
      d:step {
        phase = "run", elapsed_s = second, profile_vus = { 0 },
        value = function() return d:load() < 300 and 50 or 500 end,
        level = function() return { requests = 500, rps = d:load(), health = {} } end,
        set_load = function() end, begin_level = function() end,
      }
    end
  end

  it("is judged by its levels, not by the run as a whole", function()
    local p, d = searched()
    drive(d)
    local model = build({ p }, {
      validity = false, health = { send_lag_p99_ms = 5000, arrivals_dropped_share = 0.5 },
      requests = { { name = "a", count = 10, failed = 10 } },
    }, { driver = d })
    local found = model.search
    assert.same({ "found", 200, 300 }, { found.outcome, found.good, found.bad })
    assert.same({}, model.thresholds)
    assert.same({ verdict = "ok", reasons = {} }, model.validity)
    assert.same({ 0, "passed" }, { model.exit_code, model.verdict })
    assert.equal(5000, model.generator.send_lag_p99_ms)
  end)

  it("keeps what it knew when it was interrupted", function()
    local p, d = searched()
    drive(d, 2)
    local model = build({ p }, { stop = "interrupted" }, { driver = d })
    assert.same({ 105, "interrupted", 200 },
      { model.exit_code, model.search.outcome, model.search.good })
    assert.equal("the search was cut off; so far 200/s passed", model.search.reason)
    assert.equal(2, #model.search.levels)
  end)

  it("is not there without one", function()
    local model = build({ USERS })
    assert.is_nil(model.search)
    assert.equal(1, #model.thresholds)
  end)
end)

describe("the steps of a result", function()
  it("are called what their profiles call them", function()
    local model = build({ USERS, soak_profile() }, { steps = {
      { profile = 1, step = 1, stage = "main" }, { profile = 2, step = 1, stage = "main" },
      { profile = 2, step = 1, stage = "main", label = "own" },
    } })
    assert.same({ nil, "soak", "own" },
      { model.steps[1].label, model.steps[2].label, model.steps[3].label })
  end)
end)

describe("the notes of a result", function()
  it("begin with those of the engine and of live control", function()
    local model = build({ USERS }, { notes = { "live control, after 3s: paused" },
      connections = { opened = 3, reuse_races = 1 } })
    assert.equal("live control, after 3s: paused", model.notes[1])
    assert.matches("^1 request was sent again", model.notes[2])
  end)
end)
