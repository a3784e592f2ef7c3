--- lload.check counts, and goes on whatever a test does.

local fake_core = require "spec.support.fake_core"

describe("lload.check", function()
  local core, check

  before_each(function()
    core = fake_core.install()
    check = require "lload.check"
  end)

  after_each(fake_core.remove)

  -- name → passed; the order of a table is nobody's promise
  local function counted()
    local passed = {}
    for _, row in ipairs(core.checks) do passed[row.name] = row.passed end
    return passed
  end

  it("hands the value to each test and counts by name", function()
    local page = { status = 200 }
    assert.is_true(check(page, {
      ["is 200"] = function(r) return r.status == 200 end,
      ["is the page"] = function(r) return r == page end,
    }))
    assert.same({ ["is 200"] = true, ["is the page"] = true }, counted())
  end)

  it("is false when one fails, and still runs the others", function()
    local tests = { good = function() return true end }
    for i = 1, 5 do tests["bad " .. i] = function() return i > 5 end end
    assert.is_false(check(nil, tests))
    assert.equal(6, #core.checks)
    assert.is_true(counted().good)
    assert.is_false(counted()["bad 3"])
  end)

  it("takes any value for a truth", function()
    check(nil, {
      yes = true, no = false, text = "", zero = 0,
      ["nil"] = function() return nil end, ["found"] = function() return ("abc"):find "b" end,
    })
    assert.same({ yes = true, no = false, text = true, zero = true, ["nil"] = false, found = true },
      counted())
  end)

  it("counts a test that raises as failed, with what it said", function()
    assert.is_false(check(nil, { boom = function(r) return r.status end }))
    assert.equal(1, #core.checks)
    assert.is_false(core.checks[1].passed)
    assert.matches("attempt to index local 'r'", core.checks[1].why, 1, true)
    check(nil, { odd = function() error { code = 1 } end })
    assert.matches("^table: ", core.checks[2].why)
  end)

  it("passes without any test", function()
    assert.is_true(check({}, {}))
    assert.same({}, core.checks)
  end)

  it("blames the caller when there is no table of tests", function()
    local ok, message = pcall(function() check({ status = 200 }, "is 200") end)
    assert.is_false(ok)
    assert.matches("vu_check_spec.lua:%d+: check: %(value, {", message)
  end)
end)
