--- Plans: which stage, what replaces it, and the spec the engine gets.

local cli = require "lload.cli"
local fake = require "spec.support.fake_engine"
local plan = require "lload.plan"
local scenario = require "lload.scenario"
local settings = require "lload.settings"

local function nothing() end

local function test_of(parts)
  local raw = { journey = nothing }
  for key, value in pairs(parts or {}) do raw[key] = value end
  return assert(scenario.validate(raw, { file = "a.lua", source = "source", declared = {} }))
end

local function chosen(...)
  local list, problems = settings.read(assert(cli.parse { "run", "a.lua", ... }), function() end)
  assert.same({}, problems)
  return list
end

local function compile(parts, ...)
  return plan.compile(test_of(parts), chosen(...), { seed = 7, threads = 2 })
end

local FLAT = { executor = "constant-vus", vus = 3, duration = "10s" }
local TWO = { stages = { morning = FLAT, evening = FLAT } }

describe("the stage", function()
  it("is the one asked for, else the default, else the only one", function()
    assert.equal("evening", compile(TWO, "--stage", "evening").stage.name)
    local default = { stages = TWO.stages, default_stage = "morning" }
    assert.equal("morning", compile(default).stage.name)
    assert.equal("evening", compile(default, "--stage", "evening").stage.name)
    assert.equal("only", compile({ stages = { only = FLAT } }).stage.name)
  end)

  it("is an error that lists them when none is chosen or known", function()
    assert.same({ "a.lua: has several stages and no default_stage; choose one with --stage: "
      .. "evening, morning" }, select(2, compile(TWO)))
    assert.same({ 'a.lua: unknown stage "mornin", did you mean "morning"? stages: '
      .. "evening, morning" }, select(2, compile(TWO, "--stage", "mornin")))
    assert.same({ 'a.lua: unknown stage "x"; the file has no stages' },
      select(2, compile({}, "--stage", "x")))
  end)

  it("is one user and one iteration without stages", function()
    local p = compile({}).spec.profiles[1]
    assert.equal("default", compile({}).stage.name)
    assert.same({ "per-vu-iterations", "per_vu", 1, 1 },
      { p.executor, p.kind, p.vus, p.iterations })
  end)

  local function shape(parts, ...)
    local compiled = assert(compile(parts, ...))
    local p = compiled.spec.profiles[1]
    return { compiled.stage.name, p.executor, p.vus, p.iterations or false,
      p.segments[1].duration_s }
  end

  it("is replaced by -u, -d and -i, its name kept", function()
    local one = { stages = { smoke = { FLAT, FLAT } } }
    assert.same({ "smoke", "constant-vus", 5, false, 30 }, shape(one, "-u", "5", "-d", "30s"))
    assert.same({ "smoke", "constant-vus", 1, false, 30 }, shape(one, "-d", "30"))
    assert.same({ "smoke", "shared-iterations", 1, 9, 600 }, shape(one, "-i", "9"))
    assert.same({ "smoke", "shared-iterations", 2, 9, 20 },
      shape(one, "-i", "9", "-u", "2", "-d", "20s"))
    assert.same({ "default", "constant-vus", 5, false, 30 }, shape({}, "-u", "5", "-d", "30s"))
    assert.same({ "default", "per-vu-iterations", 5, 1, 600 }, shape({}, "-u", "5"))
    assert.equal(1, #compile(one, "-i", "9").spec.profiles)
  end)

  it("does not guess how long -u alone should last", function()
    assert.matches("--vus alone does not say how long", select(2,
      compile({ stages = { smoke = FLAT } }, "-u", "5"))[1], 1, true)
  end)
end)

describe("the spec", function()
  it("carries what the engine needs", function()
    local spec = assert(compile({
      stages = { both = { FLAT, { executor = "constant-vus", vus = 2, duration = 5,
        start_time = "10s", tags = { a = "b" } } } },
      base_url = "http://file.test", setup = nothing, on_stop = nothing,
      http = { headers = { ["x-a"] = "file", ["X-B"] = "file" }, timeout = 3 },
      thresholds = { checks = "rate>0.9" },
    }, "--base-url", "http://line.test/", "-H", "x-A: weaker", "-H", "X-A: line", "-H", "X-C: line",
      "-e", "K=V",
      "--tag", "run=1", "--threshold", "http_req_duration{name:GET /:id}: p(95)<1s", "--insecure",
      "--resolve", "a.test:80:127.0.0.1", "-v")).spec
    assert.equal("http://line.test", spec.base_url)
    assert.same({ { "X-A", "line" }, { "X-B", "file" }, { "X-C", "line" } }, spec.http.headers)
    assert.same({ 3, 64e6, true }, { spec.http.timeout_s, spec.http.max_body_bytes,
      spec.http.insecure })
    assert.same({ "a.test:80:127.0.0.1" }, spec.http.resolve)
    assert.same({ { K = "V" }, { run = "1" } }, { spec.env, spec.tags })
    assert.same({ 7, 2, true }, { spec.seed, spec.threads, spec.verbose })
    assert.same({ true, false, false, true },
      { spec.has_setup, spec.has_teardown, spec.has_on_start, spec.has_on_stop })
    assert.same({ { metric = "checks", tags = {} },
      { metric = "http_req_duration", tags = { name = "GET /:id" } } }, spec.selectors)
    assert.same({ 1, 2 }, { spec.profiles[1].index, spec.profiles[2].index })
    assert.same({ 10, { a = "b" } }, { spec.profiles[2].start_s, spec.profiles[2].tags })
  end)

  it("lasts until the last profile ends", function()
    local compiled = compile { stages = { a = { FLAT, { executor = "constant-vus", vus = 2,
      duration = 5, start_time = "30s" } } } }
    assert.equal(35, compiled.duration_s)
  end)

  it("reports a bad threshold of the command line beside an unknown stage", function()
    local _, problems = compile(TWO, "--stage", "x", "--threshold", "nope: p(95)<1")
    assert.equal(2, #problems)
    assert.matches('%-%-threshold: unknown metric "nope"', problems[2])
  end)
end)

describe("the tags of thresholds", function()
  it("are counted over the file and the command line", function()
    local file = {}
    for i = 1, 32 do file["checks{t" .. i .. ":a}"] = "rate>0" end
    assert(compile({ thresholds = file }, "--threshold", "checks{t7:b}: rate>0"))
    assert.same({ "a.lua: --threshold: with those of the file, thresholds name 33 different tags; "
      .. "at most 32 are possible" },
      select(2, compile({ thresholds = file }, "--threshold", "checks{name:b}: rate>0")))
  end)
end)

describe("plan.max_vus", function()
  local function most(parts)
    local schedules, ends = {}, {}
    local stage = assert(compile({ stages = { a = parts } })).stage
    for index, p in ipairs(plan.profiles(stage)) do
      schedules[index] = fake.vus_steps(p)
      ends[index] = require("lload.profile").duration(p) * 1000
    end
    return plan.max_vus(schedules, ends)
  end

  it("is the most at one moment, not the sum of the maxima", function()
    local early = { executor = "constant-vus", vus = 4, duration = 10 }
    local overlapping = { executor = "constant-vus", vus = 3, duration = 10, start_time = 5 }
    local after = { executor = "constant-vus", vus = 3, duration = 10, start_time = 10 }
    assert.equal(7, most { early, overlapping })
    assert.equal(4, most { early, after })
    assert.equal(9, most { { executor = "ramping-vus", steps = {
      { duration = 5, target = 9 }, { duration = 5, target = 0 } } } })
  end)
end)
