--- Choices follow the user's own draws, and nothing else.

local fake_core = require "spec.support.fake_core"

describe("lload.random", function()
  local core, random

  before_each(function()
    core = fake_core.install()
    random = require "lload.random"
  end)

  after_each(fake_core.remove)

  -- Draws spread evenly over [0, 1).
  local function spread(count)
    core.drawn, core.draws = 0, {}
    for i = 1, count do core.draws[i] = (i - 0.5) / count end
  end

  local function counted(count, draw)
    spread(count)
    local counts = {}
    for _ = 1, count do
      local value = draw()
      counts[value] = (counts[value] or 0) + 1
    end
    return counts
  end

  it("draws whole numbers with both ends", function()
    assert.same({ [-1] = 2, [0] = 2, [1] = 2 }, counted(6, function() return random.int(-1, 1) end))
  end)

  it("draws fractions below the upper end", function()
    core.draws = { 0, 0.5, 0.75, 0.999 }
    assert.same({ 0, 0.5 }, { random.float(), random.float() })
    assert.same({ 17.5, 3.998 }, { random.float(10, 20), random.float(2, 4) })
  end)

  it("picks each element of a list", function()
    local list = { "S", "M", "L", "XL" }
    assert.same({ S = 3, M = 3, L = 3, XL = 3 },
      counted(12, function() return random.pick(list) end))
  end)

  it("picks in proportion to weights", function()
    local weights = { buy = 3, browse = 7, never = 0 }
    assert.same({ buy = 30, browse = 70 },
      counted(100, function() return random.weighted(weights) end))
    assert.same({ [1] = 25, [2] = 75 },
      counted(100, function() return random.weighted { 0.5, 1.5 } end))
  end)

  it("gives the same draw the same key, however the table was built", function()
    local names = {}
    for i = 1, 50 do names[i] = "key" .. i end
    local there, back = {}, {}
    for i = 1, 50 do there[names[i]], back[names[51 - i]] = 1, 1 end
    core.draws = {}
    for i = 1, 40 do core.draws[i] = math.floor((i - 1) / 2) / 20 end
    for _ = 1, 20 do assert.equal(random.weighted(there), random.weighted(back)) end
  end)

  it("never draws a weight of 0, even when rounding has the last word", function()
    core.draws = { 1 }
    assert.equal("a", random.weighted { a = 1, z = 0 })
  end)

  it("writes text of an alphabet", function()
    core.draws = { 0, 0.999, 0.5, 0, 0.4, 0.8 }
    assert.equal("a9s", random.string(3))
    assert.equal("xyz", random.string(3, "xyz"))
    assert.equal("", random.string(0))
  end)

  it("is what math.random is", function()
    core.draws = { 0.25, 0.5, 0.5 }
    assert.same({ 0.25, 6, 15 },
      { random.like_math(), random.like_math(10), random.like_math(10, 19) })
  end)

  it("blames the caller for misuse", function()
    local rows = {
      { function() random.pick {} end, "random.pick: a list with at least one element is wanted" },
      { function() random.pick "abc" end, "random.pick: a list" },
      { function() random.weighted { a = -1, b = 2 } end, "the weight of 'a' is no number >= 0" },
      { function() random.weighted { a = "1" } end, "the weight of 'a' is no number >= 0" },
      { function() random.weighted { a = 0 } end, "random.weighted: all weights are 0" },
      { function() random.weighted {} end, "random.weighted: all weights are 0" },
      { function() random.string(-1) end, "random.string: a whole number" },
      { function() random.string(1.5) end, "random.string: a whole number" },
      { function() random.string "x" end, "random.string: a whole number" },
      { function() random.string(3, "") end, "random.string: the alphabet is empty" },
      { function() random.string(3, { "a" }) end, "random.string: the alphabet is empty" },
    }
    for _, row in ipairs(rows) do
      local ok, message = pcall(row[1])
      assert.is_false(ok)
      assert.matches("random_spec.lua:%d+: ", message)
      assert.matches(row[2], message, 1, true)
    end
    assert.equal(0, core.drawn)
  end)
end)
