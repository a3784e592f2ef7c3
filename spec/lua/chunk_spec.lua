--- Text becomes functions in the environment of the scenario; bytecode does not.

local tmp = require "spec.support.tmp"

describe("a chunk", function()
  local chunk, environment, found
  local BYTECODE = string.dump(function() return 1 end)

  before_each(function()
    chunk = require "lload.chunk"
    environment = setmetatable({ mine = 7 }, { __index = _G })
    found = chunk.functions(environment)
    for name, value in pairs(found) do environment[name] = value end
  end)

  local function run(text) return assert(chunk.compile(text, "@a.lua", environment))() end

  it("runs in its environment", function()
    assert.equal(7, run "return mine")
    run "leaked = 1"
    assert.is_nil(rawget(_G, "leaked"))
  end)

  it("is never compiled to machine code, nor are its inner functions", function()
    local off = stub(jit, "off")
    package.loaded["lload.chunk"] = nil
    local fresh = require "lload.chunk"
    local functions = fresh.functions(environment)
    fresh.compile("return 1", "@a.lua", environment)
    functions.load "return 2"
    functions.loadstring "return 3"
    off:revert()
    package.loaded["lload.chunk"] = nil
    assert.stub(off).was.called(3)
    for _, call in ipairs(off.calls) do
      assert.equal("function", type(call.vals[1]))
      assert.is_true(call.vals[2])
    end
  end)

  it("is text", function()
    local made, message = chunk.compile(BYTECODE, "@a.lua", environment)
    assert.is_nil(made)
    assert.equal("a.lua: is compiled Lua; text is wanted", message)
    local path = tmp.write(tmp.dir(), "compiled.lua", BYTECODE)
    for _, row in ipairs {
      { found.load(BYTECODE) }, { found.load(BYTECODE, "x", "b") }, { found.loadstring(BYTECODE) },
      { found.load(coroutine.wrap(function() coroutine.yield(BYTECODE) end), "x", "bt") },
      { found.loadfile(path) }, { found.loadfile(path, "b") },
    } do
      assert.is_nil(row[1])
      assert.equal("string", type(row[2]))
    end
    assert.is_false((pcall(found.dofile, path)))
  end)

  it("made by a script has the script's globals, or those it gives", function()
    assert.equal(7, run "return load('return mine')()")
    assert.equal(7, run "return loadstring('return mine', 'name')()")
    assert.equal(3, run "return load('return mine', 'name', 't', { mine = 3 })()")
    assert.equal(7, run("local n = 0 return load(function() n = n + 1 "
      .. "return ({ 'return', ' mine' })[n] end)()"))
    local path = tmp.write(tmp.dir(), "part.lua", "return mine")
    assert.equal(7, found.dofile(path))
    assert.equal(4, found.loadfile(path, "t", { mine = 4 })())
  end)

  it("that is broken gives nil and a message, as in plain Lua", function()
    local made, message = found.loadstring("x =", "=part")
    assert.is_nil(made)
    assert.matches("^part:1: unexpected symbol", message)
    assert.is_nil((found.loadfile "/nonexistent/part.lua"))
    assert.is_false((pcall(found.dofile, "/nonexistent/part.lua")))
  end)

  it("sees its own environment wherever it looks", function()
    for _, text in ipairs {
      "return getfenv()", "return getfenv(1)", "return getfenv(0)", "return getfenv(print)",
      "local env = (function() local of = getfenv(2) return of end)() return env",
      "return getfenv(load 'return 1')",
      "return select(2, pcall(getfenv, 1))",
    } do
      assert.equal(environment, run(("local env = (function() %s end)() return env"):format(text)),
        text)
    end
  end)

  it("may give an environment to its own functions only", function()
    assert.equal(5, run "local f = setfenv(function() return x end, { x = 5 }) return f()")
    assert.equal(6, run "setfenv(1, { x = 6 }) return x")
    for _, text in ipairs {
      "setfenv(0, {})", "setfenv(print, {})", "setfenv(getfenv, {})", "setfenv(string.format, {})",
    } do
      local ok, message = pcall(run, text)
      assert.is_false(ok, text)
      assert.equal("a.lua:1: setfenv: this is no function of the scenario", message)
    end
  end)
end)
