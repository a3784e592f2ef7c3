--- Quantities people write (durations, sizes, whole numbers) and how they are printed again.

local M = {}

local SECONDS = { us = 1e-6, ["µs"] = 1e-6, ms = 1e-3, s = 1, m = 60, h = 3600, d = 86400 }
local BYTES = {
  b = 1, kb = 1e3, mb = 1e6, gb = 1e9, kib = 1024, mib = 1024 ^ 2, gib = 1024 ^ 3,
}
local LONGEST_S = 30 * 86400
local DURATION_REMEDY = 'write "500ms", "30s", "1h30m" or a number of seconds'

local function show(value)
  if type(value) == "string" then return '"' .. value .. '"' end
  return type(value) == "number" and tostring(value) or "a " .. type(value)
end

-- "1h30m" is a sum of parts; anything between the parts makes it no duration.
local function parse_parts(text)
  local total, position = 0, 1
  while position <= #text do
    local number, unit, after = text:match("^(%d+%.?%d*)([a-zµ]+)()", position)
    if not number then
      number, unit, after = text:match("^(%.%d+)([a-zµ]+)()", position)
    end
    if not number or not SECONDS[unit] then return nil end
    total, position = total + tonumber(number) * SECONDS[unit], after
  end
  return total
end

local function check_range(seconds, value)
  if seconds ~= seconds or seconds == math.huge or seconds == -math.huge then
    return nil, show(value) .. " is not a duration; " .. DURATION_REMEDY
  elseif seconds < 0 then
    return nil, show(value) .. " is negative; a duration cannot be"
  elseif seconds > LONGEST_S then
    return nil, show(value) .. " is longer than 30 days"
  end
  return seconds
end

--- Reads a duration: "500ms", "30s", "1h30m", or a number (or its digits) of seconds.
---@param value any
---@return number|nil seconds
---@return string|nil message
function M.duration(value)
  if type(value) == "number" then return check_range(value, value) end
  if type(value) ~= "string" then
    return nil, show(value) .. " is not a duration; " .. DURATION_REMEDY
  end
  local text = value:match("^%s*(.-)%s*$")
  local sign, body = text:match("^(%-?)(.*)$")
  local plain = body:match("^%d+%.?%d*$") or body:match("^%.%d+$")
  local seconds = body ~= "" and (plain and tonumber(plain) or parse_parts(body)) or nil
  if not seconds then return nil, show(value) .. " is not a duration; " .. DURATION_REMEDY end
  return check_range(sign == "-" and -seconds or seconds, value)
end

--- A string, number or boolean as text; whole numbers keep their digits up to 2^53.
---@param value any
---@return string|nil text
---@return string|nil message
function M.plain(value)
  local kind = type(value)
  if kind == "number" then
    if value ~= value or value == math.huge or value == -math.huge then
      return nil, "is not a finite number"
    elseif value % 1 == 0 and math.abs(value) <= 2 ^ 53 then
      return ("%.0f"):format(value)
    end
  elseif kind ~= "string" and kind ~= "boolean" then
    return nil, ("must be a string, not a %s"):format(kind)
  end
  return tostring(value)
end

--- Reads a size in bytes: 1048576, "64MB", "512kB", "1MiB".
---@param value any
---@return integer|nil bytes
---@return string|nil message
function M.bytes(value)
  local number, unit = value, "b"
  if type(value) == "string" then
    number, unit = value:match("^%s*(%d+%.?%d*)%s*(%a*)%s*$")
    number, unit = tonumber(number), unit == "" and "b" or (unit or ""):lower()
  end
  if type(number) ~= "number" or not BYTES[unit] or number ~= number then
    return nil, show(value) .. ' is not a size; write bytes or "512kB", "64MB", "1GiB"'
  end
  local bytes = math.floor(number * BYTES[unit])
  if bytes < 1 or bytes > 2 ^ 53 then return nil, show(value) .. " is not a usable size" end
  return bytes
end

local RATE_UNITS = { s = 1, m = 60, h = 3600 }
local RATE_REMEDY = 'write "50/s", "10000/m", "100/h" or a number'

--- Reads a rate: "50/s", "10000/m", "100/h", or a number (or its digits) for each `time_unit`.
---@param value any
---@param time_unit? number seconds, 1 when absent; not for a rate that names its own
---@return number|nil per_second
---@return string|nil message
function M.rate(value, time_unit)
  local number, unit = value, nil
  if type(value) == "string" then
    number, unit = value:match("^%s*(%-?%d*%.?%d+)%s*/%s*(%a+)%s*$")
    number = tonumber(number or value:match("^%s*(%-?%d*%.?%d+)%s*$"))
  end
  if type(number) ~= "number" or number ~= number or math.abs(number) == math.huge
    or (unit and not RATE_UNITS[unit]) then
    return nil, show(value) .. " is not a rate; " .. RATE_REMEDY
  elseif number < 0 then
    return nil, show(value) .. " is negative; a rate cannot be"
  elseif unit and time_unit and time_unit ~= 1 then
    return nil, show(value) .. " names its own unit; leave it or time_unit out"
  end
  return number / (unit and RATE_UNITS[unit] or time_unit or 1)
end

--- Reads a whole number within limits; digits in a string count, as environment values are strings.
---@param value any
---@param min number
---@param max number
---@return integer|nil
---@return string|nil message
function M.whole(value, min, max)
  local number = value
  if type(value) == "string" then
    number = value:match("^%s*[+-]?%d+%s*$") and tonumber(value)
  end
  if type(number) ~= "number" or number ~= math.floor(number) then
    return nil, ("%s is not a whole number from %s to %s"):format(
      show(value), M.count(min), M.count(max))
  elseif number < min or number > max then
    return nil, ("%s is out of range, %s to %s"):format(show(value), M.count(min), M.count(max))
  end
  return number
end

--- Reads a share: "5%", 0.05 or its digits.
---@param value any
---@return number|nil share
---@return string|nil message
function M.share(value)
  local number, factor = value, 1
  if type(value) == "string" then
    local digits, percent = value:match("^%s*(%-?%d*%.?%d*)%s*(%%?)%s*$")
    number, factor = tonumber(digits), percent == "%" and 0.01 or 1
  end
  if type(number) ~= "number" or number ~= number then
    return nil, show(value) .. ' is not a share; write "5%" or 0.05'
  end
  return number * factor
end

--- A whole number with thousands separators: 1,000,000.
---@param n number
---@return string
function M.count(n)
  local text = ("%.0f"):format(n)
  local sign, digits = text:match("^(%-?)(%d+)$")
  local grouped = digits:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return sign .. grouped
end

--- Seconds as people write them: 90 → "1m30s", 0.5 → "500ms".
---@param seconds number
---@return string
function M.format_duration(seconds)
  if seconds <= 0 then return "0s" end
  if seconds < 1 then return ("%gms"):format(math.floor(seconds * 1e6 + 0.5) / 1e3) end
  if seconds < 60 then return ("%gs"):format(math.floor(seconds * 1e3 + 0.5) / 1e3) end
  local whole = math.floor(seconds + 0.5)
  local parts = {}
  for _, unit in ipairs { { "h", 3600 }, { "m", 60 }, { "s", 1 } } do
    local n = math.floor(whole / unit[2])
    if n > 0 then parts[#parts + 1] = n .. unit[1] end
    whole = whole - n * unit[2]
  end
  return table.concat(parts)
end

-- What rounds up to 100 reads like 100.
local function significant(value)
  if value >= 99.95 then return ("%.0f"):format(value) end
  return (value >= 9.995 and "%.1f" or "%.2f"):format(value)
end

-- As near to a whole number as results are stored: a stored one must read the same.
local function is_whole(value)
  return value == 0 or value > 0.5 and math.abs(value - math.floor(value + 0.5)) < 5e-7
end

--- A time in milliseconds with three digits and its unit: "0.41ms", "612ms", "1.23s".
---@param ms number
---@return string
function M.format_ms(ms)
  if ms < 999.5 then return significant(ms) .. "ms" end
  return significant(ms / 1000) .. "s"
end

--- A number a second or any plain value: three digits, thousands separated.
---@param value number
---@return string
function M.format_number(value)
  if value ~= value or value == math.huge or value == -math.huge then return tostring(value) end
  if value < 0 then return "-" .. M.format_number(-value) end
  if value >= 99.95 or is_whole(value) then return M.count(math.floor(value + 0.5)) end
  if value < 0.01 then return ("%.3g"):format(value) end
  return significant(value)
end

--- A rate a second, in the unit that keeps it readable: 50 → "50/s", 0.5 → "30/m".
---@param per_second number
---@return string
function M.format_rate(per_second)
  for _, unit in ipairs { { 1, "s" }, { 60, "m" } } do
    if per_second * unit[1] >= 1 or per_second == 0 then
      return M.format_number(per_second * unit[1]) .. "/" .. unit[2]
    end
  end
  return M.format_number(per_second * 3600) .. "/h"
end

--- A share as a percentage: 0.0123 → "1.23%".
---@param share number
---@return string
function M.format_share(share)
  local percent = share * 100
  if percent > 0 and percent < 0.01 then return "<0.01%" end
  if percent < 100 and percent > 99.99 then return ">99.99%" end
  if percent == 0 or percent == 100 then return ("%.0f%%"):format(percent) end
  return ("%.2f%%"):format(percent)
end

--- Bytes with a decimal unit: "1.20 MB".
---@param bytes number
---@return string
function M.format_bytes(bytes)
  for _, unit in ipairs { { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } } do
    if bytes >= unit[1] then return significant(bytes / unit[1]) .. " " .. unit[2] end
  end
  return ("%.0f B"):format(bytes)
end

return M
