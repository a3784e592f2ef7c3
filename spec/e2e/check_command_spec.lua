--- `lload check`: validates, prints each stage's plan exactly, and sends nothing.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

local STAGES = [[
return {
  stages = {
    flat = { executor = "constant-vus", vus = 3, duration = "10s" },
    ramp = { executor = "ramping-vus", start_vus = 1, steps = {
      { duration = "10s", target = 5 }, { duration = "5s", target = 5 },
      { duration = "5s", target = 0 } } },
    odd = { executor = "ramping-vus", start_vus = 0, steps = { { duration = "1s", target = 7 } } },
    jump = { executor = "ramping-vus", start_vus = 2, steps = {
      { duration = "1s", target = 2 }, { duration = "0s", target = 9 },
      { duration = "1s", target = 9 } } },
    spike = { executor = "spike", vus = 5, peak = 20, rise = "2s", hold = "3s", fall = "2s",
      recovery = "4s" },
    soak = { executor = "soak", vus = 10, ramp = "5s", duration = "1h30m" },
    each = { executor = "per-vu-iterations", vus = 4, iterations = 10 },
    both = {
      { executor = "constant-vus", vus = 4, duration = "10s", journey = "a" },
      { executor = "constant-vus", vus = 3, duration = "10s", start_time = "5s", journey = "b" },
    },
  },
  default_stage = "flat",
  setup = function() http.get "/any/setup" end,
  journeys = {
    a = { weight = 1, run = function() http.get "/any/a" end },
    b = { weight = 1, run = function() http.get "/any/b" end },
  },
}]]

-- The number of users at a moment: that of the last step not after it.
local function vus_at(steps, ms)
  local n = 0
  for _, step in ipairs(steps) do
    if step[1] <= ms then
      n = step[2]
    end
  end
  return n
end

describe("lload check", function()
  local plan, path

  local function check_json(file, ...)
    local r = cli.run { "check", file, "--json", ... }
    expect.code(r, 0)
    return cjson.decode(r.stdout)
  end

  setup(function()
    path = cli.scenario(STAGES)
    plan = check_json(path)
  end)

  local function steps(stage)
    return plan.stages[stage].profiles[1].vus
  end

  -- In a ramp from `from` to `target` that takes d and ends at t_end, count u is reached at
  -- t_end - d * (target - u) / (target - from).
  local function assert_ramp(stage, from, target, t_end, d)
    local list = steps(stage)
    local direction = target > from and 1 or -1
    for u = from + direction, target, direction do
      local at = t_end - d * (target - u) / (target - from)
      local what = ("%s when %d is reached"):format(stage, u)
      assert.equal(u - direction, vus_at(list, at - 1.5), what)
      assert.equal(u, vus_at(list, at + 1.5), what)
    end
  end

  it("names the file and every stage", function()
    assert.equal(path, plan.file)
    for _, name in ipairs { "flat", "ramp", "odd", "jump", "spike", "soak", "each", "both" } do
      assert.truthy(plan.stages[name], name)
    end
  end)

  it("gives durations and the most users", function()
    local wanted = {
      flat = { 10, 3 }, ramp = { 20, 5 }, odd = { 1, 7 }, jump = { 2, 9 }, spike = { 15, 20 },
      both = { 15, 7 },
    }
    for name, pair in pairs(wanted) do
      assert.near(pair[1], plan.stages[name].duration_s, 1e-6, name)
      assert.equal(pair[2], plan.stages[name].max_vus, name)
    end
    assert.equal(10, plan.stages.soak.max_vus)
    assert.is_true(plan.stages.soak.duration_s >= 5400)
    assert.equal(4, plan.stages.each.max_vus)
  end)

  it("gives the executor and journey of each profile", function()
    local both = plan.stages.both.profiles
    assert.same({ "constant-vus", "a" }, { both[1].executor, both[1].journey })
    assert.same({ "constant-vus", "b" }, { both[2].executor, both[2].journey })
    assert.equal("spike", plan.stages.spike.profiles[1].executor)
  end)

  it("gives the exact steps of a ramp", function()
    assert.equal(1, vus_at(steps "ramp", 0))
    assert_ramp("ramp", 1, 5, 10000, 10000)
    assert.equal(5, vus_at(steps "ramp", 15000))
    assert_ramp("ramp", 5, 0, 20000, 5000)
    assert_ramp("odd", 0, 7, 1000, 1000)
  end)

  it("gives a jump where a step takes no time", function()
    assert.equal(2, vus_at(steps "jump", 998))
    assert.equal(9, vus_at(steps "jump", 1001))
  end)

  it("gives one step for a constant number", function()
    assert.same({ { 0, 3 } }, { steps("flat")[1] })
    assert.equal(3, vus_at(steps "flat", 9990))
  end)

  it("gives the shape of a spike, whose base lasts as long before as after", function()
    local list = steps "spike"
    assert.equal(5, vus_at(list, 0))
    assert.equal(5, vus_at(list, 3990))
    assert_ramp("spike", 5, 20, 6000, 2000)
    assert.equal(20, vus_at(list, 8990))
    assert_ramp("spike", 20, 5, 11000, 2000)
    assert.equal(5, vus_at(list, 14990))
  end)

  it("gives the ramp of a soak", function()
    assert_ramp("soak", 0, 10, 5000, 5000)
    assert.equal(10, vus_at(steps "soak", 3600000))
  end)

  describe("with arrivals", function()
    local RATES = [[
return {
  stages = {
    steady = { executor = "constant-arrival-rate", rate = "2/s", duration = "2s", max_vus = 4 },
    ramp = { executor = "ramping-arrival-rate", max_vus = 50,
      steps = { { duration = "10s", target = 10 }, { duration = 0, target = 2 },
        { duration = "3s", target = 2 } } },
    random = { executor = "constant-arrival-rate", rate = "100/s", duration = "5s", max_vus = 9,
      arrival = "poisson", start_time = "1s" },
    soak = { executor = "soak", rate = "30/m", max_vus = 3, duration = "20s" },
  },
  default_stage = "steady",
  journey = function() end,
}]]
    local file

    setup(function()
      file = cli.scenario(RATES)
    end)

    local function profiles(...)
      local found = {}
      for name, stage in pairs(check_json(file, ...).stages) do
        found[name] = stage.profiles[1]
      end
      return found
    end

    it("gives the moments of the first ones, exactly", function()
      assert.same({ 500, 1000, 1500, 2000 }, profiles("--arrivals", "9").steady.arrivals)
      assert.same({ 500, 1000 }, profiles("--arrivals", "2").steady.arrivals)
      -- The integral of a rate that grows by 1/s each second is t^2 / 2, in 10 s it is 50.
      local ramp = profiles("--arrivals", "60").ramp.arrivals
      assert.equal(56, #ramp)
      for i = 1, 50 do
        assert.near(1000 * math.sqrt(2 * i), ramp[i], 1e-3)
      end
      assert.near(10500, ramp[51], 1e-3)
      assert.near(13000, ramp[56], 1e-3)
    end)

    it("gives the corners of the rate and how many are expected", function()
      local found = profiles()
      assert.same({ { 0, 0 }, { 10000, 10 }, { 10000, 10 }, { 10000, 2 }, { 10000, 2 },
        { 13000, 2 } }, found.ramp.rates)
      assert.same({ { 0, 0.5 }, { 20000, 0.5 } }, found.soak.rates)
      local expected = { steady = 4, ramp = 56, random = 500, soak = 10 }
      local max_vus = { steady = 4, ramp = 50, random = 9, soak = 3 }
      for name, count in pairs(expected) do
        assert.near(count, found[name].arrivals_expected, 1e-6)
        assert.equal(max_vus[name], found[name].max_vus)
        assert.is_nil(found[name].arrivals)
        assert.is_nil(found[name].vus)
      end
    end)

    it("gives random ones by the seed, in order and within the stage", function()
      local one = profiles("--arrivals", "1000", "--seed", "1").random.arrivals
      assert.same(one, profiles("--arrivals", "1000", "--seed", "1").random.arrivals)
      assert.not_same(one, profiles("--arrivals", "1000", "--seed", "2").random.arrivals)
      assert.near(500, #one, 135) -- six standard deviations
      for i = 2, #one do
        assert.is_true(one[i] >= one[i - 1])
      end
      assert.is_true(one[1] > 1000 and one[#one] <= 6000)
    end)

    it("says what becomes of them", function()
      local r = cli.run { "check", file, "--arrivals", "3" }
      expect.code(r, 0)
      for _, text in ipairs {
        "4 arrivals, dropped when all 4 VUs are busy", "arrivals at (ms): 500, 1,000, 1,500\n",
        "about 500 arrivals at random (poisson)", "30/m",
      } do
        expect.that(r, r.stdout:find(text, 1, true), text .. " is missing")
      end
      expect.code(cli.run { "check", file, "--arrivals", "0" }, 104)
    end)
  end)

  it("sends nothing", function()
    local httpd = server.httpd()
    finally(function()
      httpd:stop()
    end)
    local begin = ('return { base_url = "%s",'):format(httpd.url)
    local file = cli.scenario((STAGES:gsub("return {", begin, 1)))
    check_json(file)
    expect.code(cli.run { "check", file }, 0)
    assert.equal(0, httpd:counts().total)
  end)

  it("prints the plan for people", function()
    local r = cli.run { "check", path }
    expect.code(r, 0)
    for _, text in ipairs { "ramp", "spike", "soak", "constant-vus", "ramping-vus" } do
      assert.truthy(r.stdout:find(text, 1, true), text)
    end
  end)

  it("takes several files, and fails for one that is invalid", function()
    local bad = cli.scenario "return { journey = function() end, tresholds = {} }"
    local r = cli.run { "check", path, bad }
    expect.code(r, 104)
    expect.says(r, "tresholds", "thresholds")
    r = cli.run { "check", "/nonexistent/none.lua" }
    expect.code(r, 104)
  end)
end)
