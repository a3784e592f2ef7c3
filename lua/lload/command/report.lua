--- `lload report`: renders the summary and the reports again from a stored result, judged by other
--- thresholds if some are given.

local common = require "lload.command.common"
local console = require "lload.report.console"
local exit_codes = require "lload.exit_codes"
local outputs = require "lload.outputs"
local publish = require "lload.publish"
local rejudge = require "lload.rejudge"
local settings = require "lload.settings"
local stored = require "lload.stored"
local summary = require "lload.summary"
local terminal = require "lload.terminal"

local M = {}

local function show(model, view, stream)
  for index, run in ipairs(model.runs or { model }) do
    if index > 1 and view.summary ~= "none" then stream:write("\n") end
    stream:write(console.render(run, view))
  end
end

local function render(model, reports, chosen, world)
  local term = terminal.new(world, chosen:value("no_color", nil, false))
  local _, problems = reports:write_single(model, world.stdout)
  if #problems > 0 then return common.fail(problems, world, exit_codes.INTERNAL) end
  if not reports:uses_stdout() then
    show(model, publish.view(chosen, term, term.STDOUT), world.stdout)
  end
  return exit_codes.PASSED
end

-- Each run of a result by the same thresholds.
local function judge_anew(found, thresholds, engine)
  local problems = {}
  for _, item in ipairs(found.items) do
    local windows, message = stored.windows(item, engine)
    local mistakes = message and { message } or rejudge.judge(item.model, windows, thresholds)
    if windows then windows:close() end
    for _, mistake in ipairs(mistakes) do problems[#problems + 1] = mistake end
  end
  if #problems == 0 and found.model.runs then
    found.model = summary.combine(found.model.runs)
  end
  return problems
end

-- What the file of a result, or of windows, says may be wrong in ways that no shape tells.
local function guarded(path, f, ...)
  local ok, result = pcall(f, ...)
  if ok then return result end
  return nil, ("%s: cannot use: %s"):format(path, (tostring(result):gsub("^%S+:%d+: ", "")))
end

---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  local path, thresholds = request.files[1], chosen:items "threshold"
  local found, message = stored.find(path, world.engine)
  if not found then problems[#problems + 1] = message end
  local reports = outputs.new(chosen, found and found.model.runs and #found.model.runs or 1, world)
  for _, problem in ipairs(reports:prepare({}, world.engine.mkdir)) do
    problems[#problems + 1] = problem
  end
  if #problems > 0 then return common.fail(problems, world) end
  if #thresholds > 0 then
    problems, message = guarded(path, judge_anew, found, thresholds, world.engine)
    problems = problems or { message }
    if #problems > 0 then return common.fail(problems, world) end
  end
  local code
  code, message = guarded(path, render, found.model, reports, chosen, world)
  if not code then return common.fail({ message }, world) end
  if code ~= exit_codes.PASSED or #thresholds == 0 then return code end
  return found.model.exit_code
end

return M
