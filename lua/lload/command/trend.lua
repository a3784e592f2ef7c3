--- `lload trend`: how a scenario became what it is, over stored results.

local console = require "lload.report.trend_console"
local exit_codes = require "lload.exit_codes"
local history = require "lload.trend.history"
local html = require "lload.report.trend_html"
local json = require "lload.report.json"
local settings = require "lload.settings"
local sources = require "lload.compare.sources"
local svg = require "lload.report.trend_svg"
local terminal = require "lload.terminal"
local text = require "lload.text"
local write = require "lload.report.write"

local M = {}

local REPORTS = {
  { option = "json", render = json.render_trends }, { option = "svg", render = svg.render },
  { option = "html", render = html.render },
}

local function fail(problems, world, code)
  for _, problem in ipairs(problems) do world.stderr:write("lload: ", problem, "\n") end
  return code or exit_codes.INVALID_INPUT
end

-- Calls a function for each report that is asked for, and collects what it complains about.
local function each_report(chosen, act)
  local problems, to_stdout = {}, false
  for _, report in ipairs(REPORTS) do
    local path = chosen:value(report.option)
    local ok, message = true, nil
    if path then ok, message = act(path, report) end
    if not ok then problems[#problems + 1] = message end
    to_stdout = to_stdout or path == "-"
  end
  return problems, to_stdout
end

local function show(histories, chosen, world)
  local term = terminal.new(world, chosen:value("no_color", nil, false))
  local view = { width = term.columns(term.STDOUT), color = term.color(term.STDOUT) }
  for index, one in ipairs(histories) do
    world.stdout:write(index > 1 and "\n" or "", console.render(one, view))
  end
end

---@param request lload.Request
---@param world table
---@return integer exit_code
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  local folder = request.files[1]
  for _, problem in ipairs((each_report(chosen, function(path) return write.probe(path) end))) do
    problems[#problems + 1] = problem
  end
  local runs, notes = sources.in_folder(folder, { list = world.engine.list })
  if not runs then
    problems[#problems + 1] = ("%s: cannot read: %s"):format(folder, notes[1])
  elseif #runs == 0 then
    problems[#problems + 1] = folder .. ": there are no results of lload in it"
  end
  if #problems > 0 then return fail(problems, world) end
  for _, note in ipairs(notes) do world.stderr:write("lload: ", text.one_line(note), "\n") end
  local histories = history.all(runs, chosen:value("last"))
  if #histories == 0 then return fail({ folder .. ": none of its results can be used" }, world) end
  local unwritten, to_stdout = each_report(chosen, function(path, report)
    return write.file(path, report.render(histories), world.stdout)
  end)
  if not to_stdout then show(histories, chosen, world) end
  if #unwritten > 0 then return fail(unwritten, world, exit_codes.INTERNAL) end
  return exit_codes.PASSED
end

return M
