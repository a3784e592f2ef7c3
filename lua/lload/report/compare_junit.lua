--- JUnit XML of a comparison: a suite each scenario, a case each endpoint, and the case `compare`.

local exit_codes = require "lload.exit_codes"
local junit_xml = require "lload.report.junit_xml"
local words = require "lload.compare.words"

local M = {}

local function endpoint_case(class, one)
  local case = { class = class .. "." .. one.name, name = "against the base", time = 0 }
  if one.p95 then case.time = one.p95.new / 1000 end
  local lines = words.lines(one)
  local body = table.concat(lines, "\n")
  if one.verdict == "regression" then
    case.outcome = { element = "failure", type = "regression", message = lines[1], body = body }
  elseif #lines > 0 then
    case.output = body
  end
  return case
end

local function whole_body(comparison)
  local lines = { words.verdict_line(comparison) }
  for _, list in ipairs { comparison.differences, comparison.notes } do
    for _, line in ipairs(list) do lines[#lines + 1] = line end
  end
  for _, name in ipairs(comparison.gone) do lines[#lines + 1] = "gone: " .. name end
  if comparison.weak then lines[#lines + 1] = words.WEAK end
  return table.concat(lines, "\n")
end

local function whole_case(class, comparison)
  local case, body = { class = class, name = "compare", time = 0 }, whole_body(comparison)
  if comparison.exit_code == exit_codes.PASSED then
    case.output = body
  else
    local element = comparison.exit_code == exit_codes.REGRESSION and "failure" or "error"
    case.outcome = {
      element = element, type = comparison.verdict, message = words.verdict_line(comparison),
      body = body,
    }
  end
  return case
end

local function suite_of(comparison)
  local print = comparison.fingerprint or {}
  local name = comparison.scenario or print.scenario or "comparison"
  local cases = {}
  for index, one in ipairs(comparison.endpoints) do cases[index] = endpoint_case(name, one) end
  cases[#cases + 1] = whole_case(name, comparison)
  return {
    name = name, cases = cases, time = 0, started = (comparison.new[1] or {}).started,
    properties = {
      { "verdict", comparison.verdict }, { "exit_code", comparison.exit_code },
      { "runs.base", #comparison.base }, { "runs.new", #comparison.new },
      { "weak", comparison.weak },
    },
  }
end

--- Renders one comparison, or those of several scenarios with a suite each.
---@param model table
---@return string
function M.render(model)
  local suites = {}
  for index, one in ipairs(model.comparisons or { model }) do suites[index] = suite_of(one) end
  return junit_xml.render(suites)
end

return M
