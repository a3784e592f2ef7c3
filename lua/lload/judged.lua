--- How a judged threshold reads: its label, its actual value, its margin, in one sentence.

local metrics = require "lload.metrics"
local reader = require "lload.reader"
local units = require "lload.units"

local M = {}

--- How a metric with tags is written: `http_req_duration{name:GET /}`.
---@param metric string
---@param tags? table<string, string>
---@return string
function M.label(metric, tags)
  local parts = {}
  for _, tag in ipairs(reader.sorted_keys(tags or {})) do
    parts[#parts + 1] = tag .. ":" .. tags[tag]
  end
  return #parts == 0 and metric or ("%s{%s}"):format(metric, table.concat(parts, ","))
end

--- The aggregation of a judged threshold, as written: `p(95)`.
---@param t table
---@return string
function M.aggregation(t)
  return t.expression:match("^%s*(%a+%s*%b())") or t.expression:match("^%s*([%a_]+)") or "value"
end

-- An expression up to its number and unit, without `over` and `for`.
local function limit_of(expression)
  return (expression:gsub("%s+over%s.*$", ""):gsub("%s+for%s.*$", ""))
end

--- Is the value a time in ms: a built-in trend, or a limit written with a unit of time?
---@param t table
---@return boolean
function M.is_time(t)
  if metrics.is_time(t.metric, M.aggregation(t)) then return true end
  local unit = limit_of(t.expression):match("%d%s*([%aµ]+)%s*$")
  return unit == "ms" or unit == "s" or unit == "us" or unit == "µs" or unit == "m"
end

local function is_share(t)
  local kind = metrics.BUILT_IN[t.metric]
  return kind == "rate" or limit_of(t.expression):find("%%%s*$") ~= nil
end

--- The actual value with its unit; "no data" when there is none.
---@param t table
---@return string
function M.actual(t)
  if t.actual == nil then return "no data" end
  if M.is_time(t) and t.actual >= 0 then return units.format_ms(t.actual) end
  if is_share(t) then return units.format_share(t.actual) end
  return units.format_number(t.actual)
end

--- The actual value, and of a window the moment at which it ended: "1.23s at 1m5s".
---@param t table
---@return string
function M.actual_when(t)
  if not t.at_s or t.actual == nil then return M.actual(t) end
  return ("%s at %s"):format(M.actual(t), units.format_duration(math.floor(t.at_s + 0.5)))
end

--- The margin as a percentage with its sign: "+23.5%" is room left; "" when it means nothing.
---@param t table
---@return string
function M.margin(t)
  if not t.margin then return "" end
  local percent = math.max(-999999, math.min(999999, t.margin * 100))
  local shown = math.abs(percent) >= 100 and ("%+.0f%%"):format(percent)
    or ("%+.1f%%"):format(percent)
  return shown == "-0.0%" and "+0.0%" or shown
end

--- One sentence with the numbers.
---@param t table
---@return string
function M.sentence(t)
  local label = M.label(t.metric, t.tags)
  if not t.data then return ("%s %s: no data"):format(label, t.expression) end
  local sentence = ("%s %s: actual %s"):format(label, t.expression, M.actual_when(t))
  local margin = M.margin(t)
  if margin == "" then return sentence end
  return ("%s, %s %s"):format(sentence, t.margin >= 0 and "margin" or "missed by",
    t.margin >= 0 and margin or margin:gsub("^%-", ""))
end

--- The same over several lines, for the body of a report.
---@param t table
---@return string
function M.detail(t)
  local lines = {
    "metric: " .. M.label(t.metric, t.tags), "threshold: " .. t.expression,
    "actual: " .. (t.actual and ("%s (%.6g)"):format(M.actual(t), t.actual) or "no data"),
  }
  if t.at_s then lines[#lines + 1] = ("at: %.0f s"):format(t.at_s) end
  if t.breached_s then lines[#lines + 1] = ("breached: %.0f s"):format(t.breached_s) end
  local margin = M.margin(t)
  if margin ~= "" then lines[#lines + 1] = "margin: " .. margin end
  return table.concat(lines, "\n")
end

return M
