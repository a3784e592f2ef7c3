--- A document in JSON or YAML as plain tables: lists are marked, YAML's merge keys are merged.

local json = require "lload.import.json"
local model = require "lload.import.model"

local M = {}

local MERGE = "<<"

local function merge_into(target, sources)
  for _, source in ipairs(model.is_array(sources) and sources or { sources }) do
    if type(source) == "table" then
      for key, value in pairs(source) do
        if target[key] == nil then target[key] = value end
      end
    end
  end
end

-- Tables that aliases share are merged once.
local function merge_keys(value, done)
  if type(value) ~= "table" or done[value] then return end
  done[value] = true
  for _, inner in pairs(value) do merge_keys(inner, done) end
  local sources = value[MERGE]
  if type(sources) ~= "table" then return end
  value[MERGE] = nil
  merge_into(value, sources)
end

--- Reads a document.
---@param text string
---@param engine table lload.engine
---@return any value nil if it is neither
---@return string|nil message with its line
function M.read(text, engine)
  text = text:gsub("^\239\187\191", "")
  if text:find "^%s*[{%[]" then
    local value, message = json.decode(text)
    if value ~= nil then return value end
    -- YAML in flow style begins so as well.
    value = text:find '^%s*{%s*"' == nil and engine.yaml(text, model.ARRAY) or nil
    if value == nil then return nil, message end
    merge_keys(value, {})
    return value
  end
  local value, message = engine.yaml(text, model.ARRAY)
  if value == nil then return nil, message end
  merge_keys(value, {})
  return value
end

return M
