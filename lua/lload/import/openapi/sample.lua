--- Values that a schema allows: its examples first, then what its format, range, pattern or the
--- name of the field suggest. Most of them are drawn anew for each request.

local model = require "lload.import.model"
local pattern = require "lload.import.openapi.pattern"
local schemas = require "lload.import.openapi.schema"

local M = {}

local DEEPEST = 8 -- levels of a body
local OPTIONAL_TO = 4 -- so deep may optional fields stand
local MOST_VALUES = 400 -- of one body
local MOST_ITEMS = 5
local LONGEST = 2000 -- characters that are made up
local EXACT = 2 ^ 53

local function random(kind, arguments) return model.random(kind, arguments) end

local function address()
  return model.template { "https://example.com/", random("string", { min = 8, max = 8 }) }
end

local function ipv4()
  return model.template { "192.0.2.", random("int", { low = 1, high = 254 }) }
end

local function post_code()
  return random("string", { min = 5, max = 5, alphabet = "0123456789" })
end

local FORMATS = {
  uuid = function() return random "uuid" end,
  email = function() return random "email" end,
  ["idn-email"] = function() return random "email" end,
  date = function() return random("date", { from_days = -30, to_days = 30 }) end,
  ["date-time"] = function() return random("date_time", { from_days = -30, to_days = 30 }) end,
  time = function() return "12:00:00Z" end,
  duration = function() return "P1D" end,
  uri = address, url = address, iri = address, ["uri-reference"] = address, ipv4 = ipv4,
  ipv6 = function() return "2001:db8::1" end,
  hostname = function() return "example.com" end,
  byte = function() return "bGxvYWQ=" end,
  password = function() return random("string", { min = 12, max = 12 }) end,
}

-- Formats of which an example may be replaced without a second thought.
local VARIES = { uuid = true, email = true, date = true, ["date-time"] = true }

-- What the name of a text suggests, the first that fits. Names come in lower case, without
-- underscores and hyphens.
local NAMES = {
  { "email", function() return random "email" end },
  { "^firstname$", function() return random "first_name" end },
  { "^givenname$", function() return random "first_name" end },
  { "lastname$", function() return random "last_name" end },
  { "surname$", function() return random "last_name" end },
  { "^fullname$", function() return random "name" end },
  { "username$", function() return random("string", { min = 10, max = 10 }) end },
  { "^login$", function() return random("string", { min = 10, max = 10 }) end },
  { "password$", function() return random("string", { min = 12, max = 12 }) end },
  { "phone", function() return random "phone" end },
  { "mobile$", function() return random "phone" end },
  { "^name$", function() return random("words", { count = 2 }) end },
  { "city$", function() return random "city" end },
  { "street", function() return random "street" end },
  { "address", function() return random "street" end },
  { "postcode$", post_code },
  { "zip", post_code },
  { "countrycode$", function() return random("pick", { list = { "DE", "FR", "GB", "US" } }) end },
  { "country$", function() return random("pick", { list = { "DE", "FR", "GB", "US" } }) end },
  { "currency", function() return random("pick", { list = { "EUR", "GBP", "USD" } }) end },
  { "description$", function() return random("words", { count = 8 }) end },
  { "comment", function() return random("words", { count = 8 }) end },
  { "message$", function() return random("words", { count = 8 }) end },
  { "title$", function() return random("words", { count = 3 }) end },
  { "url$", address },
  { "uri$", address },
  { "date$", FORMATS.date },
}

local function by_name(name)
  local plain = (name or ""):lower():gsub("[_-]", "")
  for _, row in ipairs(NAMES) do
    if plain:find(row[1]) then return row[2]() end
  end
  return nil
end

local function whole(value)
  return type(value) == "number" and value % 1 == 0 and value >= 0 and value or nil
end

local function string_of(schema, name)
  if schema.pattern then
    local made = pattern.expression(schema.pattern)
    if made then return made end
  end
  local format = FORMATS[schema.format]
  if format then return format() end
  local shortest, longest = whole(schema.minLength), whole(schema.maxLength)
  if not shortest and not longest then return by_name(name) or random("words", { count = 1 }) end
  shortest = math.min(shortest or math.min(3, longest), LONGEST)
  longest = math.max(shortest, math.min(longest or shortest + 20, LONGEST))
  local named = by_name(name)
  -- Names and addresses are of 5 to 40 characters.
  if named and shortest <= 5 and longest >= 40 then return named end
  if longest == 0 then return "" end
  return random("text", { min = shortest, max = math.min(longest, shortest + 40) })
end

local RANGES = {
  { "price$", 1, 200 }, { "amount$", 1, 200 }, { "total$", 1, 500 }, { "quantity$", 1, 5 },
  { "count$", 1, 10 }, { "qty$", 1, 5 }, { "^page$", 1, 5 }, { "limit$", 10, 50 },
  { "perpage$", 10, 50 }, { "pagesize$", 10, 50 }, { "^offset$", 0, 50 }, { "age$", 18, 90 },
  { "latitude$", -60, 60 }, { "longitude$", -180, 180 }, { "year$", 2000, 2030 },
}

local function usual_range(name)
  local plain = (name or ""):lower():gsub("[_-]", "")
  for _, row in ipairs(RANGES) do
    if plain:find(row[1]) then return row[2], row[3] end
  end
  return 1, 100
end

local function number(value)
  return type(value) == "number" and math.max(-EXACT, math.min(EXACT, value)) or nil
end

-- Lowest and highest, with the exclusive bounds of 3.0 (flags) and 3.1 (numbers).
local function bounds(schema, step, name)
  local low, high = number(schema.minimum), number(schema.maximum)
  if low and schema.exclusiveMinimum == true then low = low + step end
  if high and schema.exclusiveMaximum == true then high = high - step end
  local above, below = number(schema.exclusiveMinimum), number(schema.exclusiveMaximum)
  if above then low = math.max(low or above + step, above + step) end
  if below then high = math.min(high or below - step, below - step) end
  local usual_low, usual_high = usual_range(name)
  if low and high then return low, math.max(low, high) end
  if low then return low, low <= usual_high and math.max(low, usual_high) or low + 100 end
  if high then return math.min(usual_low, high), high end
  return usual_low, usual_high
end

local function integer_of(schema, name)
  local low, high = bounds(schema, 1, name)
  low, high = math.ceil(low), math.floor(high)
  local step = number(schema.multipleOf)
  if step and step >= 1 and step % 1 == 0 and step ~= 1 then
    low, high = math.ceil(low / step), math.floor(high / step)
    return random("int", { low = low, high = math.max(low, high), step = step })
  end
  return random("int", { low = low, high = math.max(low, high) })
end

local function number_of(schema, name)
  local step = number(schema.multipleOf)
  if step and step >= 1 then return integer_of(schema, name) end
  local low, high = bounds(schema, 0.01, name)
  if high - low < 0.02 then return low end
  return random("decimal", { low = low, high = high, digits = 2 })
end

local value_of

local function array_of(schema, name, state, depth)
  local count = math.min(math.max(whole(schema.minItems) or 1, 1), MOST_ITEMS)
  if schema.maxItems == 0 or not schema.items then return model.array {} end
  local list = {}
  for _ = 1, count do
    local item = value_of(schema.items.schema, schema.items.from, name and name:gsub("s$", ""),
      state, depth + 1)
    if item == nil then break end
    list[#list + 1] = item
  end
  return model.array(list)
end

-- Fields that are required go in; optional ones as long as it is not nested deeply.
local function wants(schema, name, merged, state, depth)
  if merged.readOnly == true or merged.deprecated == true then return false end
  if schema.required and schema.required[name] then return true end
  return depth <= OPTIONAL_TO and state.count < MOST_VALUES
end

local function object_of(schema, _, state, depth)
  local object = {}
  for _, name in ipairs(schemas.sorted_keys(schema.properties)) do
    local property = schema.properties[name]
    local merged = schemas.merged(property.schema, property.from, state.refs)
    if wants(schema, name, merged, state, depth) then
      object[name] = state.known and state.known(name, merged)
        or value_of(property.schema, property.from, name, state, depth + 1)
    end
  end
  return object
end

local OF_TYPE = {
  string = string_of, integer = integer_of, number = number_of, array = array_of,
  object = object_of,
  boolean = function() return random "bool" end,
}

--- The first of some examples, each a value or, by name, `{ value = … }`.
---@param examples any
---@param from string
---@param refs lload.import.Refs
---@return any value nil if there is none
function M.first_example(examples, from, refs)
  if type(examples) ~= "table" then return nil end
  if model.is_array(examples) then return examples[1] end
  for _, name in ipairs(schemas.sorted_keys(examples)) do
    local example = refs:follow(examples[name], from)
    if schemas.is_object(example) and example.value ~= nil then return example.value end
  end
  return nil
end

local function example_of(schema)
  if schema.example ~= nil then return schema.example end
  if model.is_array(schema.examples) then return schema.examples[1] end
  return nil
end

local function choice(list)
  local values = {}
  for _, value in ipairs(list) do
    if type(value) ~= "table" and value ~= model.null then values[#values + 1] = value end
  end
  if #values == 0 then return nil end
  return #values == 1 and values[1] or random("pick", { list = values })
end

local function fixed_of(schema)
  if schema.const ~= nil then return schema.const end
  if type(schema.enum) == "table" then return choice(schema.enum) end
  return nil
end

-- An example, varied where the schema says for certain what else would do.
local function varied(example, schema, state, depth)
  state.count = state.count + 1
  if depth > DEEPEST or state.count > MOST_VALUES or not schema then return example end
  local fixed = fixed_of(schema)
  if fixed ~= nil and type(example) ~= "table" then return fixed end
  if type(example) == "string" and VARIES[schema.format] then return FORMATS[schema.format]() end
  if schema.type == "integer" and schema.minimum and schema.maximum then
    return integer_of(schema)
  end
  if not schemas.is_object(example) then
    if model.is_array(example) and schema.items then
      local items = schemas.merged(schema.items.schema, schema.items.from, state.refs)
      local list = {}
      for index, item in ipairs(example) do list[index] = varied(item, items, state, depth + 1) end
      return model.array(list)
    end
    return example
  end
  local object = {}
  for _, name in ipairs(schemas.sorted_keys(example)) do
    local value = example[name]
    local property = schema.properties and schema.properties[name]
    local merged = property and schemas.merged(property.schema, property.from, state.refs)
    if not (merged and merged.readOnly == true) then
      object[name] = state.known and merged and state.known(name, merged)
        or varied(value, merged, state, depth + 1)
    end
  end
  return object
end

function value_of(raw, from, name, state, depth)
  state.count = state.count + 1
  if depth > DEEPEST then return nil end
  local schema = schemas.merged(raw, from, state.refs)
  local example = example_of(schema)
  if example ~= nil and not (schema.type == "object" and type(example) ~= "table") then
    return varied(example, schema, state, depth)
  end
  local fixed = fixed_of(schema)
  if fixed ~= nil then return fixed end
  if schema.default ~= nil and type(schema.default) ~= "table" and depth > 0 then
    return schema.default
  end
  local make = OF_TYPE[schema.type]
  if make then return make(schema, name, state, depth) end
  return random("words", { count = 1 })
end

--- A value for a schema.
---@param schema any
---@param from string path of its document
---@param refs lload.import.Refs
---@param name? string of the field
---@param known? fun(name: string, schema: table): any what is known already for a field, or nil
---@return any value
function M.value(schema, from, refs, name, known)
  return value_of(schema, from, name, { refs = refs, count = 0, known = known }, 0)
end

--- An example of a whole body, varied as its schema allows.
---@param example any
---@param schema any
---@param from string
---@param refs lload.import.Refs
---@param known? fun(name: string, schema: table): any
---@return any value
function M.from_example(example, schema, from, refs, known)
  local merged = schema and schemas.merged(schema, from, refs) or nil
  return varied(example, merged, { refs = refs, count = 0, known = known }, 0)
end

return M
