--- Scenario files run in their own strict environment, with the modules beside them.

local fake_core = require "spec.support.fake_core"
local lfs = require "lfs"
local tmp = require "spec.support.tmp"

describe("the loader", function()
  local core, loader, folder, loaders, loaded

  local function copy(list)
    local same = {}
    for key, value in pairs(list) do same[key] = value end
    return same
  end

  local function restore(list, saved)
    for key in pairs(list) do list[key] = saved[key] end
    for key, value in pairs(saved) do list[key] = value end
  end

  -- It cuts the list of searchers short, as fits a process that runs one program.
  before_each(function()
    loaders, loaded = copy(package.loaders), copy(package.loaded)
    core = fake_core.install()
    loader = require "lload.loader"
    folder = tmp.dir()
  end)

  after_each(function()
    restore(package.loaders, loaders)
    restore(package.loaded, loaded)
    fake_core.remove()
    tmp.clean()
  end)

  local function load(text, variables)
    return loader.load(folder .. "/a.lua", text, variables or {})
  end

  local function write_module(name, text) tmp.write(folder, name, text) end

  it("returns what the file returns", function()
    assert.same({ name = "shop" }, load "return { name = 'shop' }")
    assert.equal("text", (load "return 'text'"))
    assert.same({ folder .. "/a.lua", folder .. "/a.lua" }, core.files)
  end)

  it("says where a file is broken", function()
    local rows = {
      { "return {", "a.lua:1: unexpected symbol near '<eof>'" },
      { "\n\nlocal x = nothing.here", "a.lua:3: undefined global 'nothing'" },
      { "local t = nil\nreturn t.x", "a.lua:2: attempt to index local 't' (a nil value)" },
      { "error('own words', 0)", "own words" },
      { "error {}", "an error that is no text" },
      { "local x = 1", "a.lua: returns nothing; a scenario file ends with `return { … }`" },
    }
    for _, row in ipairs(rows) do
      local scenario, message = load(row[1])
      assert.is_nil(scenario)
      assert.matches(row[2], message, 1, true)
    end
  end)

  it("leaves no global behind", function()
    load "leaked = 1 function helper() return leaked end return { helper() }"
    assert.is_nil(rawget(_G, "leaked"))
    assert.is_nil(rawget(_G, "helper"))
    assert.is_nil((load "return { leaked }"))
  end)

  it("takes no compiled file", function()
    local _, message = load(string.dump(function() return {} end))
    assert.equal(folder .. "/a.lua: is compiled Lua; text is wanted", message)
    write_module("compiled.lua", string.dump(function() return {} end))
    _, message = load "return require 'compiled'"
    assert.matches(folder .. "/compiled.lua: is compiled Lua; text is wanted", message, 1, true)
  end)

  it("gives its own globals to whoever asks for the module _G", function()
    assert.same({ true, true }, load "return { require '_G' == _G, package.loaded._G == _G }")
  end)

  it("finds modules beside the file, in the same environment", function()
    write_module("helper.lua", "shared = 5 return { double = function(n) return 2 * n end }")
    lfs.mkdir(folder .. "/parts")
    write_module("parts/cart.lua", "return { size = shared }")
    assert.same({ 4, 5, true }, load [[
      local helper, cart = require "helper", require "parts.cart"
      return { helper.double(2), cart.size, require "helper" == helper }
    ]])
  end)

  it("is strict in modules too", function()
    write_module("sloppy.lua", "\nreturn misspelt")
    local _, message = load "return require 'sloppy'"
    assert.matches("sloppy.lua:2: undefined global 'misspelt'", message, 1, true)
  end)

  it("says where a module is broken or was looked for", function()
    write_module("broken.lua", "return {\n  1 2\n}")
    local _, message = load "return require 'broken'"
    assert.matches(folder .. "/broken.lua:2: ", message, 1, true)
    _, message = load "return require 'not.there'"
    assert.matches("module 'not.there' not found", message, 1, true)
    assert.matches("no file '" .. folder .. "/not/there.lua'", message, 1, true)
  end)

  it("forgets the modules of the file before", function()
    write_module("counter.lua", "return { count = 0 }")
    local text = "local c = require 'counter' c.count = c.count + 1 return { c.count }"
    assert.same({ 1 }, load(text))
    assert.same({ 1 }, load(text))
  end)

  it("hands options to lload.env", function()
    local env = require "lload.env"
    load("return {}", { PAGE = "cart" })
    assert.equal("cart", env.get "PAGE")
    load "return {}"
    assert.is_nil(env.get "PAGE")
  end)

  it("knows the metrics of the latest file", function()
    local declare = "require('lload.metric').%s '%s' return {}"
    load(declare:format("counter", "orders"))
    assert.same({ { kind = "counter", name = "orders" } }, loader.declared())
    load(declare:format("rate", "errors"))
    assert.same({ { kind = "rate", name = "errors" } }, loader.declared())
  end)

  describe("for the workers", function()
    local function functions(text) return loader.functions(folder .. "/a.lua", text, {}) end

    it("gives the functions of a scenario by name", function()
      local found = functions [[
        local function f(name) return function() return name end end
        return {
          setup = f "setup", teardown = f "teardown",
          on_start = f "on_start", on_stop = f "on_stop",
          journeys = { buy = f "buy", browse = { weight = 3, run = f "browse" } },
        }
      ]]
      for _, name in ipairs { "setup", "teardown", "on_start", "on_stop" } do
        assert.equal(name, found[name]())
      end
      assert.equal("buy", found.journeys.buy())
      assert.equal("browse", found.journeys.browse())
    end)

    it("calls the only journey default", function()
      local found = functions "return { journey = function() return 1 end }"
      assert.equal(1, found.journeys.default())
      assert.is_nil(found.setup)
    end)

    it("raises what is wrong with the file, as it is", function()
      local ok, message = pcall(functions, "return undefined")
      assert.is_false(ok)
      assert.matches("^" .. folder:gsub("%p", "%%%0") .. "/a.lua:1: undefined global", message)
    end)
  end)
end)
