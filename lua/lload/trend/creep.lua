--- Does a figure slowly grow, and when does it meet its limit? Theil and Sen's slope with Sen's
--- interval (P. K. Sen 1968; R. O. Gilbert, "Statistical Methods for Environmental Pollution
--- Monitoring", Wiley, 1987, 16.5).

local trend_test = require "lload.analysis.trend_test"

local M = {}

local MOST_P = 0.05

---@class lload.Creep
---@field per_day number slope, in the unit of the figure
---@field low number of its 95 % interval
---@field high number
---@field p_value number of Mann and Kendall's test
---@field significant boolean
---@field now number where the line is at the last moment
---@field meets_day? number when the line meets the limit, in days since 1970
---@field earliest_day? number
---@field latest_day? number absent when the slope may as well be nothing

-- The ranks of the interval's ends among the slopes.
local function interval(ts, xs)
  local slopes = trend_test.slopes(ts, xs)
  table.sort(slopes)
  local reach = trend_test.NORMAL_97_5 * math.sqrt(trend_test.variance(xs))
  local low = math.max(1, math.floor((#slopes - reach) / 2))
  local high = math.min(#slopes, math.ceil((#slopes + reach) / 2) + 1)
  return slopes[low], slopes[high]
end

local function day_of(limit, now, slope, last_day)
  return slope > 0 and last_day + math.max(0, limit - now) / slope or nil
end

--- The creep of a series; nil with fewer than four moments.
---@param days number[] moments, rising
---@param values number[]
---@param limit? number what the figure must not reach
---@return lload.Creep|nil
function M.of(days, values, limit)
  local found = trend_test.test(days, values)
  if not found then return nil end
  local low, high = interval(days, values)
  local last = days[#days]
  local creep = {
    per_day = found.slope, low = low, high = high, p_value = found.p_value,
    significant = found.p_value < MOST_P and low > 0, now = found.intercept + found.slope * last,
  }
  if limit and creep.significant and creep.now < limit then
    creep.meets_day = day_of(limit, creep.now, creep.per_day, last)
    creep.earliest_day = day_of(limit, creep.now, high, last)
    creep.latest_day = day_of(limit, creep.now, low, last)
  end
  return creep
end

return M
