--- JUnit XML of the result model: one suite a run, one case a threshold, and the case `run`.

local exit_codes = require "lload.exit_codes"
local judged = require "lload.judged"
local junit_xml = require "lload.report.junit_xml"
local verdict = require "lload.verdict"
local words = require "lload.search.words"

local M = {}

-- A number as a property: whole ones without a point, others with up to six decimals.
local function plain(value)
  if value == nil then return nil end
  if value == math.floor(value) then return ("%.0f"):format(value) end
  return junit_xml.seconds(value)
end

-- A threshold on one endpoint stands in the endpoint's class, so that readers group by it.
local function threshold_case(class, t)
  local tags = {}
  for tag, value in pairs(t.tags or {}) do
    if tag ~= "name" then tags[tag] = value end
  end
  if t.tags and t.tags.name then class = class .. "." .. t.tags.name end
  local case = {
    class = class,
    name = judged.label(t.metric, tags) .. " " .. t.expression,
    time = judged.is_time(t) and t.actual and math.max(t.actual, 0) / 1000 or 0,
    output = judged.sentence(t),
  }
  if not t.ok then
    case.outcome = {
      element = "failure", type = "threshold", message = judged.sentence(t),
      body = judged.detail(t),
    }
  end
  return case
end

local function run_body(model)
  local lines = { verdict.line(model) }
  for _, t in ipairs(model.thresholds) do
    lines[#lines + 1] = (t.ok and "PASS " or "FAIL ") .. judged.sentence(t)
  end
  for _, level in ipairs(model.search and model.search.levels or {}) do
    lines[#lines + 1] = ("%s %s: %s"):format(words.verdict(level),
      words.load(model.search.of, level.load), words.why(level))
  end
  for _, line in ipairs(model.comparison and model.comparison.lines or {}) do
    lines[#lines + 1] = line
  end
  for _, reason in ipairs(model.validity.reasons) do
    lines[#lines + 1] = ("%s: %s (limit %s) %s"):format(reason.code, tostring(reason.value),
      tostring(reason.limit), reason.hint or "")
  end
  for _, script_error in ipairs(model.script_errors) do
    lines[#lines + 1] = ("%dx %s"):format(script_error.count, script_error.message)
    if script_error.traceback then lines[#lines + 1] = script_error.traceback end
  end
  if model.stop and model.stop.detail then lines[#lines + 1] = model.stop.detail end
  return table.concat(lines, "\n")
end

local function run_case(class, model)
  local case = { class = class, name = "run", time = model.duration_s }
  local code = model.exit_code
  if code == exit_codes.PASSED then
    case.output = model.search and run_body(model)
  else
    local is_verdict = code == exit_codes.THRESHOLD or code == exit_codes.REGRESSION
    local element = is_verdict and "failure" or "error"
    case.outcome = {
      element = element, type = model.verdict, message = verdict.line(model),
      body = run_body(model),
    }
  end
  return case
end

local function cases_of(class, model)
  local cases = {}
  for _, t in ipairs(model.thresholds) do cases[#cases + 1] = threshold_case(class, t) end
  cases[#cases + 1] = run_case(class, model)
  return cases
end

local function properties_of(model)
  local commit, metrics, search = model.commit or {}, model.metrics, model.search or {}
  local function metric(name, field) return plain(metrics[name] and metrics[name][field]) end
  return {
    { "lload", model.lload }, { "verdict", model.verdict }, { "exit_code", model.exit_code },
    { "stage", model.scenario.stage }, { "validity", model.validity.verdict },
    { "commit.sha", commit.sha }, { "commit.branch", commit.branch },
    { "commit.dirty", commit.dirty }, { "commit.run_url", commit.run_url },
    { "seed", plain((model.settings or {}).seed) },
    { "http_reqs.count", metric("http_reqs", "count") },
    { "http_reqs.rate", metric("http_reqs", "rate") },
    { "http_req_failed.rate", metric("http_req_failed", "rate") },
    { "iterations.count", metric("iterations", "count") },
    { "iterations.rate", metric("iterations", "rate") },
    { "checks.rate", metric("checks", "rate") },
    { "search.good", plain(search.good) }, { "search.bad", plain(search.bad) },
  }
end

local function suite_of(model, name)
  return {
    name = name, cases = cases_of(name, model), properties = properties_of(model),
    time = model.duration_s, started = model.started,
    hostname = (model.machine or {}).hostname, file = model.scenario.file,
  }
end

--- Renders one run, or several with a suite each.
---@param model table
---@return string
function M.render(model)
  local suites, names = {}, {}
  for index, run in ipairs(model.runs or { model }) do
    suites[index] = suite_of(run, junit_xml.free_name(run.scenario.name, names))
  end
  return junit_xml.render(suites)
end

return M
