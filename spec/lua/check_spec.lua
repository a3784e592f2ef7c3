--- `lload check`: exact plans as JSON, a readable plan for people, problems with 104.

local cjson = require "cjson"
local fake = require "spec.support.fake_engine"
local files = require "spec.support.scenario_file"
local golden = require "spec.support.golden"

local STAGES = [[
return {
  name = "shop",
  stages = {
    ramp = { executor = "ramping-vus", start_vus = 1, steps = {
      { duration = "10s", target = 5 }, { duration = "5s", target = 0 } } },
    spike = { executor = "spike", vus = 5, peak = 20, rise = 2, hold = 3, fall = 2, recovery = 4 },
    each = { executor = "per-vu-iterations", vus = 4, iterations = 10, max_duration = "1m" },
    both = {
      { executor = "constant-vus", vus = 4, duration = "10s", journey = "a" },
      { executor = "constant-vus", vus = 3, duration = "10s", start_time = "5s", journey = "b" },
    },
  },
  default_stage = "ramp",
  thresholds = { checks = "rate>0.9" },
  journeys = { a = { weight = 2, run = function() end }, b = function() end },
}]]

describe("lload check", function()
  after_each(files.clean)

  it("gives the exact plan of every stage as JSON", function()
    local path = files.write("a.lua", STAGES)
    local code, out, err = fake.lload { "check", path, "--json" }
    assert.same({ 0, "" }, { code, err })
    local plan = cjson.decode(out)
    assert.equal(path, plan.file)
    assert.same({
      duration_s = 15, max_vus = 5,
      profiles = { { executor = "ramping-vus", vus = {
        { 0, 1 }, { 2500, 2 }, { 5000, 3 }, { 7500, 4 }, { 10000, 5 }, { 11000, 4 }, { 12000, 3 },
        { 13000, 2 }, { 14000, 1 }, { 15000, 0 } } } },
    }, plan.stages.ramp)
    assert.same({ 15, 7, "a", "b" }, { plan.stages.both.duration_s, plan.stages.both.max_vus,
      plan.stages.both.profiles[1].journey, plan.stages.both.profiles[2].journey })
    assert.same({ 60, 4 }, { plan.stages.each.duration_s, plan.stages.each.max_vus })
    assert.same({ 15, 20 }, { plan.stages.spike.duration_s, plan.stages.spike.max_vus })
  end)

  it("calls the stage of a file without stages default", function()
    local _, out = fake.lload { "check", "--json",
      files.write("a.lua", "return { journey = function() end }") }
    assert.same({ 600, 1 }, { cjson.decode(out).stages.default.duration_s,
      cjson.decode(out).stages.default.max_vus })
  end)

  it("draws the plan for people", function()
    local code, out = fake.lload { "check", files.write("a.lua", STAGES) }
    assert.equal(0, code)
    out = out:gsub("^[^\n]*/", "")
    assert.equal(golden.expected("check.txt", out), out)
  end)

  describe("of arrivals", function()
    local RATES = [[
return {
  stages = {
    steady = { executor = "constant-arrival-rate", rate = "2/s", duration = "2s", max_vus = 4 },
    ramp = { executor = "ramping-arrival-rate", start_rate = 10, max_vus = 2000, steps = {
      { duration = "5m", target = 540 }, { duration = 0, target = 100 },
      { duration = "1m", target = 100 } } },
    spike = { executor = "spike", rate = "10/s", peak_rate = "50/s", max_vus = 20, rise = 2,
      hold = 5, fall = 2, recovery = 5, on_saturation = "queue" },
    mixed = {
      { executor = "soak", rate = 0.5, max_vus = 20, ramp = "2s", duration = "1m", journey = "a",
        arrival = "poisson" },
      { executor = "constant-vus", vus = 3, duration = "20s", start_time = "5s" },
    },
  },
  default_stage = "steady",
  journeys = { a = function() end, b = function() end },
}]]

    it("draws the rate, says how many there are and what becomes of those that find nobody",
      function()
        local code, out = fake.lload { "check", files.write("a.lua", RATES) }
        assert.equal(0, code)
        out = out:gsub("^[^\n]*/", "")
        assert.equal(golden.expected("check_rates.txt", out), out)
      end)

    it("gives the rate's corners, and the first arrivals when asked", function()
      local path = files.write("a.lua", RATES)
      local _, out = fake.lload { "check", path, "--json" }
      local stages = cjson.decode(out).stages
      assert.same({ duration_s = 2, max_vus = 4, profiles = { {
        executor = "constant-arrival-rate", max_vus = 4, rates = { { 0, 2 }, { 2000, 2 } },
        arrivals_expected = 4 } } }, stages.steady)
      assert.same({ { 0, 10 }, { 300000, 540 }, { 300000, 540 }, { 300000, 100 }, { 300000, 100 },
        { 360000, 100 } }, stages.ramp.profiles[1].rates)
      assert.equal(88500, stages.ramp.profiles[1].arrivals_expected)
      assert.equal(23, stages.mixed.max_vus)
      assert.same({ { 5000, 3 } }, stages.mixed.profiles[2].vus)
      _, out = fake.lload { "check", path, "--json", "--arrivals", "3" }
      stages = cjson.decode(out).stages
      assert.same({ 500, 1000, 1500 }, stages.steady.profiles[1].arrivals)
      assert.equal(3, #stages.ramp.profiles[1].arrivals)
      assert.is_nil(stages.mixed.profiles[2].arrivals)
    end)

    it("shows the first arrivals to people", function()
      local path = files.write("a.lua", RATES)
      local _, out = fake.lload { "check", path, "--stage", "steady", "--arrivals", "3" }
      assert.matches("\n    arrivals at %(ms%): 500, 1,000, 1,500\n", out)
      local code, _, err = fake.lload { "check", path, "--arrivals", "none" }
      assert.equal(104, code)
      assert.matches("%-%-arrivals: \"none\" is not a whole number", err)
    end)
  end)

  it("shows one stage when asked", function()
    local path = files.write("a.lua", STAGES)
    local _, out = fake.lload { "check", path, "--json", "--stage", "spike" }
    assert.is_nil(cjson.decode(out).stages.ramp)
    local code, _, err = fake.lload { "check", path, "--stage", "spkie" }
    assert.equal(104, code)
    assert.matches('did you mean "spike"', err)
  end)

  it("lists every problem, as text or as JSON", function()
    local path = files.write("a.lua", "return { jorney = 1, nmae = 2 }")
    local code, out, err = fake.lload { "check", path }
    assert.same({ 104, "" }, { code, out })
    assert.equal(2, select(2, err:gsub("did you mean", "")))
    code, out, err = fake.lload { "check", path, "--json" }
    assert.same({ 104, "" }, { code, err })
    assert.equal(2, #cjson.decode(out).problems)
    assert.equal(path, cjson.decode(out).file)
  end)

  it("checks every file and fails for one", function()
    local code, out, err = fake.lload {
      "check", files.write("a.lua", STAGES), files.write("b.lua", "return 5"),
    }
    assert.equal(104, code)
    assert.matches("a.lua: valid", out)
    assert.matches("b.lua: returns a number", err)
  end)
end)
