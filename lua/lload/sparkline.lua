--- Numbers as a row of bars, one column each: how something went in the last minute.

local M = {}

local BARS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local PLAIN = { "_", ".", "-", "=", "+", "*", "#", "@" }

-- The highest of the last values; 0 when there are none.
local function highest(values, first)
  local most = 0
  for index = first, #values do most = math.max(most, values[index] or 0) end
  return most
end

local function bar(levels, value, most)
  if not value then return " " end
  if most <= 0 then return levels[1] end
  return levels[math.max(1, math.ceil(value / most * #levels))]
end

--- The last values as bars between 0 and the highest of them; false is a gap.
---@param values (number|false)[] none below 0
---@param columns integer how many of them at most
---@param unicode boolean block characters, or ASCII
---@return string bars
---@return number most
function M.of(values, columns, unicode)
  local first = math.max(1, #values - columns + 1)
  local most, parts = highest(values, first), {}
  for index = first, #values do
    parts[#parts + 1] = bar(unicode and BARS or PLAIN, values[index], most)
  end
  return table.concat(parts), most
end

return M
