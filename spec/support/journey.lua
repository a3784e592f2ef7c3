--- Journeys that check for themselves: `same(got, wanted, what)` raises when something is wrong.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"

-- On the first line of every scenario, so that line numbers stay.
local HELPERS = ([[
local function show(v) return type(v) == "string" and ("%q"):format(v) or tostring(v) end
local function same(got, wanted, what)
  if got ~= wanted then
    error(("%s is %s, should be %s"):format(what or "it", show(got), show(wanted)), 2)
  end
end
local function answer(status, headers, options)
  options = options or {}
  options.query = { status = status, header = headers }
  return options
end
]]):gsub("\n", " ")

local M = {}

--- Runs a scenario whose text may use `same`, and `answer(status, headers, options)`: the options
--- of a request to httpd's /answer that makes it answer so.
---@param text string
---@param args? string[]
---@param opts? table as cli.run_scenario takes them
function M.scenario(text, args, opts)
  return cli.run_scenario(HELPERS .. text, args, opts)
end

--- One iteration of `body`, which must not raise.
---@param body string
---@param args? string[]
---@param opts? table
function M.run(body, args, opts)
  local r = M.scenario("return { journey = function(vu)\n" .. body .. "\nend }", args, opts)
  expect.code(r, 0)
  return r
end

return M
