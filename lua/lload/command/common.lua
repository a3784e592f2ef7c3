--- What commands have in common: how they complain, write reports, and see the terminal.

local exit_codes = require "lload.exit_codes"
local terminal = require "lload.terminal"
local write = require "lload.report.write"

local M = {}

---@class lload.CommandReport
---@field option string the option with its path
---@field render fun(model: table): string

--- Says what is wrong.
---@param problems string[]
---@param world table
---@param code? integer
---@return integer exit_code
function M.fail(problems, world, code)
  for _, problem in ipairs(problems) do world.stderr:write("lload: ", problem, "\n") end
  return code or exit_codes.INVALID_INPUT
end

-- Calls a function for each report that is asked for, and collects what it complains of.
local function each(reports, chosen, act)
  local problems, to_stdout = {}, false
  for _, report in ipairs(reports) do
    local path = chosen:value(report.option)
    local ok, message = true, nil
    if path then ok, message = act(path, report) end
    if not ok then problems[#problems + 1] = message end
    to_stdout = to_stdout or path == "-"
  end
  return problems, to_stdout
end

--- Adds to the problems where a report cannot be written.
---@param problems string[]
---@param reports lload.CommandReport[]
---@param chosen table
function M.probe(problems, reports, chosen)
  for _, problem in ipairs((each(reports, chosen, function(path) return write.probe(path) end))) do
    problems[#problems + 1] = problem
  end
end

--- Writes the reports that are asked for; tells what went wrong, and whether one of them is on
--- standard output, which has no room for a summary then.
---@param reports lload.CommandReport[]
---@param model table
---@param chosen table
---@param world table
---@return string[] problems
---@return boolean to_stdout
function M.write(reports, model, chosen, world)
  return each(reports, chosen, function(path, report)
    return write.file(path, report.render(model), world.stdout)
  end)
end

--- How wide and colourful a summary on standard output may be.
---@param chosen table
---@param world table
---@return { width: integer, color: boolean }
function M.view(chosen, world)
  local term = terminal.new(world, chosen:value("no_color", nil, false))
  return { width = term.columns(term.STDOUT), color = term.color(term.STDOUT) }
end

return M
