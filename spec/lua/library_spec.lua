--- What the states that run scenario code leave of the Lua library.

local fake_core = require "spec.support.fake_core"

describe("the library of a scenario", function()
  local core, globals, file_type, written_to, real_exits

  local function copy(list)
    local same = {}
    for key, value in pairs(list) do same[key] = value end
    return same
  end

  -- The library of this state is busted's, so that copies of its tables are cut down.
  before_each(function()
    core = fake_core.install()
    globals, file_type, written_to, real_exits = copy(_G), {}, nil, 0
    for _, name in ipairs { "debug", "io", "jit", "math", "os", "package" } do
      globals[name] = copy(_G[name])
    end
    globals.debug.getmetatable = function() return file_type end
    globals.io.output = function(file) written_to = file end
    globals.os.exit = function() real_exits = real_exits + 1 end
    globals.package.loaded = { ffi = "raw", ["jit.opt"] = "raw", string = string }
    globals.package.preload = {
      ffi = "raw", ["string.buffer"] = "raw", ["lload.engine"] = "raw",
    }
    require("lload.library").restrict(globals)
  end)

  after_each(fake_core.remove)

  local function sorted_names(library)
    local names = {}
    for name in pairs(library) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, " ")
  end

  it("has no way out but the end of the run", function()
    local ok, message = pcall(globals.os.exit, 0)
    assert.is_false(ok)
    assert.matches("lload.abort", message, 1, true)
    assert.equal(0, real_exits)
    assert.equal(os.time, globals.os.time)
  end)

  it("keeps nothing below the language", function()
    assert.equal("getinfo traceback", sorted_names(globals.debug))
    assert.equal("arch os status version version_num", sorted_names(globals.jit))
    assert.is_nil(globals.package.loadlib)
    assert.is_nil(globals.package.seeall)
    assert.equal("string", sorted_names(globals.package.loaded))
    assert.equal("", sorted_names(globals.package.preload))
    for _, name in ipairs { "newproxy", "module", "load", "loadstring", "getfenv", "setfenv" } do
      assert.is_nil(globals[name], name)
    end
  end)

  it("does not let a script choose the finaliser of files", function()
    assert.is_false(file_type.__metatable)
  end)

  it("writes to the log and to standard error, for standard output belongs to results", function()
    globals.print("a", 1, nil)
    globals.print()
    assert.same({ "info: a\t1\tnil", "info: " }, core.logs)
    assert.equal(io.stderr, globals.io.stdout)
    assert.equal(io.stderr, written_to)
  end)

  it("seeds math.random, and leaves the rest of math alone", function()
    core.draws = { 0.25, 0.5 }
    globals.math.randomseed(1)
    assert.same({ 0.25, 6, math.pi }, { globals.math.random(), globals.math.random(10),
      globals.math.pi })
    assert.equal(2, core.drawn)
  end)

  it("does not let the collector be stopped", function()
    assert.equal("number", type(globals.collectgarbage "count"))
    assert.equal(0, globals.collectgarbage())
    for _, option in ipairs { "stop", "setpause", "setstepmul", "generational" } do
      local ok, message = pcall(globals.collectgarbage, option, 1000)
      assert.is_false(ok, option)
      assert.matches(option, message, 1, true)
    end
  end)

  it("does not let the decimal point change", function()
    assert.equal(os.setlocale(), globals.os.setlocale())
    assert.is_false((pcall(globals.os.setlocale, "C")))
  end)
end)
