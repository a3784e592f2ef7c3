--- Schemas of OpenAPI 3.0 and 3.1 with their parts put together: `allOf` joined, of `oneOf` and
--- `anyOf` the first.

local model = require "lload.import.model"

local M = {}

local DEEPEST = 12 -- allOf within allOf

local function is_object(value) return type(value) == "table" and not model.is_array(value) end
M.is_object = is_object

--- The keys of a table in order.
---@param t any
---@return string[]
function M.sorted_keys(t)
  local keys = {}
  for key in pairs(is_object(t) and t or {}) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function is_null(schema)
  return is_object(schema) and (schema.type == "null" or schema.const == model.null)
end

local function absorb(into, schema, from)
  for key, value in pairs(schema) do
    if key == "properties" and is_object(value) then
      into.properties = into.properties or {}
      for name, property in pairs(value) do
        into.properties[name] = { schema = property, from = from }
      end
    elseif key == "required" and type(value) == "table" then
      into.required = into.required or {}
      for _, name in ipairs(value) do into.required[name] = true end
    elseif key == "items" then
      into.items = { schema = value, from = from }
    elseif into[key] == nil and key ~= "allOf" and key ~= "oneOf" and key ~= "anyOf" then
      into[key] = value
    end
  end
end

local collect

-- The first alternative that is not null; its name in the discriminator goes with it.
local function choose(into, alternatives, from, refs, depth)
  for _, alternative in ipairs(alternatives) do
    local node = refs:follow(alternative, from)
    if not is_null(node) then
      into.chosen = into.chosen or (is_object(alternative) and alternative["$ref"])
      collect(into, alternative, from, refs, depth + 1)
      return
    end
  end
end

function collect(into, schema, from, refs, depth)
  schema, from = refs:follow(schema, from)
  if not is_object(schema) or depth > DEEPEST then return end
  absorb(into, schema, from)
  for _, part in ipairs(type(schema.allOf) == "table" and schema.allOf or {}) do
    collect(into, part, from, refs, depth + 1)
  end
  for _, key in ipairs { "oneOf", "anyOf" } do
    if type(schema[key]) == "table" then choose(into, schema[key], from, refs, depth) end
  end
end

local function first_type(types)
  if type(types) ~= "table" then return types end
  for _, name in ipairs(types) do
    if name ~= "null" then return name end
  end
  return nil
end

local function guess_type(merged)
  if merged.properties then return "object" end
  if merged.items then return "array" end
  if merged.minimum or merged.maximum or merged.multipleOf then return "number" end
  for _, key in ipairs { "pattern", "format", "minLength", "maxLength" } do
    if merged[key] ~= nil then return "string" end
  end
  return nil
end

-- `mapping` of a discriminator, or the last word of the alternative's name.
local function discriminate(merged)
  local discriminator, chosen = merged.discriminator, merged.chosen
  if not is_object(discriminator) or type(chosen) ~= "string" then return end
  local name = discriminator.propertyName
  if type(name) ~= "string" then return end
  local value = chosen:match "([^/]+)$"
  for _, key in ipairs(M.sorted_keys(discriminator.mapping)) do
    local target = discriminator.mapping[key]
    if target == chosen or target == value then
      value = key
      break
    end
  end
  merged.properties = merged.properties or {}
  merged.properties[name] = { schema = { const = value }, from = "" }
end

--- A schema with its parts put together. `properties` become `{ schema, from }` by name, `items`
--- one such, `required` a set, `type` one word.
---@param schema any
---@param from string path of its document
---@param refs lload.import.Refs
---@return table merged
function M.merged(schema, from, refs)
  local merged = {}
  collect(merged, schema, from, refs, 0)
  merged.type = first_type(merged.type) or guess_type(merged)
  discriminate(merged)
  return merged
end

return M
