--- How often visits begin: by the minute, and from that at an hour of the day, at a percentile of
--- the minutes, or on average.

local M = {}

local MINUTE, HOUR, DAY = 60, 3600, 86400
local FEWEST_MINUTES = 20 -- for a percentile

---@class lload.import.log.Rate
---@field count integer visits
---@field first number|nil
---@field last number|nil
local Rate = {}
Rate.__index = Rate

function M.new() return setmetatable({ minutes = {}, count = 0 }, Rate) end

--- Counts a visit.
---@param at number seconds since 1970, in the time of the log's zone
function Rate:add(at)
  local minute = math.floor(at / MINUTE)
  self.minutes[minute] = (self.minutes[minute] or 0) + 1
  self.count = self.count + 1
  if not self.first or at < self.first then self.first = at end
  if not self.last or at > self.last then self.last = at end
end

-- From the first visit to the last there is one gap fewer than there are visits.
local function mean(self)
  local span = self.last - self.first
  if self.count < 2 or span <= 0 then return nil end
  return (self.count - 1) / span
end

-- How many seconds of that hour the log covers, over all its days.
local function covered(self, hour)
  local total = 0
  for day = math.floor(self.first / DAY), math.floor(self.last / DAY) do
    local from = day * DAY + hour * HOUR
    total = total + math.max(0, math.min(self.last, from + HOUR) - math.max(self.first, from))
  end
  return total
end

local function at_hour(self, hour)
  local count, seconds = 0, covered(self, hour)
  for minute, visits in pairs(self.minutes) do
    if math.floor(minute * MINUTE % DAY / HOUR) == hour then count = count + visits end
  end
  if count == 0 or seconds <= 0 then
    return nil, ("the log has no visits that began between %02d:00 and %02d:59"):format(hour, hour)
  end
  return count / seconds, ("between %02d:00 and %02d:59"):format(hour, hour)
end

-- Whole minutes only; those without a visit count, too.
local function at_percentile(self, percentile)
  local from, to = math.ceil(self.first / MINUTE), math.floor(self.last / MINUTE) - 1
  local counts = {}
  for minute = from, to do counts[#counts + 1] = self.minutes[minute] or 0 end
  if #counts < FEWEST_MINUTES then
    return nil, ("a percentile needs %d minutes of log; this one has %d"):format(FEWEST_MINUTES,
      #counts)
  end
  table.sort(counts)
  local rank = math.max(1, math.ceil(percentile / 100 * #counts))
  if counts[rank] == 0 then
    return nil, ("in %g %% of the minutes no visit began; choose a higher percentile")
      :format(percentile)
  end
  return counts[rank] / MINUTE, ("at percentile %g of %d minutes"):format(percentile, #counts)
end

--- Visits a second.
---@param at? { hour: integer }|{ percentile: number } the mean of all if absent
---@return number|nil
---@return string what the rate is of, or why there is none
function Rate:value(at)
  if not self.first then return nil, "there are no visits" end
  if at and at.hour then return at_hour(self, at.hour) end
  if at and at.percentile then return at_percentile(self, at.percentile) end
  local rate = mean(self)
  if not rate then return 1, "too few visits to tell; edit it" end
  return rate, "on average"
end

return M
