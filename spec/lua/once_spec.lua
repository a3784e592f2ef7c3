--- lload.shared.once: who makes, who is told, and what becomes of an error.

local fake_core = require "spec.support.fake_core"

describe("lload.shared.once", function()
  local core, once, log

  before_each(function()
    core, log = fake_core.install(), {}
    function core.once_begin(name)
      log[#log + 1] = "begin " .. name
      if core.made then return true, core.made[1] end
      return false
    end
    function core.once_end(name, ok, value)
      log[#log + 1] = ("end %s %s %s"):format(name, tostring(ok), tostring(value))
    end
    once = require "lload.once"
  end)

  after_each(fake_core.remove)

  it("gives what the function returns, to itself and to C", function()
    assert.equal(7, once("id", function() return 7, 8 end))
    assert.same({ "begin id", "end id true 7" }, log)
  end)

  it("gives what another user has made", function()
    core.made = { "token" }
    assert.equal("token", once("id", error))
    assert.same({ "begin id" }, log)
  end)

  it("passes an error on, with its traceback noted", function()
    local ok, why = pcall(once, "id", function() error("no luck", 0) end)
    assert.same({ false, "no luck" }, { ok, why })
    assert.same({ "begin id", "end id false no luck" }, log)
    assert.same({ "no luck" }, core.errors)
  end)

  it("wants a name and a function", function()
    for _, wrong in ipairs { { nil, print }, { "id" }, { 1, print } } do
      local ok, why = pcall(once, wrong[1], wrong[2])
      assert.is_false(ok)
      assert.truthy(why:find("shared.once: (name, function) is wanted", 1, true), why)
    end
    assert.same({}, log)
  end)
end)
