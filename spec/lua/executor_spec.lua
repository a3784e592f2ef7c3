--- Executors: a few numbers in, a list of segments out.

local profile = require "lload.profile"
local reader = require "lload.reader"

local function read(raw)
  local problems = reader.problems("a.lua")
  local p = profile.read(raw, "stages.a", problems, { { name = "default", weight = 1 } })
  assert.same({}, problems.lines)
  return p
end

-- Segments as { from, to, seconds, step } with their labels behind.
local function segments(raw)
  local list = {}
  for index, s in ipairs(read(raw).segments) do
    assert.equal(index, s.step)
    list[index] = { s.from, s.to, s.duration_s, s.label }
  end
  return list
end

describe("executor", function()
  it("constant-vus is one level segment", function()
    assert.same({ { 3, 3, 10 } },
      segments { executor = "constant-vus", vus = 3, duration = "10s" })
  end)

  it("ramping-vus goes from target to target, jumps included", function()
    assert.same({ { 1, 5, 60 }, { 5, 5, 30 }, { 5, 9, 0 }, { 9, 0, 10 } }, segments {
      executor = "ramping-vus", steps = {
        { duration = "1m", target = 5 }, { duration = 30, target = 5 },
        { duration = "0s", target = 9 }, { duration = "10s", target = 0 },
      },
    })
  end)

  it("ramping-vus has its own grace for users that leave", function()
    local p = read {
      executor = "ramping-vus", start_vus = 0, graceful_ramp_down = "5s", graceful_stop = 7,
      steps = { { duration = 10, target = 4 } },
    }
    assert.same({ 5, 7, 4 }, { p.ramp_down_grace_s, p.grace_s, p.vus })
  end)

  it("shared-iterations and per-vu-iterations hold their users for at most ten minutes", function()
    for kind, name in pairs { shared = "shared-iterations", per_vu = "per-vu-iterations" } do
      local p = read { executor = name, vus = 4, iterations = 100 }
      assert.equal(kind, p.kind)
      assert.equal(100, p.iterations)
      assert.same({ { from = 4, to = 4, duration_s = 600, step = 1 } }, p.segments)
      assert.same({ 1, 1 }, { read({ executor = name }).vus, read({ executor = name }).iterations })
    end
  end)

  it("spike has a base as long before as after", function()
    assert.same({
      { 50, 50, 60, "before" }, { 50, 500, 10, "rise" }, { 500, 500, 60, "hold" },
      { 500, 50, 10, "fall" }, { 50, 50, 60, "recovery" },
    }, segments { executor = "spike", vus = 50, peak = 500 })
    assert.same({
      { 5, 5, 4, "before" }, { 5, 20, 2, "rise" }, { 20, 20, 3, "hold" }, { 20, 5, 2, "fall" },
      { 5, 5, 4, "recovery" },
    }, segments {
      executor = "spike", vus = 5, peak = 20, rise = 2, hold = 3, fall = 2, recovery = 4,
    })
    assert.equal(1, segments({ executor = "spike", vus = 5, peak = 20, before = 1 })[1][3])
  end)

  it("soak ramps, where it has a ramp, then holds", function()
    assert.same({ { 0, 10, 120, "ramp" }, { 10, 10, 1800, "soak" } },
      segments { executor = "soak", vus = 10, ramp = "2m", duration = "30m" })
    assert.same({ { 10, 10, 60, "soak" } },
      segments { executor = "soak", vus = 10, duration = "1m" })
  end)

  it("has the common fields", function()
    local p = read {
      executor = "constant-vus", vus = 1, duration = 5, start_time = "1m", journey = "default",
      tags = { team = "a", n = 2 }, env = { DEBUG = true },
    }
    assert.equal(60, p.start_s)
    assert.equal(30, p.grace_s)
    assert.equal("default", p.journey)
    assert.same({ team = "a", n = "2" }, p.tags)
    assert.same({ DEBUG = "true" }, p.env)
    assert.equal(65, profile.duration(p))
  end)
end)
