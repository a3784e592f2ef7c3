--- Hands results over: report files, the summary for people, one verdict over all runs.

local console = require "lload.report.console"
local exit_codes = require "lload.exit_codes"
local json = require "lload.report.json"
local stored = require "lload.stored"
local suite_section = require "lload.report.suite_section"
local summary = require "lload.summary"
local text = require "lload.text"
local verdict = require "lload.verdict"

local M = {}

---@class lload.Publisher
---@field view lload.ConsoleOptions
---@field columns fun(): integer how wide it is right now
---@field models table[] of the runs so far
---@field problems string[] what could not be written
local Publisher = {}
Publisher.__index = Publisher

--- How the summary is drawn on a stream; -q is no summary at all.
---@param chosen lload.Settings
---@param term lload.Terminal
---@param fd integer
---@return lload.ConsoleOptions
function M.view(chosen, term, fd)
  local quiet = chosen:value("quiet", nil, false)
  return {
    summary = quiet and "none" or chosen:value("summary", nil, "full"),
    verbose = chosen:value("verbose", nil, false),
    width = term.columns(fd), color = term.color(fd),
  }
end

--- A publisher of the runs of one invocation.
---@param reports lload.Outputs
---@param chosen lload.Settings
---@param term lload.Terminal
---@param world table
---@return lload.Publisher
function M.new(reports, chosen, term, world)
  local to_stderr = reports:uses_stdout()
  local fd = to_stderr and term.STDERR or term.STDOUT
  return setmetatable({
    reports = reports, world = world, models = {}, problems = {},
    stream = to_stderr and world.stderr or world.stdout,
    view = M.view(chosen, term, fd), columns = function() return term.columns(fd) end,
  }, Publisher)
end

function Publisher:keep_problems(problems)
  for _, problem in ipairs(problems) do self.problems[#self.problems + 1] = problem end
end

-- A run that did not come to its end says why in the log, too, not only in its summary.
local function log_stop(model, stream)
  local code = model.exit_code
  if model.stop and code ~= exit_codes.THRESHOLD and code ~= exit_codes.INCONCLUSIVE then
    stream:write("lload: ", text.one_line(verdict.reason(model)), "\n")
  end
end

function Publisher:summarise(model, written)
  self.view.written, self.view.width = written, self.columns()
  self.stream:write(console.render(model, self.view))
  self.stream:flush()
end

function Publisher:write_single(model)
  local written, problems = self.reports:write_single(model, self.world.stdout)
  self:keep_problems(problems)
  return written
end

local function append(list, items)
  for _, item in ipairs(items) do list[#list + 1] = item end
end

-- What could not be written makes lload exit with 70: the reports that could be must not be green.
local function admit(self, model, problem)
  model.exit_code, model.verdict = exit_codes.INTERNAL, exit_codes.verdict(exit_codes.INTERNAL)
  model.stop = { reason = "internal", detail = problem }
  self.reports:write_folder(model)
end

--- Publishes one run: its reports first, so that the summary can name them. What is shown is the
--- result as it is stored, so that it can be shown again.
---@param fresh table the model
---@param log_problem? string why the windows were not written whole
function Publisher:run(fresh, log_problem)
  local model = stored.parse(json.render(fresh)) or fresh
  self.models[#self.models + 1] = model
  log_stop(model, self.world.stderr)
  local written, problems = self.reports:write_folder(model)
  self:keep_problems(problems)
  local logs, log_problems = self.reports:keep_log(model.scenario.name, log_problem)
  append(written, logs)
  self:keep_problems(log_problems)
  local problem = problems[1] or log_problems[1]
  if problem then admit(self, model, problem) end
  if not self.reports.several then
    for _, path in ipairs(self:write_single(model)) do written[#written + 1] = path end
  end
  local shows_each = self.view.summary ~= "none"
  if shows_each or not self.reports.several then self:summarise(model, written) end
  if shows_each and self.reports.several then self.stream:write("\n") end
end

local function verdict_table(self)
  local widest = 0
  for _, model in ipairs(self.models) do
    widest = math.max(widest, text.width(text.one_line(model.scenario.name)))
  end
  for _, model in ipairs(self.models) do
    self.stream:write(text.left(text.one_line(model.scenario.name), widest), "  ",
      console.verdict_line(model, self.view), "\n")
  end
end

local function overall_line(self, code, planned)
  local passed, missing = 0, planned - #self.models
  for _, model in ipairs(self.models) do
    if model.exit_code == exit_codes.PASSED then passed = passed + 1 end
  end
  return ("%s: %d of %d scenarios passed%s\n"):format(verdict.headline(code), passed, planned,
    missing > 0 and (", %d not run"):format(missing) or "")
end

-- What stands over several runs: the reports that hold them all, a table, one last line.
local function publish_all(self, planned)
  local combined = summary.combine(self.models)
  local written = self:write_single(combined)
  if self.view.summary ~= "none" then
    self.stream:write(suite_section.render(self.models, self.view))
    verdict_table(self)
    for _, path in ipairs(written) do self.stream:write("written  ", path, "\n") end
  end
  self.stream:write(overall_line(self, combined.exit_code, planned))
end

--- Publishes what stands over all runs.
---@param planned integer how many runs there should have been
---@return integer exit_code
function Publisher:finish(planned)
  if self.reports.several then publish_all(self, planned) end
  local codes = {}
  for index, model in ipairs(self.models) do codes[index] = model.exit_code end
  for _, problem in ipairs(self.problems) do
    self.world.stderr:write("lload: ", problem, "\n")
    codes[#codes + 1] = exit_codes.INTERNAL
  end
  return exit_codes.first(codes)
end

--- A refusal before any run leaves no stale green report behind: the reports say so, too.
---@param runs { file: string, name: string }[]
---@param problems string[]
---@param reports lload.Outputs
---@param facts table
---@param world table
---@return integer exit_code
function M.refuse(runs, problems, reports, facts, world)
  for _, line in ipairs(problems) do world.stderr:write(text.lines(line), "\n") end
  local models = {}
  for index, run in ipairs(runs) do
    models[index] = summary.refused(run.file, run.name, problems, facts)
    reports:drop_log(run.name)
    reports:write_folder(models[index])
  end
  reports:write_single(reports.several and summary.combine(models) or models[1], world.stdout)
  return exit_codes.INVALID_INPUT
end

return M
