--- The scenario that verifies a plan: the journeys of the measured one, at the target and more.
--
-- It is a file beside the measured scenario, which it requires: so journeys, data files and modules
-- are found as before, and stay the same when the scenario is edited.

local judged = require "lload.judged"
local limits = require "lload.limits"
local threshold = require "lload.threshold"
local units = require "lload.units"

local M = {}

local RAMP, HOLD, SOAK = "1m", "5m", "1h"
local FEWEST_VUS, SPARE = 50, 3
local MOST_FAILED, MOST_DROPPED = "rate<1%", "count==0"

-- Tags that samples have whatever the stage is.
local LASTING = { name = true, journey = true, check = true, group = true, status = true }

local function is_lasting(t)
  for tag in pairs(t.tags) do
    if not LASTING[tag] then return false end
  end
  return true
end

local function clauses(parsed)
  local text = ""
  if parsed.over_s then text = (" over %ds"):format(parsed.over_s) end
  if parsed.for_s then text = ("%s for %ds"):format(text, parsed.for_s) end
  return text
end

--- A threshold with less room: what must stay below a limit must stay below less.
---@param t table of a loaded scenario
---@param headroom number
---@return string expression
function M.stricter(t, headroom)
  local parsed = threshold.parse(t.expression)
  if not (parsed.operator == "<" or parsed.operator == "<=") then return t.expression end
  return ("%s%s%.6g%s%s"):format(judged.aggregation(t), parsed.operator,
    parsed.number * (1 - headroom), parsed.unit, clauses(parsed))
end

local function thresholds_of(test, headroom)
  local lines, known, order = {}, {}, {}
  local function add(label, expression)
    if not known[label] then
      known[label] = {}
      order[#order + 1] = label
    end
    table.insert(known[label], ("%q"):format(expression))
  end
  for _, t in ipairs(test.thresholds) do
    if is_lasting(t) then add(judged.label(t.metric, t.tags), M.stricter(t, headroom)) end
  end
  if not known.http_req_failed then add("http_req_failed", MOST_FAILED) end
  if not known.dropped_iterations then add("dropped_iterations", MOST_DROPPED) end
  for _, label in ipairs(order) do
    lines[#lines + 1] = ("    [%q] = { %s },"):format(label, table.concat(known[label], ", "))
  end
  return table.concat(lines, "\n")
end

local function folder_of(path) return (path:match "^(.*/)" or ""):gsub("^%./+", "") end

--- The name by which a file beside can require a scenario; nil with the reason.
---@param scenario string path
---@param file string path of what requires it
---@return string|nil module
---@return string|nil message
function M.module_of(scenario, file)
  local folder, base = folder_of(scenario), scenario:match "([^/]+)$" or ""
  if folder_of(file) ~= folder then
    return nil, ("%s: must lie beside the scenario that it uses: write it to %s%s"):format(file,
      folder, file:match "([^/]+)$" or "verify.lua")
  end
  local name = base:match "^([%w_-]+)%.lua$"
  if not name or name:find "^lload" then
    return nil, ("%s: another file cannot require a scenario of this name; rename it to letters, "
      .. "digits, _ and - with .lua behind"):format(scenario)
  elseif file:match "([^/]+)$" == base then
    return nil, ("%s: is the measured scenario itself; give the verification another name")
      :format(file)
  end
  return name
end

local MARK = "--- Verifies a capacity plan:"

--- Is this the text of a verification, which may be written anew?
---@param text string
---@return boolean
function M.is_own(text) return text:sub(1, #MARK) == MARK end

local TEXT = MARK .. [[ %s for %s at its target of %s and %s more.
--
--   lload run %s --stage verify     # the target with its headroom
--   lload run %s --stage soak       # the target, for long
--
-- Journeys, setup and everything else are those of %s.

local measured = require %q

local verification = {}
for key, value in pairs(measured) do verification[key] = value end

verification.name = %q
verification.stages = {
  -- %s requests a second; an iteration makes %s.
  verify = {
    executor = "ramping-arrival-rate", max_vus = %d,
    steps = {
      { duration = %q, target = %q },
      { duration = %q, target = %q },
    },
  },
  soak = { executor = "soak", rate = %q, max_vus = %d, ramp = %q, duration = %q },
}
verification.default_stage = "verify"

-- Those of the measured scenario with %s less room; what named a step or a tag of its stages is
-- left out.
verification.thresholds = {
%s
}

return verification
]]

local function rate_text(rate) return ("%.6g/s"):format(rate) end

-- Enough users that none of them is the limit, and not more than lload takes.
local function users_for(rate, iteration_s)
  return math.min(limits.MAX_VUS, math.max(FEWEST_VUS, math.ceil(rate * iteration_s * SPARE)))
end

---@class lload.VerifyOptions
---@field file string what is written
---@field scenario string the measured one
---@field module string by which it is required
---@field target number requests a second
---@field headroom number
---@field per_iteration number requests
---@field iteration_s number how long one took, about

--- The text of the scenario.
---@param test table the measured scenario, loaded
---@param o lload.VerifyOptions
---@return string
function M.text(test, o)
  local iterations = o.target / o.per_iteration
  local most = iterations * (1 + o.headroom)
  local more = ("%.4g%%"):format(o.headroom * 100)
  return TEXT:format(test.name:gsub("%c", " "), o.scenario, units.format_rate(o.target), more,
    o.file, o.file, o.scenario, o.module, ("%s, verification"):format(test.name:sub(1, 180)),
    units.format_number(o.target * (1 + o.headroom)), units.format_number(o.per_iteration),
    users_for(most, o.iteration_s), RAMP, rate_text(most), HOLD, rate_text(most),
    rate_text(iterations), users_for(iterations, o.iteration_s), RAMP, SOAK, more,
    thresholds_of(test, o.headroom))
end

return M
