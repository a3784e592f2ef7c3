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
-- only by its option), what renders it (nothing: the engine writes it while the run lasts), whether
-- it can hold one run only.
local FORMATS = {
  { option = "json", file = "result.json", render = json.render },
  { option = "html", file = "report.html", render = html.render },
  { option = "junit", file = "junit.xml", render = junit.render },
  { option = "markdown", file = "summary.md", render = markdown.render },
  { option = "csv", file = "series.csv", render = csv.render },
  { option = "hlog", file = "windows.hlog", one_run = true },
  { option = "gitlab", render = gitlab.render, one_run = true },
  { option = "benchmark", render = benchmark.render },
}

local IN_FOLDER = {}
for _, format in ipairs(FORMATS) do
  if format.file then IN_FOLDER[#IN_FOLDER + 1] = format end
end

---@class lload.Outputs
---@field dir string|nil
---@field samples string|nil written by another, to a place that no report may have
---@field several boolean more than one scenario in this invocation
---@field single table[] { format, path } of the reports named one by one
---@field github lload.GitHub|nil what GitHub Actions is told
local Outputs = {}
Outputs.__index = Outputs

-- A new result joins its baseline unless it has a place of its own.
local IN_BASELINE = "/{time}-{commit}-{scenario}"

-- Where artifacts go, {scenario} left to be filled in. The baseline of `compare` is only read.
local function folder_pattern(settings, facts)
  local dir = settings:value "out"
  if not facts then return dir end
  local base = settings:value "baseline"
  dir = dir or base and base:gsub("/+$", "") .. IN_BASELINE
  local known = {
    ["{time}"] = ("%s.%03dZ"):format(os.date("!%Y%m%dT%H%M%S", math.floor(facts.now_ms / 1000)),
      facts.now_ms % 1000),
    ["{commit}"] = facts.commit and facts.commit.sha:sub(1, 7) or "nocommit",
  }
  return dir and (dir:gsub("{%a+}", known))
end

--- The reports that the settings ask for.
---@param settings lload.Settings
---@param count integer how many scenarios there are
---@param world table
---@param facts? table of a run: a CI service is told of its outcome, too
---@return lload.Outputs
function M.new(settings, count, world, facts)
  local outputs = {
    dir = folder_pattern(settings, facts), samples = settings:value("samples"), several = count > 1,
    single = {}, world = world, replace = world.engine.replace,
  }
  for _, format in ipairs(FORMATS) do
    local path = settings:value(format.option)
    if path then table.insert(outputs.single, { format = format, path = path }) end
  end
  outputs.github = facts and github.new(settings, world) or nil
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

--- The folder of one scenario's artifacts; with one scenario it is --out itself. {time}, {commit}
--- and {scenario} in --out are filled in.
---@param name string
---@return string
function Outputs:folder(name)
  local named, count = self.dir:gsub("{scenario}", function() return folder(name) end)
  if count > 0 then return named end
  return self.several and self.dir .. "/" .. folder(name) or self.dir
end

-- One spelling for a place: two would make it look like two places.
local function spelt(path)
  local short = path:gsub("//+", "/"):gsub("/%./", "/"):gsub("/%./", "/"):gsub("^%./", "")
  return short
end

-- Gives an option its place; nil with a message when another has it, or it holds a scenario.
local function claim(taken, option, path)
  local place = spelt(path)
  local owner = taken[place]
  if owner then
    return nil, ("--%s and --%s both write %s; give them two places"):format(owner, option,
      path == "-" and "standard output" or path)
  end
  taken[place] = option
  if place:match "%.lua$" then
    return nil, ("--%s: %s is the name of a scenario, not of a report"):format(option, path)
  end
  return true
end

-- Keeps the reports that can be written; two cannot share a place.
local function check_single(outputs, taken, problems)
  local usable = {}
  for _, report in ipairs(outputs.single) do
    local option = report.format.option
    local ok, message = claim(taken, option, report.path)
    if ok then ok, message = write.probe(report.path) end
    if outputs.several and report.format.one_run then
      ok, message = nil, ("--%s holds one run; give each scenario a run and a file of its own")
        :format(option)
    end
    if ok then usable[#usable + 1] = report else problems[#problems + 1] = message end
  end
  outputs.single = usable
end

local function check_folder(outputs, name, mkdir, taken, problems)
  local path = outputs:folder(name)
  local ok, message = mkdir(path)
  if not ok then
    problems[#problems + 1] = ("--out: cannot create %s: %s"):format(path, message)
    return
  end
  for _, format in ipairs(IN_FOLDER) do
    local place = path .. "/" .. format.file
    ok, message = write.probe(place)
    claim(taken, "out", place)
    if not format.render then claim(taken, "out", write.partial(place)) end
    if not ok then problems[#problems + 1] = message end
  end
end

--- Creates the folders and tries every path; what cannot be written is found before the run.
---@param runs { name: string }[] the scenarios
---@param mkdir fun(path: string): boolean|nil, string|nil
---@return string[] problems
function Outputs:prepare(runs, mkdir)
  local problems, folders, taken = {}, {}, {}
  for _, run in ipairs(self.dir and runs or {}) do
    local name = run.name
    local path = self:folder(name)
    if folders[path] then
      problems[#problems + 1] =
        ('--out: two scenarios are called "%s"; give one of them another name'):format(name)
    else
      folders[path] = true
      check_folder(self, name, mkdir, taken, problems)
    end
  end
  if self.samples then
    local _, message = claim(taken, "samples", self.samples)
    problems[#problems + 1] = message
  end
  check_single(self, taken, problems)
  problems[#problems + 1] = self.github and self.github:problem()
  return problems
end

-- The places of what the engine writes, the one where it does so first.
local function log_places(outputs, name)
  local places = {}
  for _, format in ipairs(outputs.dir and FORMATS or {}) do
    if not format.render then places[1] = outputs:folder(name) .. "/" .. format.file end
  end
  for _, report in ipairs(outputs.single) do
    if not report.format.render then places[#places + 1] = report.path end
  end
  return places
end

--- Where the engine writes the windows of a run; nil when nobody wants them.
---@param name string the scenario's
---@return string|nil path
function Outputs:log_path(name)
  local place = log_places(self, name)[1]
  return place and write.partial(place)
end

-- The others get a copy before the first place gets the file itself.
local function place_log(outputs, places, index, problem)
  local place = places[index]
  if problem then return nil, ("cannot write %s: %s"):format(place, problem) end
  if index == 1 then return write.finish(place, outputs.replace) end
  return write.copy(write.partial(places[1]), place, outputs.world.stdout, outputs.replace)
end

--- Gives the windows that the engine wrote their places.
---@param name string the scenario's
---@param problem string|nil why they are not whole
---@return string[] written paths
---@return string[] problems
function Outputs:keep_log(name, problem)
  local written, problems, places = {}, {}, log_places(self, name)
  for index = #places, 1, -1 do
    local ok, message = place_log(self, places, index, problem)
    if not ok then problems[#problems + 1] = message end
    if ok and places[index] ~= "-" then table.insert(written, 1, places[index]) end
  end
  if #problems > 0 then write.give_up(places[1]) end
  return written, problems
end

--- Takes the windows of an earlier run away, when there is none that they could belong to.
---@param name string the scenario's
function Outputs:drop_log(name)
  for _, place in ipairs(log_places(self, name)) do
    if write.partial(place) ~= place then os.remove(place) end
  end
end

--- Writes the artifacts of --out for one run.
---@param model table
---@return string[] written paths
---@return string[] problems
function Outputs:write_folder(model)
  local written, problems = {}, {}
  for _, format in ipairs(self.dir and IN_FOLDER or {}) do
    if format.render then
      local path = self:folder(model.scenario.name) .. "/" .. format.file
      local ok, message = write.file(path, format.render(model), nil, self.replace)
      table.insert(ok and written or problems, ok and path or message)
    end
  end
  return written, problems
end

-- One of the reports named one by one; nil when it is not written here.
local function write_report(outputs, report, model, stdout)
  if not report.format.render then return nil end
  return write.file(report.path, report.format.render(model), stdout, outputs.replace)
end

--- Writes the reports named one by one, over all runs, and tells a CI service.
---@param model table one run, or the combination of several
---@param stdout table
---@return string[] written paths
---@return string[] problems
function Outputs:write_single(model, stdout)
  local written, problems = {}, {}
  for _, report in ipairs(self.single) do
    local ok, message = write_report(self, report, model, stdout)
    if message then
      problems[#problems + 1] = message
    elseif ok and report.path ~= "-" then
      written[#written + 1] = report.path
    end
  end
  if self.github then problems[#problems + 1] = self.github:publish(model) end
  return written, problems
end

return M
