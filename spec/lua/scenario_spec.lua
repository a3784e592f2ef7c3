--- Validation: every mistake at once, one line each, with what was probably meant.

local limits = require "lload.limits"
local scenario = require "lload.scenario"

local function nothing() end

local function validate(raw, declared)
  return scenario.validate(raw, { file = "a.lua", source = "", declared = declared or {} })
end

local function problems_of(raw, declared)
  local test, problems = validate(raw, declared)
  assert.is_nil(test)
  return problems
end

-- A valid scenario with these parts put over it.
local function with(parts)
  local raw = { journey = nothing }
  for key, value in pairs(parts) do raw[key] = value end
  return raw
end

local function stage(profile)
  return with { stages = { a = profile } }
end

-- Thresholds that name so many different tags, two a key.
local function with_tags(count)
  local thresholds = {}
  for i = 1, count do
    thresholds[("checks{t%d:a,t%d:b}"):format(i, i % count + 1)] = "rate>0"
  end
  return thresholds
end

describe("a valid scenario", function()
  it("gets every default", function()
    local test = assert(validate { journey = nothing })
    assert.equal("a", test.name)
    assert.equal(60, test.http.timeout_s)
    assert.equal(64e6, test.http.max_body_bytes)
    assert.same({ { from = 200, to = 399 } }, test.http.expect)
    assert.same({ { name = "default", weight = 1 } }, test.journeys)
    assert.same({ 60, 60, 5 }, { test.setup_timeout_s, test.teardown_timeout_s, test.max_busy_s })
    assert.equal(1e9, test.max_memory_bytes)
    assert.is_false(test.has_setup)
    assert.same({}, test.thresholds)
  end)

  it("is read in full", function()
    local test = assert(validate({
      name = "shop", base_url = "https://shop.test:8443/api/",
      http = { timeout = "5s", headers = { ["X-B"] = 2, ["X-A"] = "1" }, max_body = "1kB",
        insecure = true, expect = { 200, "404", "5xx", "301-303" } },
      stages = { smoke = { executor = "constant-vus", vus = "2", duration = "10s" } },
      default_stage = "smoke", setup = nothing, teardown = nothing, on_start = nothing,
      on_stop = nothing, setup_timeout = 5, teardown_timeout = 6, max_busy = "500ms",
      journeys = { b = { run = nothing, weight = 3 }, a = nothing },
      thresholds = { mine = "p(95)<5", checks = { "rate>0.9", "rate<=1" } },
    }, { { kind = "trend", name = "mine" } }))
    assert.equal("https://shop.test:8443/api", test.base_url)
    assert.same({ { name = "X-A", value = "1" }, { name = "X-B", value = "2" } }, test.http.headers)
    assert.same({ { from = 200, to = 200 }, { from = 404, to = 404 }, { from = 500, to = 599 },
      { from = 301, to = 303 } }, test.http.expect)
    assert.same({ { name = "a", weight = 1 }, { name = "b", weight = 3 } }, test.journeys)
    assert.equal(2, test.stages.smoke.profiles[1].vus)
    local expressions = {}
    for index, t in ipairs(test.thresholds) do
      expressions[index] = t.metric .. " " .. t.expression
    end
    assert.same({ "checks rate>0.9", "checks rate<=1", "mine p(95)<5" }, expressions)
    assert.is_true(test.has_setup and test.has_teardown and test.has_on_start and test.has_on_stop)
  end)
end)

describe("problems", function()
  it("are all listed at once, one line each", function()
    assert.same({
      'a.lua: stages.smoke: unknown key "gracefull_stop", did you mean "graceful_stop"?',
      'a.lua: unknown key "bas_url", did you mean "base_url"?',
      'a.lua: unknown key "on_strat", did you mean "on_start"?',
      'a.lua: unknown key "teardwon", did you mean "teardown"?',
      'a.lua: unknown key "tresholds", did you mean "thresholds"?',
    }, problems_of(with {
      bas_url = "x", tresholds = {}, teardwon = nothing, on_strat = nothing,
      stages = {
        smoke = { executor = "constant-vus", vus = 1, duration = 1, gracefull_stop = 1 },
      },
    }))
  end)

  it("name a misspelt required field once", function()
    assert.same({ 'a.lua: unknown key "journy", did you mean "journey"?' },
      problems_of { journy = nothing })
    assert.same({ 'a.lua: stages.a: unknown key "executr", did you mean "executor"?' },
      problems_of(stage { executr = "constant-vus", vus = 1, duration = 1 }))
    assert.same({ 'a.lua: stages.a: unknown key "duraton", did you mean "duration"?' },
      problems_of(stage { executor = "constant-vus", vus = 1, duraton = 1 }))
  end)

  it("keep one order", function()
    local raw = with { c = 1, a = 1, b = 1, [1] = 1 }
    assert.same({
      "a.lua: unexpected list item [1]; fields need a name", 'a.lua: unknown key "a"',
      'a.lua: unknown key "b"', 'a.lua: unknown key "c"',
    }, problems_of(raw))
  end)

  -- what is written → what the only problem says
  local CASES = {
    { "no table", 42, "returns a number; a scenario ends with return" },
    { "nothing", nil, "returns nothing" },
    { "no journey", {}, "neither journey nor journeys" },
    { "two kinds of journey", with { journeys = { a = nothing } }, "both given" },
    { "no journeys", { journeys = {} }, "journeys: is empty" },
    { "weights of zero", { journeys = { a = { run = nothing, weight = 0 } } },
      "no weight above 0" },
    { "a journey without run", { journeys = { a = { weight = 1 } } },
      "journeys.a: run is missing" },
    { "a hook that is no function", with { setup = {} }, "setup: must be a function, not a table" },
    { "an empty name", with { name = "" }, "name: must have 1 to 200 characters" },
    { "a base URL without scheme", with { base_url = "shop.test" }, "no scheme" },
    { "a base URL without host", with { base_url = "http:///x" }, "no host" },
    { "a base URL with a query", with { base_url = "http://x/?a=1" }, "query" },
    { "a forged header", with { http = { headers = { A = "b\r\nC: d" } } }, "line break" },
    { "a header in two spellings", with { http = { headers = { ["x-a"] = "1", ["X-A"] = "2" } } },
      '^a.lua: http.headers%["x%-a"%]: is the same header as "X%-A"; case makes no difference$' },
    { "a header of lload's own", with { http = { headers = { ["content-length"] = 5 } } },
      "is set by lload itself" },
    { "a header that is no number", with { http = { headers = { A = 0 / 0 } } },
      "http.headers.A: is not a finite number" },
    { "a tag that is no number", stage { executor = "constant-vus", vus = 1, duration = 1,
      tags = { size = math.huge } }, "stages.a.tags.size: is not a finite number" },
    { "an env that is no number", stage { executor = "constant-vus", vus = 1, duration = 1,
      env = { SIZE = -math.huge } }, "stages.a.env.SIZE: is not a finite number" },
    { "a bad header name", with { http = { headers = { ["a b"] = "c" } } }, "no header name" },
    { "a bad size", with { http = { max_body = "lots" } }, "http.max_body: .*not a size" },
    { "a bad status", with { http = { expect = 42 } }, "http.expect: 42 is no status" },
    { "a timeout of zero", with { http = { timeout = 0 } }, "http.timeout: must be longer" },
    { "a stage that is no table", stage(5), "stages.a: must be a profile or a list" },
    { "a stage without executor", stage {}, "stages.a: executor is missing; name one of" },
    { "an unknown executor", stage { executor = "constant-vu" }, 'did you mean "constant%-vus"' },
    { "an executor that nobody has", stage { executor = "burst" },
      'unknown executor "burst"; name one of constant%-arrival%-rate, constant%-vus' },
    { "a misspelt executor of rates", stage { executor = "constant-arival-rate" },
      'did you mean "constant%-arrival%-rate"' },
    { "a field of the other model", stage { executor = "constant-vus", vus = 1, duration = 1,
      max_vus = 5 }, "a field of constant%-arrival%-rate, ramping%-arrival%-rate" },
    { "a negative number of users", stage { executor = "constant-vus", vus = -1, duration = 1 },
      "stages.a.vus: %-1 is out of range, 1 to 1,000,000" },
    { "a duration of zero", stage { executor = "constant-vus", vus = 1, duration = 0 },
      "stages.a.duration: must be longer than 0" },
    { "an unknown journey", stage { executor = "constant-vus", vus = 1, duration = 1,
      journey = "defualt" }, 'did you mean "default"' },
    { "a spike that does not rise", stage { executor = "spike", vus = 5, peak = 5 },
      "a spike rises" },
    { "a field of another executor", stage { executor = "constant-vus", vus = 1, duration = 1,
      iterations = 5 }, "a field of per%-vu%-iterations, shared%-iterations" },
    { "a ramp without steps", stage { executor = "ramping-vus", steps = {} }, "steps: is empty" },
    { "a ramp of no time", stage { executor = "ramping-vus",
      steps = { { duration = 0, target = 5 } } }, "last 0s in all" },
    { "a step without target", stage { executor = "ramping-vus", steps = { { duration = 5 } } },
      "stages.a.steps%[1%]: target is missing" },
    { "a list of profiles with a key", stage { { executor = "constant-vus", vus = 1, duration = 1 },
      vus = 5 }, 'is a list of profiles; unexpected key "vus"' },
    { "an unknown default stage", with { default_stage = "x" }, "default_stage: unknown stage" },
    { "empty stages", with { stages = {} }, "stages: is empty" },
    { "an unknown metric", with { thresholds = { http_req_duratoin = "avg<1" } },
      'unknown metric "http_req_duratoin", did you mean "http_req_duration"' },
    { "a threshold that is a number", with { thresholds = { checks = 5 } }, "not a number" },
    { "a threshold with a misspelt option", with { thresholds = { checks = { "rate>0",
      abort_on_fial = true } } }, 'did you mean "abort_on_fail"' },
    { "no data as what?", with { thresholds = { checks = { "rate>0", on_no_data = "skip" } } },
      '"skip" is neither "fail" nor "pass"' },
    { "more tags in thresholds than can be told apart", with { thresholds = with_tags(33) },
      "thresholds name 33 different tags; at most 32 are possible" },
    { "a tag that is a table", stage { executor = "constant-vus", vus = 1, duration = 1,
      tags = { a = {} } }, "stages.a.tags.a: must be a string" },
  }
  for _, case in ipairs(CASES) do
    it("name " .. case[1], function()
      local problems = problems_of(case[2])
      assert.equal(1, #problems, table.concat(problems, "\n"))
      assert.matches(case[3], problems[1])
      assert.matches("^a.lua: ", problems[1])
    end)
  end

  it("show no password", function()
    for _, url in ipairs { "http://u:secret@host/?a", "u:secret@host", "ftp://u:secret@host",
      "http://u:secret/secret@host", "http:/u:secret@host" } do
      local problems = problems_of(with { base_url = url })
      assert.matches(":***@host", problems[1], 1, true)
      assert.is_nil(problems[1]:find("secret", 1, true))
    end
  end)

  it("name a custom metric with a built-in name", function()
    local problems = problems_of({ journey = nothing }, { { kind = "rate", name = "checks" } })
    assert.matches("has the name of a built%-in one", problems[1])
  end)
end)

describe("thresholds", function()
  it("may name as many tags as the engine has room for", function()
    assert(validate(with { thresholds = with_tags(32) }))
    local header = assert(io.open "src/stats/tags.h"):read "*a"
    assert.equal(limits.MAX_TAG_KEYS, tonumber(header:match "TAG_KEYS_MAX = (%d+)"))
  end)
end)

describe("tables with metatables", function()
  local function raising(t)
    return setmetatable(t, { __index = function(_, key) error("no " .. tostring(key)) end })
  end

  it("that raise are a problem of the file, however deep they are", function()
    local smoke = { executor = "constant-vus", vus = 1, duration = 1 }
    for _, raw in ipairs {
      raising { journey = nothing }, with { http = raising {} },
      stage(raising(smoke)), with { thresholds = { checks = raising { "rate>0" } } },
      { journeys = { a = raising { run = nothing } } },
    } do
      local problems = problems_of(raw)
      assert.equal(1, #problems)
      assert.matches("^a.lua: its table cannot be read: .*no ", problems[1])
    end
  end)

  it("may raise what is no text", function()
    local raw = setmetatable({}, { __index = function() error {} end })
    assert.same({ "a.lua: its table cannot be read: an error that is no text" }, problems_of(raw))
  end)

  it("may inherit", function()
    local base = { __index = { journey = nothing, base_url = "http://host" } }
    assert.equal("http://host", assert(validate(setmetatable({}, base))).base_url)
  end)
end)

describe("scenario.load", function()
  local loader = require("spec.support.fake_engine").loader()

  it("says what cannot be read", function()
    local _, problems = scenario.load("/nonexistent/none.lua", {}, loader)
    assert.same({ "/nonexistent/none.lua: cannot read: No such file or directory" }, problems)
    _, problems = scenario.load("/tmp", {}, loader)
    assert.same({ "/tmp: cannot read: it is a directory" }, problems)
  end)
end)
