--- The Universal Scalability Law over the levels of a run: throughput by requests in flight.
--
-- How many are in flight is the mean by Little's law, which is had from all requests; it stands for
-- the counts, which say the same at every level that is taken (lload.capacity.trust).

local scalability = require "lload.statistics.scalability"

local M = {}

local FEWEST = 3
local REACHED = 0.8 -- of the peak: only so far does anything speak for it

---@class lload.CapacityFit
---@field lambda number
---@field sigma number
---@field kappa number
---@field r_squared number
---@field contention number σ when there is nothing but contention, for the pessimistic
---@field points integer
---@field tested_n number most requests in flight among the points
---@field peak_n number|nil only when measurements come near it
---@field peak_x number|nil

local function points_of(levels)
  local points, most = {}, 0
  for _, level in ipairs(levels) do
    local n = level.little or level.in_flight
    if level.settled and level.stationary ~= false and n and n > 0 and level.rps > 0 then
      points[#points + 1] = { n = n, x = level.rps }
      most = math.max(most, n)
    end
  end
  return points, most
end

--- Fits the law.
---@param levels lload.CapacityLevel[]
---@return lload.CapacityFit|nil
---@return string|nil reason why there is none
function M.of(levels)
  local points, most = points_of(levels)
  if #points < FEWEST then
    return nil, ("the law needs %d settled levels, and there %s %d"):format(FEWEST,
      #points == 1 and "is" or "are", #points)
  end
  local law = scalability.fit(points)
  if not law then return nil, "no such law fits the levels" end
  local is_reached = law.peak_n and most >= REACHED * law.peak_n
  return {
    lambda = law.lambda, sigma = law.sigma, kappa = law.kappa, r_squared = law.r_squared,
    contention = scalability.contention(points), points = #points, tested_n = most,
    peak_n = is_reached and law.peak_n or nil, peak_x = is_reached and law.peak_x or nil,
  }
end

return M
