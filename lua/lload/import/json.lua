--- JSON as readers of other people's files need it: empty arrays stay arrays, and a mistake is told
--- with its line.

local cjson = require("cjson").new()
local model = require "lload.import.model"

local M = {}

-- What stands in an empty array while cjson, which cannot tell it from an empty object, decodes.
local EMPTY = "\1lload: empty array"
local EMPTY_TEXT = '["\\u0001lload: empty array"]'
local EXACT = 2 ^ 53
local DEEPEST = 60 -- levels of a body that is written as Lua

local function mark_empty_arrays(text)
  local parts, at, kept = {}, 1, 1
  while true do
    local from = text:find('["%[]', at)
    if not from then break end
    if text:byte(from) == 34 then
      at = from + 1
      repeat
        local stop = text:find('["\\]', at)
        at = stop and stop + (text:byte(stop) == 92 and 2 or 1) or #text + 1
      until not stop or text:byte(stop) == 34
    else
      local _, last = text:find("^%[%s*%]", from)
      if last then
        parts[#parts + 1] = text:sub(kept, from - 1)
        parts[#parts + 1] = EMPTY_TEXT
        kept = last + 1
      end
      at = (last or from) + 1
    end
  end
  if kept == 1 then return text end
  parts[#parts + 1] = text:sub(kept)
  return table.concat(parts)
end

local function restore(value)
  if type(value) ~= "table" then return value end
  if value[1] == EMPTY and #value == 1 then return model.array {} end
  for key, inner in pairs(value) do
    if type(inner) == "table" then value[key] = restore(inner) end
  end
  return #value > 0 and model.array(value) or value
end

local function message_with_line(message, text)
  message = tostring(message):gsub("^%S+:%d+: ", "")
  local at = tonumber(message:match "at character (%d+)")
  if not at then return message end
  local _, lines = text:sub(1, at - 1):gsub("\n", "")
  return ("line %d: %s"):format(lines + 1, (message:gsub(" at character %d+.*$", "")))
end

--- Decodes a document.
---@param text string
---@return any value nil if it is no JSON
---@return string|nil message with its line
function M.decode(text)
  text = text:gsub("^\239\187\191", "")
  local ok, value = pcall(cjson.decode, text)
  if not ok then return nil, message_with_line(value, text) end
  if text:find "%[%s*%]" then value = cjson.decode(mark_empty_arrays(text)) end
  return restore(value)
end

-- Whether Lua's numbers and tables hold this as it is.
local function is_faithful(value, depth)
  local kind = type(value)
  if kind == "number" then return value == value and math.abs(value) <= EXACT end
  if kind ~= "table" then return true end
  if depth > DEEPEST then return false end
  for _, inner in pairs(value) do
    if not is_faithful(inner, depth + 1) then return false end
  end
  return true
end

--- The body of a request that is said to be JSON: as a table where that keeps it as it is, else as
--- the text.
---@param text string
---@return { kind: string, value: any, type?: string } body
function M.body(text)
  local value = M.decode(text)
  if type(value) == "table" and is_faithful(value, 1) then
    return { kind = "json", value = value }
  end
  return { kind = "text", value = text, type = "application/json" }
end

return M
