--- What `lload new` writes works as it stands.
local lfs = require "lfs"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local tmp = require "spec.support.tmp"

local TYPES = "lua/lload/types"

describe("lload new", function()
  it("writes a scenario that is valid, and the annotations of all that it may use", function()
    local dir = tmp.dir()
    expect.code(cli.run({ "new" }, { cwd = dir }), 0)
    expect.code(cli.run({ "check", "scenario.lua" }, { cwd = dir }), 0)
    for name in lfs.dir(TYPES) do
      if name:find "%.lua$" then
        assert.equal(tmp.read(TYPES .. "/" .. name), tmp.read(dir .. "/.lload/" .. name))
      end
    end
    assert.matches("\n%-%-%-@class lload\n", tmp.read(dir .. "/.lload/lload.lua"))
  end)
end)
