--- `lload report` on the result of a run: it must say again what the run said.
local assert = require "luassert"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local tmp = require "spec.support.tmp"

local M = {}

-- Which files a run wrote is not part of its result.
local function summary_of(text)
  local head, tail = text:match "^(.-\n)Written\n.-\n(\n[^\n]+\n)$"
  return head and head:gsub("\n$", "") .. tail or text
end

--- Renders the result of a run (from cli.run_scenario) again; summary, JSON and JUnit are the same
--- to the byte.
function M.same(run)
  local dir = tmp.dir()
  local report = cli.run { "report", run.dir .. "/result.json",
    "--json", dir .. "/result.json", "--junit", dir .. "/junit.xml" }
  expect.code(report, 0)
  assert.equal(summary_of(run.stdout), report.stdout)
  assert.equal(tmp.read(run.dir .. "/result.json"), tmp.read(dir .. "/result.json"))
  assert.equal(run.junit, tmp.read(dir .. "/junit.xml"))
end

return M
