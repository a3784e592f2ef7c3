--- Which status codes count as success: 200, "200-399", "2xx", or a list of these.

local M = {}

--- Every status code from 200 to 399.
M.DEFAULT = { { from = 200, to = 399 } }

local function parse_one(value)
  local from, to
  if type(value) == "number" then
    from, to = value, value
  elseif type(value) == "string" then
    local class = value:match("^([1-5])xx$")
    from, to = value:match("^(%d%d%d)%-(%d%d%d)$")
    if class then from, to = class .. "00", class .. "99" end
    from = tonumber(from or value:match("^%d%d%d$"))
    to = tonumber(to) or from
  end
  if not from or from ~= math.floor(from) or from < 100 or to > 599 or from > to then
    local shown = type(value) == "string" and '"' .. value .. '"' or tostring(value)
    return nil, shown .. ' is no status; write 200, "200-399", "2xx" or a list of these'
  end
  return { from = from, to = to }
end

--- Parses what a person wrote for `expect` into ranges.
---@param value any
---@return { from: integer, to: integer }[]|nil ranges
---@return string|nil message
function M.parse(value)
  if type(value) ~= "table" then value = { value } end
  if #value == 0 then return nil, 'is empty; write 200, "200-399", "2xx" or a list of these' end
  local ranges = {}
  for index, item in ipairs(value) do
    local range, message = parse_one(item)
    if not range then return nil, message end
    ranges[index] = range
  end
  return ranges
end

return M
