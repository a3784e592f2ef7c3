--- Modules of the user's own, found beside the scenario file: in the control state, in every
--- worker, and wherever lload was started.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

describe("a scenario's own modules", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  -- Files of a folder; scenario.lua among them. opts: those of cli.run, path to run it by
  local function run(files, args, opts)
    opts = opts or {}
    local dir = tmp.dir()
    for name, text in pairs(files) do
      tmp.write(dir, name, text)
    end
    local path = opts.path or dir .. "/scenario.lua"
    local all = { "run", path, "--base-url", httpd.url }
    for _, word in ipairs(args or {}) do
      all[#all + 1] = word
    end
    return cli.run(all, { cwd = opts.cwd or (opts.path and dir) })
  end

  local NESTED = {
    ["scenario.lua"] = [[
local shop = require "lib.shop"
return { journey = function() shop.visit() end }]],
    ["lib/shop.lua"] = [[
local lload, names = require "lload", require "lib.deep.names"
assert((...) == "lib.shop")
local M = { rows = lload.csv "data/ids.csv" }
function M.visit() lload.http.get("/any/" .. names.path .. M.rows:next().id) end
return M]],
    ["lib/deep/names.lua"] = "return { path = 'nested-' }",
    ["data/ids.csv"] = "id\n7\n",
  }

  it("are found from any working directory, in every worker", function()
    expect.code(run(NESTED, { "-u", "3", "-i", "6", "--threads", "3" }, { cwd = "/" }), 0)
    assert.equal(6, httpd:counts().paths["/any/nested-7"])
  end)

  it("are found beside a file that is named without its folder", function()
    expect.code(run(NESTED, {}, { path = "scenario.lua" }), 0)
    expect.code(run(NESTED, {}, { path = "./scenario.lua" }), 0)
    assert.equal(2, httpd:counts().paths["/any/nested-7"])
  end)

  it("may be asked for in a journey", function()
    local r = run({
      ["scenario.lua"] = [[
return { journey = function() require("late").visit() end }]],
      ["late.lua"] = [[
local M = {}
function M.visit() require("lload").http.get "/any/late" end
return M]],
    }, { "-u", "2", "-i", "4", "--threads", "2" }, { cwd = "/" })
    expect.code(r, 0)
    assert.equal(4, httpd:counts().paths["/any/late"])
  end)

  it("say what is wrong with them, and nothing is sent", function()
    local USES = { ["scenario.lua"] = "\nlocal m = require 'lib.m'\nreturn { journey = m }" }
    local function with(text)
      return { ["scenario.lua"] = USES["scenario.lua"], ["lib/m.lua"] = text }
    end
    local r = run(USES)
    expect.code(r, 104)
    expect.line(r, "scenario.lua:2: module 'lib.m' not found")
    expect.line(r, "no file '", "/lib/m.lua'")
    r = run(with "return {\n  a = = 1 }")
    expect.code(r, 104)
    expect.says(r, "lib/m.lua:2: unexpected symbol near '='")
    r = run(with "\n\nerror 'no luck'")
    expect.code(r, 104)
    expect.says(r, "lib/m.lua:3: no luck")
    r = run(with "return misspelt")
    expect.code(r, 104)
    expect.says(r, "lib/m.lua:1: undefined global 'misspelt'")
    assert.equal(0, httpd:counts().total)
  end)
end)
