--- Scenario code sees the library, and no global that nobody has defined.

local strict = require "lload.strict"

local function run(environment, text)
  local chunk = assert(loadstring(text, "@a.lua"))
  return pcall(setfenv(chunk, environment))
end

describe("strict", function()
  local running, environment

  before_each(function()
    running = false
    environment = strict.environment(function() return running end)
  end)

  it("offers the library", function()
    assert.same({ true, 3, print }, { run(environment, "return math.max(1, 3), print") })
  end)

  it("raises where an undefined global is read", function()
    local ok, message = run(environment, "local a = 1\nreturn a + cuont")
    assert.is_false(ok)
    assert.equal("a.lua:2: undefined global 'cuont' (a misspelt name, or a missing `local`?)",
      message)
  end)

  it("raises through _G too", function()
    local ok, message = run(environment, "return _G.nothing")
    assert.is_false(ok)
    assert.matches("a.lua:1: undefined global 'nothing'", message, 1, true)
  end)

  it("lets the file define globals while it loads", function()
    assert.same({ true, 4 }, { run(environment, "function double(n) return 2 * n end\n"
      .. "return double(2)") })
    assert.is_nil(rawget(_G, "double"))
  end)

  it("lets no user define one, for it would be everybody's", function()
    run(environment, "known = 1")
    running = true
    assert.same({ true, 2 }, { run(environment, "known = 2 return known") })
    local ok, message = run(environment, "\ncount = 1")
    assert.is_false(ok)
    assert.equal("a.lua:2: new global 'count' in a journey; write `local count`, or keep it in "
      .. "the vu", message)
    assert.is_nil(rawget(environment, "count"))
  end)

  it("keeps two environments apart", function()
    run(environment, "mine = 1 string2 = 2")
    local other = strict.environment(function() return false end)
    assert.is_false((run(other, "return mine")))
    assert.equal(print, select(2, run(other, "return print")))
  end)
end)
