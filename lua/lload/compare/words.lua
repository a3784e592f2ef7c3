--- How a comparison is told, the same in every report.

local units = require "lload.units"

local M = {}

--- What is said of a comparison that knows no spread between runs.
M.WEAK = "weak evidence: with so few runs nobody knows how much runs of the same code differ; "
  .. "compare five or more a side (--interleave, --baseline) before you act on it"

local MARKS = {
  regression = "WORSE", improvement = "BETTER", unclear = "?", untested = "?", unchanged = "same",
}

--- The word in the first column of a table.
---@param verdict string
---@return string
function M.mark(verdict) return MARKS[verdict] end

--- A change as a percentage with its sign.
---@param change number
---@return string
function M.percent(change)
  local percent = change * 100
  if math.abs(percent) >= 1000 then return ("%+.0f%%"):format(percent) end
  local shown = (math.abs(percent) >= 100 and "%+.0f%%" or "%+.1f%%"):format(percent)
  return shown == "-0.0%" and "+0.0%" or shown
end

-- The short form of milliseconds that fits a sentence: whole ones from 10 on.
local function ms(value)
  if value >= 10 and value < 10000 then return ("%.0fms"):format(value) end
  return units.format_ms(value)
end

local function plural(n, noun) return ("%d %s%s"):format(n, noun, n == 1 and "" or "s") end

--- How many runs stand on each side.
---@param comparison table
---@return string
function M.sides(comparison)
  return ("%s against %s"):format(plural(#comparison.new, "new run"),
    plural(#comparison.base, "base run"))
end

-- What p95 was allowed to be: a threshold on it when the runs had one.
local function allowed(one)
  return one.threshold and (", threshold: %s"):format(ms(one.threshold)) or ""
end

--- `GET /users/:id` p95: 245ms -> 890ms (+263%, threshold: 300ms)
---@param one table an endpoint of a comparison
---@return string
function M.latency_line(one)
  local change = one.p95.change * 100
  return ("`%s` p95: %s -> %s (%+.0f%%%s)"):format(one.name, ms(one.p95.base), ms(one.p95.new),
    change, allowed(one))
end

local function error_line(one)
  return ("`%s` errors: %s -> %s"):format(one.name, units.format_share(one.errors.base),
    units.format_share(one.errors.new))
end

local HOW_SURE = {
  welch = "Welch's t test over runs", prediction = "prediction interval of the runs before",
  bootstrap = "block bootstrap over windows, weak evidence", wilson = "Wilson intervals",
}

local function doubt(figure)
  if figure.verdict == "unclear" then return "not sure: it may be chance" end
  if figure.verdict == "untested" then
    return "cannot be tested: one run a side, and too few windows are stored (--out)"
  end
  return HOW_SURE[figure.rule]
end

--- The sentences about an endpoint that changed: what, how sure, and with what it is consistent.
---@param one table
---@return string[]
function M.lines(one)
  local lines = {}
  if one.p95 and one.p95.verdict ~= "unchanged" then
    lines[#lines + 1] = ("%s; %s"):format(M.latency_line(one), doubt(one.p95))
  end
  if one.errors and one.errors.verdict ~= "unchanged" then
    lines[#lines + 1] = ("%s; %s"):format(error_line(one), doubt(one.errors))
  end
  if #lines > 0 and one.symptom then lines[#lines + 1] = "  " .. one.symptom end
  return lines
end

local function count(comparison, verdict)
  local n = 0
  for _, one in ipairs(comparison.endpoints) do
    if one.verdict == verdict then n = n + 1 end
  end
  return n
end

local REASON = {
  regression = function(comparison)
    return ("%s of %s got worse"):format(plural(count(comparison, "regression"), "endpoint"),
      #comparison.endpoints)
  end,
  improvement = function(comparison)
    return ("%s better, none worse"):format(plural(count(comparison, "improvement"), "endpoint"))
  end,
  unchanged = function(comparison)
    local unclear = count(comparison, "unclear")
    return ("%s, none worse%s"):format(plural(#comparison.endpoints, "endpoint"),
      unclear > 0 and (", %d unclear"):format(unclear) or "")
  end,
  not_comparable = function() return "the runs differ in more than what is to be compared" end,
  inconclusive = function(comparison)
    if #comparison.base == 0 then return "there is no usable base run" end
    if #comparison.new == 0 then return "there is no usable new run" end
    return "a change could not be tested"
  end,
}

--- Why the verdict is what it is.
---@param comparison table
---@return string
function M.reason(comparison) return REASON[comparison.verdict](comparison) end

--- `REGRESSION (exit 96): 1 endpoint of 4 got worse`
---@param comparison table
---@return string
function M.verdict_line(comparison)
  local head = comparison.verdict:upper():gsub("_", " ")
  if comparison.exit_code ~= 0 then head = ("%s (exit %d)"):format(head, comparison.exit_code) end
  return ("%s: %s"):format(head, M.reason(comparison))
end

return M
