--- JUnit XML from suites of cases: escaping, unique names, counts. Knows nothing of load.

local text = require "lload.text"

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

--- A number with up to six decimals, as times are written.
---@param value number
---@return string
function M.seconds(value)
  local s = ("%.6f"):format(value):gsub("0+$", ""):gsub("%.$", "")
  return s
end

---@class lload.JUnitCase
---@field class string
---@field name string
---@field time number s
---@field outcome? { element: "failure"|"error", type: string, message: string, body: string }
---@field output? string of a case that passed

---@class lload.JUnitSuite
---@field name string
---@field cases lload.JUnitCase[]
---@field properties? { [1]: string, [2]: any }[] those without a value are left out
---@field time number s
---@field started? string ISO 8601
---@field hostname? string
---@field file? string

local function render_case(case)
  local open = "    <testcase" .. attributes {
    { "classname", case.class }, { "name", case.name }, { "time", M.seconds(case.time) },
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

--- A name that is not taken yet; a number is added to one that is. Readers compare names after what
--- XML cannot hold was replaced, and drop the second case of a name: a red one could be lost.
function M.free_name(name, taken, class)
  local free, number = name, 1
  local function identity() return text.xml_safe((class or "") .. "\n" .. free) end
  while taken[identity()] do
    number = number + 1
    free = ("%s (%d)"):format(name, number)
  end
  taken[identity()] = true
  return free
end

local function render_properties(properties)
  if not properties then return "" end
  local lines = { "    <properties>\n" }
  for _, property in ipairs(properties) do
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

local function render_suite(name, suite)
  local taken = {}
  for _, case in ipairs(suite.cases) do case.name = M.free_name(case.name, taken, case.class) end
  local counts = tally(suite.cases)
  local parts = { "  <testsuite" .. attributes {
    { "name", name }, { "tests", counts.tests }, { "failures", counts.failure },
    { "errors", counts.error }, { "skipped", 0 }, { "time", M.seconds(suite.time) },
    { "timestamp", suite.started and suite.started:sub(1, 19) },
    { "hostname", suite.hostname or "localhost" }, { "file", suite.file },
  } .. ">\n", render_properties(suite.properties) }
  for _, case in ipairs(suite.cases) do parts[#parts + 1] = render_case(case) end
  parts[#parts + 1] = "  </testsuite>\n"
  return table.concat(parts), counts
end

--- Renders suites. Names that are taken already get a number.
---@param suites lload.JUnitSuite[] cases are renamed in place
---@return string
function M.render(suites)
  local rendered, total, names = {}, { tests = 0, failure = 0, error = 0, time = 0 }, {}
  for index, suite in ipairs(suites) do
    local counts
    rendered[index], counts = render_suite(M.free_name(suite.name, names), suite)
    for key, count in pairs(counts) do total[key] = total[key] + count end
    total.time = total.time + suite.time
  end
  local open = "<testsuites" .. attributes {
    { "name", "lload" }, { "tests", total.tests }, { "failures", total.failure },
    { "errors", total.error }, { "time", M.seconds(total.time) },
  } .. ">\n"
  return '<?xml version="1.0" encoding="UTF-8"?>\n' .. open .. table.concat(rendered)
    .. "</testsuites>\n"
end

return M
