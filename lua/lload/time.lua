--- lload.time: seconds since 1970 and ISO 8601, in UTC.

local core = require "lload.core"

local M = { now = core.unix_time }

-- The years 0000 to 9999, which is what ISO 8601 has digits for.
local FIRST, END = -62167219200, 253402300800

local function check_time(what, t, level)
  if t == nil then return core.unix_time() end
  if type(t) ~= "number" or not (t >= FIRST and t < END) then
    error(what .. ": a time is a number of seconds since 1970", level + 1)
  end
  return t
end

--- A time as `2026-01-31T10:00:00.000Z`.
---@param t? number
---@return string
function M.iso8601(t)
  local ms = math.floor(check_time("time.iso8601", t, 2) * 1000 + 0.5)
  local s = math.floor(ms / 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", s):gsub("^%d+", function(year)
    return ("%04d"):format(year)
  end) .. (".%03dZ"):format(ms - s * 1000)
end

--- A time by a format of C's strftime.
---@param t number|nil
---@param format string
---@return string
function M.format(t, format)
  if type(format) ~= "string" or format:find "^!?%*" then
    error('time.format: a format such as "%Y-%m-%d" is wanted', 2)
  end
  return os.date("!" .. format, math.floor(check_time("time.format", t, 2)))
end

-- Days since 1970 of a date of the Gregorian calendar. The year begins in March, so that the leap
-- day is its last one; 400 years have 146,097 days.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local from_march = (month + 9) % 12
  local day_of_year = math.floor((153 * from_march + 2) / 5) + day - 1
  local leap_days = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return year * 365 + leap_days + day_of_year - 719468
end

local function days_in(year, month)
  if month == 12 then return 31 end
  return days_of(year, month + 1, 1) - days_of(year, month, 1)
end

local function read_date(text)
  local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month < 1 or month > 12 or day < 1 or day > days_in(year, month) then return nil end
  return days_of(year, month, day) * 86400, rest
end

-- A leap second is the first one of the next minute, as in unix time.
local function read_clock(text)
  local hours, minutes, rest = text:match "^[Tt ](%d%d):(%d%d)(.*)$"
  if not hours then return nil end
  local seconds, after = rest:match "^:(%d%d)(.*)$"
  local fraction, behind = (after or ""):match "^[.,](%d+)(.*)$"
  hours, minutes, seconds = tonumber(hours), tonumber(minutes), tonumber(seconds or 0)
  if hours > 23 or minutes > 59 or seconds > 60 then return nil end
  return hours * 3600 + minutes * 60 + seconds + tonumber("0." .. (fraction or 0)),
    behind or after or rest
end

local function read_zone(text)
  if text == "" or text == "Z" or text == "z" then return 0 end
  local sign, hours, minutes = text:match "^([+-])(%d%d):?(%d?%d?)$"
  if not sign or #minutes == 1 or text:find ":$" then return nil end
  hours, minutes = tonumber(hours), tonumber(minutes) or 0
  if hours > 23 or minutes > 59 then return nil end
  return (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1)
end

--- What an ISO 8601 date, or date and time, is in seconds since 1970.
---@param text string
---@return number|nil seconds
---@return string|nil message
function M.parse(text)
  if type(text) ~= "string" then return nil, "a time is text, this is " .. type(text) end
  local date, rest = read_date(text)
  if date and rest == "" then return date end
  local clock, zone
  if date then clock, zone = read_clock(rest) end
  local offset = clock and read_zone(zone)
  if not offset then return nil, ("'%s' is no time in ISO 8601"):format(text:sub(1, 40)) end
  return date + clock - offset
end

return M
