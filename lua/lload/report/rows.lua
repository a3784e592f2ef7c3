--- What all tables of people have in common: the order of their rows, their names, their blanks.

local text = require "lload.text"
local units = require "lload.units"

local M = {}

local THIN = 10 -- samples beyond a percentile that make it mean something
local ROUNDING = 1e-9

--- Is a percentile one that means nothing, with fewer than 10 samples beyond it?
---@param trend table
---@param share number 0.95 for the 95th
---@return boolean
function M.is_thin(trend, share)
  return trend.count * (1 - share) < THIN - ROUNDING
end

--- A percentile of a trend; nil when it means nothing.
---@param trend table|nil
---@param name string
---@param share number
---@return number|nil ms
function M.percentile(trend, name, share)
  if not trend or not trend[name] or M.is_thin(trend, share) then return nil end
  return trend[name]
end

--- A value as text; a blank when there is none.
---@param value any
---@param format fun(value: any): string
---@return string
function M.optional(value, format)
  return value ~= nil and format(value) or ""
end

--- The three percentiles of a table as text.
---@param trend table|nil
---@return string p50
---@return string p95
---@return string p99
function M.percentiles(trend)
  return M.optional(M.percentile(trend, "med", 0.5), units.format_ms),
    M.optional(M.percentile(trend, "p(95)", 0.95), units.format_ms),
    M.optional(M.percentile(trend, "p(99)", 0.99), units.format_ms)
end

--- Does a percentile of the tables stay blank because it would mean nothing?
---@param model table
---@return boolean
function M.has_thin_tail(model)
  for _, list in ipairs { model.requests, model.steps } do
    for _, item in ipairs(list) do
      if item.duration and M.is_thin(item.duration, 0.99) then return true end
    end
  end
  return false
end

--- Functions that name the steps of a run: by profile, too, when there are several.
---@param steps table[]
---@return fun(step: table): string
function M.step_namer(steps)
  local several = false
  for _, step in ipairs(steps) do several = several or (step.profile or 1) > 1 end
  return function(step)
    local name = tostring(step.step)
    if several then name = ("%s/%s"):format(tostring(step.profile), name) end
    return step.label and ("%s %s"):format(name, text.one_line(step.label)) or name
  end
end

--- By how much the load changes during a step: users, or arrivals a second; 0 as far as the result
--- does not say.
---@param step table
---@return number
function M.growth(step)
  local from, to = step.from_vus or step.from_rate, step.to_vus or step.to_rate
  return from and to and to - from or 0
end

--- Does the load change during a step, as far as the result says?
---@param step table
---@return boolean
function M.is_ramp(step)
  return M.growth(step) ~= 0
end

--- The arrow that marks a ramp; "" for a step at one load.
---@param step table
---@return string
function M.arrow(step)
  local growth = M.growth(step)
  return growth > 0 and "↗" or growth < 0 and "↘" or ""
end

--- The thresholds that failed first, else in their order.
---@param thresholds table[]
---@return table[]
function M.failed_thresholds_first(thresholds)
  local sorted = {}
  for _, wanted in ipairs { false, true } do
    for _, t in ipairs(thresholds) do
      if t.ok == wanted then sorted[#sorted + 1] = t end
    end
  end
  return sorted
end

--- Of each endpoint that thresholds name: do all of them hold?
---@param thresholds table[]
---@return table<string, boolean>
function M.verdicts_of_endpoints(thresholds)
  local verdicts = {}
  for _, t in ipairs(thresholds) do
    local name = t.tags and t.tags.name
    if name then verdicts[name] = verdicts[name] ~= false and t.ok end
  end
  return verdicts
end

--- The endpoints that took most time first; equal ones by name.
---@param requests table[]
---@return table[]
function M.by_total_time(requests)
  local sorted = {}
  for index, request in ipairs(requests) do sorted[index] = request end
  table.sort(sorted, function(a, b)
    local x, y = a.total_ms or 0, b.total_ms or 0
    if x ~= y then return x > y end
    return a.name < b.name
  end)
  return sorted
end

--- The checks that failed first, then by name.
---@param checks table[]
---@return table[]
function M.failed_first(checks)
  local sorted = {}
  for index, check in ipairs(checks) do sorted[index] = check end
  table.sort(sorted, function(a, b)
    if (a.fails > 0) ~= (b.fails > 0) then return a.fails > 0 end
    return a.name < b.name
  end)
  return sorted
end

return M
