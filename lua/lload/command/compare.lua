--- `lload compare`: a verdict between stored results.

local baseline = require "lload.baseline"
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
local terminal = require "lload.terminal"
local write = require "lload.report.write"

local M = {}

local ROUNDS = 5

local REPORTS = {
  { option = "json", render = json.render_comparison },
  { option = "junit", render = junit.render }, { option = "markdown", render = markdown.render },
}

local function fail(problems, world, code)
  for _, problem in ipairs(problems) do world.stderr:write("lload: ", problem, "\n") end
  return code or exit_codes.INVALID_INPUT
end

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

local function probe(chosen)
  local problems = {}
  for _, report in ipairs(REPORTS) do
    local path = chosen:value(report.option)
    local ok, message = true, nil
    if path then ok, message = write.probe(path) end
    if not ok then problems[#problems + 1] = message end
  end
  return problems
end

local function write_reports(model, chosen, world)
  local problems, to_stdout = {}, false
  for _, report in ipairs(REPORTS) do
    local path = chosen:value(report.option)
    if path then
      local ok, message = write.file(path, report.render(model), world.stdout)
      if not ok then problems[#problems + 1] = message end
      to_stdout = to_stdout or path == "-"
    end
  end
  return problems, to_stdout
end

local function show(model, chosen, world)
  local term = terminal.new(world, chosen:value("no_color", nil, false))
  local view = {
    verbose = chosen:value "verbose", width = term.columns(term.STDOUT),
    color = term.color(term.STDOUT),
  }
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
  for _, problem in ipairs(probe(chosen)) do problems[#problems + 1] = problem end
  if #problems > 0 then return fail(problems, world) end
  local sides, notes = sides_of(request, chosen, world)
  if not sides then return fail(notes, world) end
  local ok, model = pcall(many.compare, sides[1], sides[2], limits_of(chosen))
  if not ok and type(model) == "table" then return fail({ model.problem }, world) end
  if not ok then error(model, 0) end
  for _, note in ipairs(notes) do table.insert((model.comparisons or { model })[1].notes, note) end
  local unwritten, to_stdout = write_reports(model, chosen, world)
  if not to_stdout then show(model, chosen, world) end
  if #unwritten > 0 then return fail(unwritten, world, exit_codes.INTERNAL) end
  return model.exit_code
end

return M
