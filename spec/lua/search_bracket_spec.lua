--- The bracket of a search: which load is next, on servers that are a single comparison.

local bracket = require "lload.search.bracket"
local queue = require "spec.support.queue"

local function fields(overrides)
  local f = { of = "rate", from = 50, to = 10000, resolution = 0.05 }
  for key, value in pairs(overrides or {}) do f[key] = value end
  return f
end

-- Tests loads until the bracket knows; verdict(load, n) answers the n-th test.
local function drive(b, verdict)
  local tested = {}
  while #tested < 500 do
    local load, outcome = b:next()
    if not load then return tested, outcome end
    tested[#tested + 1] = load
    b:add(load, verdict(load, #tested))
  end
  error("the bracket does not end")
end

local function up_to(capacity)
  return function(load) return load <= capacity and "ok" or "bad" end
end

-- Verdicts of a list, one per test, the last one for ever.
local function listed(verdicts)
  return function(_, n) return verdicts[math.min(n, #verdicts)] end
end

local function ends(b)
  return { b:ends() }
end

-- How many tests there must be: up to the first bad one, down to the resolution, both ends again.
local function fewest(f, capacity)
  local probes, load = 1, f.from
  while load <= capacity do
    probes, load = probes + 1, load * 2
  end
  return probes + math.ceil(math.log(1 / f.resolution) / math.log(2) - 1e-9) + 2
end

describe("a bracket", function()
  it("probes, halves, and tests both ends again", function()
    local b = bracket.new(fields())
    local tested, outcome = drive(b, up_to(400))
    assert.same({ 50, 100, 200, 400, 800, 600, 500, 450, 425, 413, 400, 413 }, tested)
    assert.equal("found", outcome)
    assert.same({ 400, 413 }, ends(b))
  end)

  it("holds the capacity, whatever it is", function()
    local random = queue.random(11)
    for _ = 1, 500 do
      local f = fields { from = 0.5 + 100 * random(), resolution = 0.002 * 200 ^ random() }
      local capacity = f.from * 90 ^ random()
      local b = bracket.new(f)
      local tested, outcome = drive(b, up_to(capacity))
      local good, bad = b:ends()
      assert.equal("found", outcome)
      assert.is_true(good <= capacity and capacity < bad)
      assert.is_true(bad - good <= f.resolution * good * (1 + 1e-6))
      assert.is_true(#tested <= fewest(f, capacity) + 1,
        ("%d tests for %g at %g"):format(#tested, capacity, f.resolution))
    end
  end)

  it("holds it in whole users", function()
    local random = queue.random(12)
    for _ = 1, 300 do
      local f = fields { of = "vus", from = 1 + math.floor(20 * random()), to = 5000,
        resolution = 0.01 }
      local capacity = f.from + math.floor(4000 * random() ^ 3)
      local b = bracket.new(f)
      local tested, outcome = drive(b, up_to(capacity))
      local good, bad = b:ends()
      assert.equal("found", outcome)
      assert.is_true(good <= capacity and capacity < bad)
      assert.is_true(bad - good <= math.max(1, 0.01 * good))
      for _, load in ipairs(tested) do assert.equal(math.floor(load), load) end
    end
  end)

  it("never goes beyond `to`, and tests it twice before it says so", function()
    local b = bracket.new(fields { to = 350 })
    local tested, outcome = drive(b, up_to(1000))
    assert.same({ 50, 100, 200, 350, 350 }, tested)
    assert.equal("above_to", outcome)
    assert.same({ 350 }, ends(b))
  end)

  it("searches below a `to` that fails when tested again", function()
    local tested, outcome = drive(bracket.new(fields { from = 100, to = 110 }),
      listed { "ok", "ok", "bad", "bad", "ok" })
    assert.same({ 100, 110, 110, 110 }, { unpack(tested, 1, 4) })
    assert.equal("found", outcome)
  end)

  it("tests a `from` that fails again, and gives up only then", function()
    local tested, outcome = drive(bracket.new(fields()), listed { "bad" })
    assert.same({ 50, 50 }, tested)
    assert.equal("from_failed", outcome)
    tested, outcome = drive(bracket.new(fields()), function(load, n)
      return n == 1 and "bad" or up_to(400)(load)
    end)
    assert.same({ 50, 50, 100, 200 }, { unpack(tested, 1, 4) })
    assert.equal("found", outcome)
  end)

  it("believes no verdict that was given only once", function()
    local b = bracket.new(fields { from = 400, to = 800, resolution = 0.5 })
    local tested, outcome = drive(b, listed { "ok", "bad", "bad", "bad", "ok", "ok", "bad" })
    assert.same({ 400, 800, 600, 400, 400, 600, 600 }, tested)
    assert.equal("found", outcome)
    assert.same({ 400, 600 }, ends(b))
  end)

  it("goes on above a bad end that passes when it is tested again", function()
    local seen = {}
    local b = bracket.new(fields())
    local tested, outcome = drive(b, function(load)
      seen[load] = (seen[load] or 0) + 1
      return load == 200 and seen[load] == 1 and "bad" or up_to(400)(load)
    end)
    assert.equal("found", outcome)
    assert.same({ 400, 413 }, ends(b))
    assert.is_true(#tested <= 12 + 6)
  end)

  it("stops where the generator does, and says up to where it was none", function()
    local b = bracket.new(fields())
    local tested, outcome = drive(b, function(load) return load > 300 and "generator" or "ok" end)
    assert.equal("generator", outcome)
    assert.same({ 50, 100, 200, 400, 400, 300, 350, 350, 325, 325, 313, 313, 300 }, tested)
    assert.equal("generator", b:standing(select(2, b:ends())))
    tested, outcome = drive(bracket.new(fields()), listed { "generator" })
    assert.same({ 50, 50 }, tested)
    assert.equal("generator", outcome)
  end)

  it("does not search below a load that was too much for the generator only once", function()
    local tested, outcome = drive(bracket.new(fields()), function(load, n)
      return n == 2 and "generator" or up_to(400)(load)
    end)
    assert.same({ 50, 100, 100, 200, 400, 800 }, { unpack(tested, 1, 6) })
    assert.equal("found", outcome)
  end)

  it("finds a limit of the server below that of the generator", function()
    local b = bracket.new(fields())
    local _, outcome = drive(b, function(load)
      return load > 700 and "generator" or up_to(500)(load)
    end)
    assert.equal("found", outcome)
    assert.same({ 500, 525 }, ends(b))
  end)

  it("ends whatever it is told, in order, with no load tested more than four times", function()
    local random = queue.random(13)
    local words = { "ok", "bad", "generator" }
    for _ = 1, 2000 do
      local share, b = random(), bracket.new(fields { to = 5000 })
      local times = {}
      local _, outcome = drive(b, function(load)
        times[load] = (times[load] or 0) + 1
        assert.is_true(times[load] <= 4)
        local word = random() < share and words[1 + math.floor(3 * random())] or up_to(400)(load)
        local good, bad = b:ends()
        assert.is_true(not (good and bad) or good < bad)
        return word
      end)
      assert.is_string(outcome)
    end
  end)
end)
