--- Moments as days since 1970, and back; in UTC. The calendar of Gregory, by counting.

local M = {}

local SECONDS_A_DAY = 86400

-- Days from 1970-01-01 to a date; months are counted from March, so that leap days come last.
local function days_from(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local of_years = 365 * year + math.floor(year / 4) - math.floor(year / 100)
    + math.floor(year / 400)
  return of_years + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- The days of a moment as results have it.
---@param moment string "2026-01-31T10:00:00.000Z"
---@return number|nil days nil when it is none
function M.days(moment)
  local year, month, day, hour, minute, second =
    moment:match "^(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):([%d.]+)Z$"
  second = tonumber(second)
  if not second then return nil end
  return days_from(tonumber(year), tonumber(month), tonumber(day))
    + (hour * 3600 + minute * 60 + second) / SECONDS_A_DAY
end

--- The date of a day.
---@param days number
---@return string "2026-01-31"
function M.date(days)
  return os.date("!%Y-%m-%d", math.floor(days * SECONDS_A_DAY)) --[[@as string]]
end

return M
