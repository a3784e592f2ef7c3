--- `lload compare`: a verdict between stored results.

local baseline = require "lload.baseline"
local common = require "lload.command.common"
local comparison = require "lload.compare.comparison"
local console = require "lload.report.compare_console"
local exit_codes = require "lload.exit_codes"
local interleave = require "lload.compare.interleave"
local json = require "lload.report.json"
local junit = require "lload.report.compare_junit"
local many = require "lload.compare.many"
local markdown = require "lload.report.compare_markdown"
local settings = require "lload.settings"
local sources = require "lload.compare.sources"

local M = {}

local ROUNDS = 5

local REPORTS = {
  { option = "json", render = json.render_comparison },
  { option = "junit", render = junit.render }, { option = "markdown", render = markdown.render },
}

local function from_baseline(request, chosen, world)
  if #request.files == 0 then return nil, { "lload compare --baseline DIR needs a new result" } end
  local new, problems = sources.read_all(request.files, world.engine)
  local stored, notes = sources.in_folder(chosen:value "baseline", world.engine)
  if not stored then
    problems[#problems + 1] = ("--baseline: cannot read %s: %s"):format(chosen:value "baseline",
      notes[1])
  end
  if #problems > 0 then return nil, problems end
  local base = baseline.before(stored, new, chosen:value("last", nil, baseline.NEWEST))
  return { base, new }, notes
end

local function from_interleaving(chosen, world)
  local commands = chosen:value "interleave"
  if #commands ~= 2 then return nil, { "--interleave needs two commands" } end
  local folder = chosen:value "out" or world.tmpname() .. ".runs"
  local sides, message = interleave.run(commands, chosen:value("runs", nil, ROUNDS), folder, world)
  if not sides then return nil, { message } end
  return sides, { "the results are in " .. folder }
end

local function from_files(request, chosen, world)
  local base, new = chosen:items "base", chosen:items "new"
  for index, file in ipairs(request.files) do
    table.insert(index < #request.files and base or new, file)
  end
  if #base == 0 or #new == 0 then
    return nil, { "lload compare needs results of two sides: lload compare BASE NEW, or --base and "
      .. "--new with several each" }
  end
  local before, problems = sources.read_all(base, world.engine)
  local after, more = sources.read_all(new, world.engine)
  for _, problem in ipairs(more) do problems[#problems + 1] = problem end
  if #problems > 0 then return nil, problems end
  return { before, after }, {}
end

local function sides_of(request, chosen, world)
  if chosen:value "interleave" then return from_interleaving(chosen, world) end
  if chosen:value "baseline" then return from_baseline(request, chosen, world) end
  return from_files(request, chosen, world)
end

local function limits_of(chosen)
  local limits = {}
  for key, value in pairs(comparison.DEFAULTS) do limits[key] = value end
  limits.effect = chosen:value("effect", nil, limits.effect)
  limits.floor_ms = chosen:value("floor", nil, limits.floor_ms)
  return limits
end

local function show(model, chosen, world)
  local view = common.view(chosen, world)
  view.verbose = chosen:value "verbose"
  for index, one in ipairs(model.comparisons or { model }) do
    if chosen:value "quiet" then
      world.stdout:write(console.verdict_line(one, view), "\n")
    else
      world.stdout:write(index > 1 and "\n" or "", console.render(one, view))
    end
  end
end

---@param request lload.Request
---@param world table
---@return integer exit_code
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  common.probe(problems, REPORTS, chosen)
  if #problems > 0 then return common.fail(problems, world) end
  local sides, notes = sides_of(request, chosen, world)
  if not sides then return common.fail(notes, world) end
  local ok, model = pcall(many.compare, sides[1], sides[2], limits_of(chosen))
  if not ok and type(model) == "table" then return common.fail({ model.problem }, world) end
  if not ok then error(model, 0) end
  for _, note in ipairs(notes) do table.insert((model.comparisons or { model })[1].notes, note) end
  local unwritten, to_stdout = common.write(REPORTS, model, chosen, world)
  if not to_stdout then show(model, chosen, world) end
  if #unwritten > 0 then return common.fail(unwritten, world, exit_codes.INTERNAL) end
  return model.exit_code
end

return M
