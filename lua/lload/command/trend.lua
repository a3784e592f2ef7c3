--- `lload trend`: how a scenario became what it is, over stored results.

local common = require "lload.command.common"
local console = require "lload.report.trend_console"
local exit_codes = require "lload.exit_codes"
local history = require "lload.trend.history"
local html = require "lload.report.trend_html"
local json = require "lload.report.json"
local settings = require "lload.settings"
local sources = require "lload.compare.sources"
local svg = require "lload.report.trend_svg"
local text = require "lload.text"

local M = {}

local REPORTS = {
  { option = "json", render = json.render_trends }, { option = "svg", render = svg.render },
  { option = "html", render = html.render },
}

local function show(histories, chosen, world)
  local view = common.view(chosen, world)
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
  common.probe(problems, REPORTS, chosen)
  local runs, notes = sources.in_folder(folder, { list = world.engine.list })
  if not runs then
    problems[#problems + 1] = ("%s: cannot read: %s"):format(folder, notes[1])
  elseif #runs == 0 then
    problems[#problems + 1] = folder .. ": there are no results of lload in it"
  end
  if #problems > 0 then return common.fail(problems, world) end
  for _, note in ipairs(notes) do world.stderr:write("lload: ", text.one_line(note), "\n") end
  local histories = history.all(runs, chosen:value("last"))
  if #histories == 0 then
    return common.fail({ folder .. ": none of its results can be used" }, world)
  end
  local unwritten, to_stdout = common.write(REPORTS, histories, chosen, world)
  if not to_stdout then show(histories, chosen, world) end
  if #unwritten > 0 then return common.fail(unwritten, world, exit_codes.INTERNAL) end
  return exit_codes.PASSED
end

return M
