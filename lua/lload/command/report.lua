--- `lload report`: renders the summary and the reports again from a stored result.

local console = require "lload.report.console"
local exit_codes = require "lload.exit_codes"
local outputs = require "lload.outputs"
local publish = require "lload.publish"
local settings = require "lload.settings"
local stored = require "lload.stored"
local terminal = require "lload.terminal"

local M = {}

local function fail(problems, world, code)
  for _, problem in ipairs(problems) do world.stderr:write("lload: ", problem, "\n") end
  return code or exit_codes.INVALID_INPUT
end

local function show(model, view, stream)
  for index, run in ipairs(model.runs or { model }) do
    if index > 1 and view.summary ~= "none" then stream:write("\n") end
    stream:write(console.render(run, view))
  end
end

local function render(model, reports, chosen, world)
  local term = terminal.new(world, chosen:value("no_color", nil, false))
  local _, problems = reports:write_single(model, world.stdout)
  if #problems > 0 then return fail(problems, world, exit_codes.INTERNAL) end
  if not reports:uses_stdout() then
    show(model, publish.view(chosen, term, term.STDOUT), world.stdout)
  end
  return exit_codes.PASSED
end

---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  local model, message = stored.read(request.files[1])
  if not model then problems[#problems + 1] = message end
  local reports = outputs.new(chosen, model and model.runs and #model.runs or 1)
  for _, problem in ipairs(reports:prepare({}, world.engine.mkdir)) do
    problems[#problems + 1] = problem
  end
  if #problems > 0 then return fail(problems, world) end
  local ok, result = pcall(render, model, reports, chosen, world)
  if ok then return result end
  return fail({
    ("%s: cannot use: its parts are not those of a result (%s)"):format(
      request.files[1], (tostring(result):gsub("^%S+:%d+: ", ""))),
  }, world)
end

return M
