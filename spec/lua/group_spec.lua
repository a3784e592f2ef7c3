--- lload.group times what runs inside it, and gets out of the way.

local fake_core = require "spec.support.fake_core"

describe("lload.group", function()
  local core, group

  before_each(function()
    core = fake_core.install()
    group = require "lload.group"
  end)

  after_each(fake_core.remove)

  local function work(seconds) core.clock = core.clock + seconds end

  it("records how long it took, in milliseconds", function()
    core.clock = 100
    group("checkout", work, 0.25)
    assert.same({ { "checkout", 250 } }, core.groups)
    assert.is_nil(core.group)
  end)

  it("hands arguments in and results out, nils included", function()
    local function swap(a, b, c) return c, b, a end
    assert.same({ n = 3, 3, nil, 1 }, (function(...)
      return { n = select("#", ...), ... }
    end)(group("swap", swap, 1, nil, 3)))
    assert.equal(0, select("#", group("nothing", function() end)))
  end)

  it("nests", function()
    group("outer", function()
      work(1)
      group("inner", work, 2)
      work(4)
      assert.equal("outer", core.group)
    end)
    assert.same({ { "outer::inner", 2000 }, { "outer", 7000 } }, core.groups)
    assert.is_nil(core.group)
  end)

  it("passes errors on as they are, its time recorded", function()
    local value = { code = 7 }
    local ok, raised = pcall(group, "fails", function()
      work(3)
      error(value)
    end)
    assert.is_false(ok)
    assert.equal(value, raised)
    assert.same({ value }, core.errors) -- its traceback was kept where it happened
    assert.same({ { "fails", 3000 } }, core.groups)
    assert.is_nil(core.group)
  end)

  it("keeps the position of an error message", function()
    local ok, message = pcall(group, "fails", function() error "boom" end)
    assert.is_false(ok)
    assert.matches("^spec/lua/group_spec.lua:%d+: boom$", message)
  end)

  it("may wait inside: a coroutine yields through it", function()
    local user = coroutine.create(function()
      return group("waits", function()
        local answer = coroutine.yield "asked"
        work(5)
        return answer
      end)
    end)
    assert.same({ true, "asked" }, { coroutine.resume(user) })
    assert.equal("waits", core.group)
    assert.same({ true, 42 }, { coroutine.resume(user, 42) })
    assert.same({ { "waits", 5000 } }, core.groups)
  end)

  it("blames the caller for misuse", function()
    for _, call in ipairs {
      function() group(function() end) end, function() group "name" end,
      function() group("name", "text") end, function() group(nil, function() end) end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("group_spec.lua:%d+: group: %(name, function%) is wanted", message)
    end
    assert.same({}, core.groups)
  end)
end)
