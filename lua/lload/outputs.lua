--- Which report goes where: from --out, --json, --junit and the like to a list of files to write.

local benchmark = require "lload.report.benchmark"
local csv = require "lload.report.csv"
local github = require "lload.github"
local gitlab = require "lload.report.gitlab"
local html = require "lload.report.html"
local json = require "lload.report.json"
local junit = require "lload.report.junit"
local markdown = require "lload.report.markdown"
local write = require "lload.report.write"

local M = {}

-- Adding a format is one file in report/ and one row here: its option, its file in --out (none:
-- only by its option), what renders it, whether it can hold one run only.
local FORMATS = {
  { option = "json", file = "result.json", render = json.render },
  { option = "html", file = "report.html", render = html.render },
  { option = "junit", file = "junit.xml", render = junit.render },
  { option = "markdown", file = "summary.md", render = markdown.render },
  { option = "csv", file = "series.csv", render = csv.render },
  { option = "gitlab", render = gitlab.render, one_run = true },
  { option = "benchmark", render = benchmark.render },
}

local IN_FOLDER = {}
for _, format in ipairs(FORMATS) do
  if format.file then IN_FOLDER[#IN_FOLDER + 1] = format end
end

---@class lload.Outputs
---@field dir string|nil
---@field several boolean more than one scenario in this invocation
---@field single table[] { format, path } of the reports named one by one
---@field github lload.GitHub|nil what GitHub Actions is told
local Outputs = {}
Outputs.__index = Outputs

--- The reports that the settings ask for.
---@param settings lload.Settings
---@param count integer how many scenarios there are
---@param world? table with it, a CI service is told of the outcome too
---@return lload.Outputs
function M.new(settings, count, world)
  local outputs = { dir = settings:value("out"), several = count > 1, single = {} }
  for _, format in ipairs(FORMATS) do
    local path = settings:value(format.option)
    if path then table.insert(outputs.single, { format = format, path = path }) end
  end
  outputs.github = world and github.new(settings, world)
  return setmetatable(outputs, Outputs)
end

--- Does a report go to standard output, so that everything else must not?
---@return boolean
function Outputs:uses_stdout()
  for _, report in ipairs(self.single) do
    if report.path == "-" then return true end
  end
  return false
end

-- A scenario's name as the name of its folder.
local function folder(name)
  local safe = name:gsub("[/%c\\]", "-")
  return safe:match("^%.*$") and "scenario" or safe
end

--- The folder of one scenario's artifacts; with one scenario it is --out itself.
---@param name string
---@return string
function Outputs:folder(name)
  return self.several and self.dir .. "/" .. folder(name) or self.dir
end

-- Keeps the reports that can be written; two cannot share a place.
local function check_single(outputs, problems)
  local taken, usable = {}, {}
  for _, report in ipairs(outputs.single) do
    local ok, message = write.probe(report.path)
    if taken[report.path] then
      ok, message = nil, ("--%s and --%s both write %s; give them two places"):format(
        taken[report.path], report.format.option,
        report.path == "-" and "standard output" or report.path)
    end
    if outputs.several and report.format.one_run then
      ok, message = nil, ("--%s holds one run; give each scenario a run and a file of its own")
        :format(report.format.option)
    end
    if ok then usable[#usable + 1] = report else problems[#problems + 1] = message end
    taken[report.path] = taken[report.path] or report.format.option
  end
  outputs.single = usable
end

local function check_folder(outputs, name, mkdir, problems)
  local path = outputs:folder(name)
  local ok, message = mkdir(path)
  if not ok then
    problems[#problems + 1] = ("--out: cannot create %s: %s"):format(path, message)
    return
  end
  for _, format in ipairs(IN_FOLDER) do
    ok, message = write.probe(path .. "/" .. format.file)
    if not ok then problems[#problems + 1] = message end
  end
end

--- Creates the folders and tries every path; what cannot be written is found before the run.
---@param runs { name: string }[] the scenarios
---@param mkdir fun(path: string): boolean|nil, string|nil
---@return string[] problems
function Outputs:prepare(runs, mkdir)
  local problems, folders = {}, {}
  for _, run in ipairs(self.dir and runs or {}) do
    local name = run.name
    local path = self:folder(name)
    if folders[path] then
      problems[#problems + 1] =
        ('--out: two scenarios are called "%s"; give one of them another name'):format(name)
    else
      folders[path] = true
      check_folder(self, name, mkdir, problems)
    end
  end
  check_single(self, problems)
  problems[#problems + 1] = self.github and self.github:problem()
  return problems
end

--- Writes the artifacts of --out for one run.
---@param model table
---@return string[] written paths
---@return string[] problems
function Outputs:write_folder(model)
  local written, problems = {}, {}
  for _, format in ipairs(self.dir and IN_FOLDER or {}) do
    local path = self:folder(model.scenario.name) .. "/" .. format.file
    local ok, message = write.file(path, format.render(model))
    table.insert(ok and written or problems, ok and path or message)
  end
  return written, problems
end

--- Writes the reports named one by one, over all runs, and tells a CI service.
---@param model table one run, or the combination of several
---@param stdout table
---@return string[] written paths
---@return string[] problems
function Outputs:write_single(model, stdout)
  local written, problems = {}, {}
  for _, report in ipairs(self.single) do
    local ok, message = write.file(report.path, report.format.render(model), stdout)
    if not ok then
      problems[#problems + 1] = message
    elseif report.path ~= "-" then
      written[#written + 1] = report.path
    end
  end
  if self.github then problems[#problems + 1] = self.github:publish(model) end
  return written, problems
end

return M
