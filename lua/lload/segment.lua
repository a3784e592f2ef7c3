--- Which part of the load is this machine's: `2/3`, or `2:1/2,1/4,1/4` where they are not equal.

local limits = require "lload.limits"
local units = require "lload.units"

local M = {}

local REMEDY = 'write "2/3" for the second of three equal parts, '
  .. 'or "2:1/2,1/4,1/4" for the second of these'

local function greatest_divisor(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

local function wrong(text)
  return nil, ('"%s" is no segment; %s'):format(text, REMEDY)
end

local function equal_parts(text, own, count)
  if count > limits.MAX_SHARES then
    return nil, ("at most %s parts are possible"):format(units.count(limits.MAX_SHARES))
  elseif own < 1 or own > count then
    return nil, ('"%s": the parts are numbered from 1 to %s'):format(text, units.count(count))
  end
  local shares = {}
  for index = 1, count do shares[index] = 1 end
  return { own = own, shares = shares }
end

local function read_fractions(list)
  local fractions = {}
  for item in (list .. ","):gmatch "([^,]*)," do
    local part, whole = item:match "^%s*(%d+)/(%d+)%s*$"
    part, whole = tonumber(part), tonumber(whole)
    if not part or part == 0 or not whole or whole == 0 then return nil end
    fractions[#fractions + 1] = { part = part, whole = whole }
  end
  return fractions
end

-- Fractions as whole shares of their common denominator; they must add up to 1.
local function unequal_parts(text, own, list)
  local fractions = read_fractions(list)
  if not fractions then return wrong(text) end
  local common = 1
  for _, f in ipairs(fractions) do
    common = common / greatest_divisor(common, f.whole) * f.whole
    if common > limits.MAX_SHARES then
      return nil, ('"%s": the parts have no common denominator up to %s'):format(
        text, units.count(limits.MAX_SHARES))
    end
  end
  local shares, sum = {}, 0
  for index, f in ipairs(fractions) do
    shares[index] = f.part * common / f.whole
    sum = sum + shares[index]
  end
  if sum ~= common then return nil, ('"%s": the parts do not add up to 1'):format(text) end
  if own < 1 or own > #shares then
    return nil, ('"%s": there are %d parts, numbered from 1'):format(text, #shares)
  end
  return { own = own, shares = shares }
end

--- Reads a segment: which of the parts is ours, and the shares of all as whole numbers.
---@param text string
---@return { own: integer, shares: integer[] }|nil
---@return string|nil message
function M.parse(text)
  local own, count = text:match "^%s*(%d+)/(%d+)%s*$"
  if own then return equal_parts(text, tonumber(own), tonumber(count)) end
  local list
  own, list = text:match "^%s*(%d+):(.+)$"
  if own then return unequal_parts(text, tonumber(own), list) end
  return wrong(text)
end

return M
