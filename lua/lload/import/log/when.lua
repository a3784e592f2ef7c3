--- Times of log lines as seconds since 1970: `21/Nov/2026:17:34:44 +0000`, ISO 8601, or a number of
--- seconds, milliseconds or nanoseconds. Lines of one second share one reading.

local time = require "lload.time"

local M = {}

local MONTHS = {}
for number, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
  "Nov", "Dec" } do
  MONTHS[name] = number
end

local MILLISECONDS, NANOSECONDS = 1e11, 1e16

local function offset_of(zone)
  local sign, hours, minutes = zone:match "([+-])(%d%d):?(%d%d)$"
  if not sign then return 0 end
  local seconds = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -seconds or seconds
end

local function read_local(text)
  local day, month, year, clock, zone =
    text:match "^(%d%d)/(%a%a%a)/(%d%d%d%d):(%d%d:%d%d:%d%d)%s*([+-]?%d*)$"
  if not day or not MONTHS[month] then return nil end
  local seconds = time.parse(("%s-%02d-%sT%s%s"):format(year, MONTHS[month], day, clock,
    zone ~= "" and zone or "Z"))
  return seconds, offset_of(zone)
end

local function read_number(text)
  local number = tonumber(text)
  if not number or number < 0 then return nil end
  if number > NANOSECONDS then return number / 1e9, 0 end
  return number > MILLISECONDS and number / 1e3 or number, 0
end

local function read(text)
  if text:find "^%d[%d.]*$" then return read_number(text) end
  if text:find "^%d%d/" then return read_local(text) end
  local ok, seconds = pcall(time.parse, text)
  if not ok or not seconds then return nil end
  return seconds, offset_of(text)
end

--- A reader that remembers the last line's time.
---@return fun(text: string): number|nil, number|nil seconds since 1970, and of the zone
function M.reader()
  local last, seconds, offset
  return function(text)
    if text ~= last then
      last = text
      seconds, offset = read(text)
    end
    return seconds, offset
  end
end

return M
