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

local environment = {} -- of the settings: LLOAD_… → value

local function chosen(...)
  local list, problems = settings.read(assert(cli.parse { "run", "a.lua", ... }),
    function(name) return environment[name] end)
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

describe("a rate on the command line", function()
  local ONE = { stages = { smoke = { FLAT, FLAT } } }

  after_each(function() environment = {} end)

  local function shape(parts, ...)
    local compiled = assert(compile(parts, ...))
    local p = compiled.spec.profiles[1]
    assert.equal(1, #compiled.spec.profiles)
    assert.equal(p.vus, p.max_vus)
    local segment = p.segments[1]
    return { compiled.stage.name, p.executor, p.kind, p.vus, segment.from, segment.to,
      segment.duration_s }
  end

  it("replaces the stage's profiles by arrivals", function()
    assert.same({ "smoke", "constant-arrival-rate", "arrivals", 7, 50, 50, 30 },
      shape(ONE, "-r", "50/s", "-d", "30s", "-u", "7"))
    assert.same({ "default", "constant-arrival-rate", "arrivals", 100, 0.5, 0.5, 60 },
      shape({}, "--rate", "30/m", "--duration", "1m"))
  end)

  it("has as many users as iterations of ten seconds need, within reason", function()
    for rate, users in pairs { ["1/s"] = 100, ["10.5"] = 105, ["250/s"] = 2500,
      ["5000/s"] = 10000 } do
      assert.equal(users, shape(ONE, "-r", rate, "-d", "1s")[4])
    end
  end)

  it("counts wherever it is set", function()
    environment = { LLOAD_RATE = "20/s" }
    assert.same({ "constant-arrival-rate", 20 }, { shape(ONE, "-d", "1s")[2],
      shape(ONE, "-d", "1s")[5] })
    assert.equal(5, shape(ONE, "-d", "1s", "-r", "5/s")[5])
  end)

  it("needs a duration, and no number of iterations", function()
    local function refused(...)
      local compiled, problems = compile(ONE, ...)
      assert.is_nil(compiled)
      return problems
    end
    assert.same({ "a.lua: --rate alone does not say how long; add --duration" },
      refused("-r", "5/s"))
    assert.same({ "a.lua: --rate alone does not say how long; add --duration" },
      refused("-r", "5/s", "-u", "9"))
    assert.same({ "a.lua: --rate and --iterations contradict each other; leave one out" },
      refused("-r", "5/s", "-d", "1s", "-i", "9"))
  end)

  -- what is written → what is said about it
  for text, words in pairs {
    ["0"] = "must be above 0", ["0/s"] = "must be above 0", ["-5/s"] = "is negative",
    ["fast"] = '"fast" is not a rate; write "50/s", "10000/m", "100/h" or a number',
    ["1000001"] = "is more than 1,000,000/s",
  } do
    it(("is refused as %q"):format(text), function()
      local request = assert(cli.parse { "run", "a.lua", "--rate=" .. text })
      local _, problems = settings.read(request, function() end)
      assert.equal(1, #problems)
      assert.matches("--rate: ", problems[1], 1, true)
      assert.matches(words, problems[1], 1, true)
    end)
  end
end)

describe("the warm-up", function()
  after_each(function() environment = {} end)

  local function warming(s)
    return { executor = "constant-vus", vus = 1, duration = 1, warmup = s }
  end

  it("lasts as long as the profile wants that wants it longest", function()
    assert.equal(0, compile({ stages = { a = FLAT } }).spec.warmup_s)
    assert.equal(7, compile({ stages = { a = { warming(2), warming(7), FLAT } } }).spec.warmup_s)
  end)

  it("is what the command line says, then LLOAD_WARMUP, then the file", function()
    local file = { stages = { a = warming(2) } }
    environment = { LLOAD_WARMUP = "3s" }
    assert.equal(3, compile(file).spec.warmup_s)
    assert.equal(1.5, compile(file, "--warmup", "1500ms").spec.warmup_s)
    assert.equal(0, compile(file, "--warmup", "0").spec.warmup_s)
  end)

  it("goes with the profiles that the command line replaces, and stays if it says so", function()
    local file = { stages = { a = warming(2) } }
    assert.equal(0, compile(file, "-u", "3", "-d", "5s").spec.warmup_s)
    assert.equal(4, compile(file, "-r", "3/s", "-d", "5s", "--warmup", "4s").spec.warmup_s)
  end)

  it("is not of the stage's duration", function()
    assert.equal(1, compile({ stages = { a = warming(9) } }).duration_s)
  end)
end)

describe("the segment", function()
  it("goes to the engine as it was read", function()
    assert.is_nil(compile({ stages = { a = FLAT } }).spec.segment)
    assert.same({ own = 2, shares = { 1, 1, 1 } },
      compile({ stages = { a = FLAT } }, "--segment", "2/3").spec.segment)
    assert.same({ own = 1, shares = { 2, 1, 1 } },
      compile({ stages = { a = FLAT } }, "--segment", "1:1/2,1/4,1/4").spec.segment)
  end)
end)

describe("the spec", function()
  it("has of arrivals what the engine needs", function()
    local p = compile({ stages = { a = { executor = "ramping-arrival-rate", max_vus = 9,
      start_rate = 2, steps = { { duration = 5, target = 4 } }, arrival = "poisson",
      on_saturation = "queue" } } }).spec.profiles[1]
    assert.same({ "arrivals", 9, 9, "poisson", "queue", 2, 1 },
      { p.kind, p.vus, p.max_vus, p.arrival, p.on_saturation, p.warm_load, p.index })
    assert.same({ { from = 2, to = 4, duration_s = 5, step = 1 } }, p.segments)
    p = compile({ stages = { a = { executor = "constant-vus", vus = 1, duration = 1,
      pacing = "2s" } } }).spec.profiles[1]
    assert.same({ 2, false }, { p.pacing_s, p.minimum_iteration_s or false })
  end)

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

describe("the windows of thresholds", function()
  local RAMP = { executor = "ramping-vus", start_vus = 1, steps = {
    { duration = 10, target = 2 }, { duration = 20, target = 4 }, { duration = 5, target = 0 } } }
  local LATER = { executor = "ramping-vus", start_vus = 1, start_time = 8, steps = {
    { duration = 4, target = 2 }, { duration = 40, target = 4 } } }

  -- Of one threshold: how wide, and the part of the stage.
  local function window(key, expression, stage)
    local compiled = assert(compile { stages = { a = stage }, thresholds = { [key] = expression } })
    local selector, t = compiled.spec.selectors[1], compiled.thresholds[1]
    assert.same({ t.from_s, t.until_s }, { selector.from_s, selector.until_s })
    return { selector.over_s, selector.from_s, selector.until_s }
  end

  it("slide over the stage, or over the step that is named", function()
    assert.same({ 10, 0, 35 }, window("http_reqs", "rate>1 over 10s", RAMP))
    assert.same({ 10, 10, 30 }, window("http_reqs{step:2}", "rate>1 over 10s", RAMP))
    assert.same({ 10, 10, 30 }, window("http_reqs{name:a,step:2}", "rate>1 over 10s", RAMP))
    assert.same({ 10, 0, 35 }, window("http_reqs{step:7}", "rate>1 for 30s", RAMP))
    assert.same({}, window("http_reqs{step:2}", "rate>1", RAMP))
  end)

  it("span the step of that number of all profiles", function()
    assert.same({ 5, 0, 12 }, window("http_reqs{step:1}", "rate>1 over 5s", { RAMP, LATER }))
    assert.same({ 5, 10, 52 }, window("http_reqs{step:2}", "rate>1 over 5s", { RAMP, LATER }))
    assert.same({ 5, 0, 52 }, window("http_reqs", "rate>1 over 5s", { RAMP, LATER }))
  end)

  it("are none in a search, which judges levels", function()
    local compiled = assert(compile {
      stages = { a = { executor = "search", from = 10, to = 100, max_vus = 5 } },
      thresholds = { http_req_duration = "p(95)<200 over 10s" },
    })
    assert.same({ { metric = "http_req_duration", tags = {} } }, compiled.spec.selectors)
  end)

  it("of one stage say nothing about another", function()
    local test = test_of {
      stages = { a = RAMP, b = LATER }, thresholds = { http_reqs = "rate>1 over 5s" },
    }
    for stage, until_s in pairs { a = 35, b = 52 } do
      local compiled = plan.compile(test, chosen("--stage", stage), { seed = 7, threads = 2 })
      assert.equal(until_s, compiled.thresholds[1].until_s)
    end
    assert.is_nil(test.thresholds[1].until_s)
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
