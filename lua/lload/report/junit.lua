--- JUnit XML of the result model: one suite a run, one case a threshold, and the case `run`.

local exit_codes = require "lload.exit_codes"
local judged = require "lload.judged"
local text = require "lload.text"
local verdict = require "lload.verdict"
local words = require "lload.search.words"

local M = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(s)
  return (text.xml_safe(s):gsub('[&<>"]', ENTITIES):gsub("\r", "&#13;"))
end

local function attribute(s)
  return (escape(s):gsub("\n", "&#10;"):gsub("\t", "&#9;"))
end

local function attributes(pairs_in_order)
  local parts = {}
  for _, item in ipairs(pairs_in_order) do
    if item[2] ~= nil then
      parts[#parts + 1] = (' %s="%s"'):format(item[1], attribute(tostring(item[2])))
    end
  end
  return table.concat(parts)
end

local function seconds(value)
  local s = ("%.6f"):format(value):gsub("0+$", ""):gsub("%.$", "")
  return s
end

-- A number as a property: whole ones without a point, others with up to six decimals.
local function plain(value)
  if value == nil then return nil end
  if value == math.floor(value) then return ("%.0f"):format(value) end
  return seconds(value)
end

--- A case: name, class, time, and outcome = nil | { element, type, message, body }.
local function render_case(case)
  local open = "    <testcase" .. attributes {
    { "classname", case.class }, { "name", case.name }, { "time", seconds(case.time) },
  }
  if case.outcome then
    local o = case.outcome
    return ("%s>\n      <%s%s>%s</%s>\n    </testcase>\n"):format(open, o.element,
      attributes { { "message", o.message }, { "type", o.type } }, escape(o.body), o.element)
  elseif case.output then
    return ("%s>\n      <system-out>%s</system-out>\n    </testcase>\n"):format(
      open, escape(case.output))
  end
  return open .. "/>\n"
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
    local element = code == exit_codes.THRESHOLD and "failure" or "error"
    case.outcome = {
      element = element, type = model.verdict, message = verdict.line(model),
      body = run_body(model),
    }
  end
  return case
end

-- A name that is not taken yet; a number is added to one that is. Readers compare names after what
-- XML cannot hold was replaced, and drop the second case of a name: a red one could be lost.
local function free_name(name, taken, class)
  local free, number = name, 1
  local function identity() return text.xml_safe((class or "") .. "\n" .. free) end
  while taken[identity()] do
    number = number + 1
    free = ("%s (%d)"):format(name, number)
  end
  taken[identity()] = true
  return free
end

local function cases_of(class, model)
  local cases, taken = {}, {}
  for _, t in ipairs(model.thresholds) do cases[#cases + 1] = threshold_case(class, t) end
  cases[#cases + 1] = run_case(class, model)
  for _, case in ipairs(cases) do case.name = free_name(case.name, taken, case.class) end
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

local function render_properties(model)
  local lines = { "    <properties>\n" }
  for _, property in ipairs(properties_of(model)) do
    if property[2] ~= nil then
      lines[#lines + 1] = "      <property" .. attributes {
        { "name", property[1] }, { "value", property[2] },
      } .. "/>\n"
    end
  end
  lines[#lines + 1] = "    </properties>\n"
  return table.concat(lines)
end

local function tally(cases)
  local counts = { tests = #cases, failure = 0, error = 0 }
  for _, case in ipairs(cases) do
    if case.outcome then
      counts[case.outcome.element] = counts[case.outcome.element] + 1
    end
  end
  return counts
end

local function render_suite(name, model)
  local cases = cases_of(name, model)
  local counts = tally(cases)
  local parts = { "  <testsuite" .. attributes {
    { "name", name }, { "tests", counts.tests }, { "failures", counts.failure },
    { "errors", counts.error }, { "skipped", 0 }, { "time", seconds(model.duration_s) },
    { "timestamp", model.started and model.started:sub(1, 19) },
    { "hostname", (model.machine or {}).hostname or "localhost" },
    { "file", model.scenario.file },
  } .. ">\n", render_properties(model) }
  for _, case in ipairs(cases) do parts[#parts + 1] = render_case(case) end
  parts[#parts + 1] = "  </testsuite>\n"
  return table.concat(parts), counts
end

--- Renders one run, or several with a suite each.
---@param model table
---@return string
function M.render(model)
  local suites, total, names = {}, { tests = 0, failure = 0, error = 0, time = 0 }, {}
  for _, run in ipairs(model.runs or { model }) do
    local suite, counts = render_suite(free_name(run.scenario.name, names), run)
    suites[#suites + 1] = suite
    for key, count in pairs(counts) do total[key] = total[key] + count end
    total.time = total.time + run.duration_s
  end
  local open = "<testsuites" .. attributes {
    { "name", "lload" }, { "tests", total.tests }, { "failures", total.failure },
    { "errors", total.error }, { "time", seconds(total.time) },
  } .. ">\n"
  return '<?xml version="1.0" encoding="UTF-8"?>\n' .. open .. table.concat(suites)
    .. "</testsuites>\n"
end

return M
