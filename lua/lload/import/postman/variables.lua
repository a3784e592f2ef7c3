--- `{{name}}` in a Postman collection: what earlier answers set, settings from outside, and
--- Postman's own random values.

local json = require "lload.import.json"
local model = require "lload.import.model"
local quote = require "lload.import.quote"
local secrets = require "lload.import.secret"

local M = {}

local DEEPEST = 5 -- variables whose values have variables
local function random(kind, arguments)
  return function() return model.random(kind, arguments) end
end

-- Postman's names of random values that lload has something for.
local DYNAMIC = {
  ["$guid"] = random "uuid", ["$randomUUID"] = random "uuid",
  ["$timestamp"] = random "timestamp",
  ["$isoTimestamp"] = random("date_time", { from_days = 0, to_days = 0 }),
  ["$randomInt"] = random("int", { low = 0, high = 1000 }),
  ["$randomBoolean"] = random "bool",
  ["$randomPrice"] = random("decimal", { low = 0, high = 1000, digits = 2 }),
  ["$randomAlphaNumeric"] = random("string", { min = 1, max = 1 }),
  ["$randomPassword"] = random("string", { min = 15, max = 15 }),
  ["$randomFirstName"] = random "first_name", ["$randomLastName"] = random "last_name",
  ["$randomFullName"] = random "name",
  ["$randomUserName"] = random("string", { min = 10, max = 10 }),
  ["$randomEmail"] = random "email", ["$randomExampleEmail"] = random "email",
  ["$randomPhoneNumber"] = random "phone", ["$randomCity"] = random "city",
  ["$randomStreetAddress"] = random "street", ["$randomStreetName"] = random "street",
  ["$randomDateRecent"] = random("date_time", { from_days = -7, to_days = 0 }),
  ["$randomDateFuture"] = random("date_time", { from_days = 1, to_days = 365 }),
  ["$randomDatePast"] = random("date_time", { from_days = -365, to_days = -1 }),
  ["$randomWord"] = random("words", { count = 1 }),
  ["$randomWords"] = random("words", { count = 4 }),
  ["$randomProductName"] = random("words", { count = 3 }),
  ["$randomLoremWord"] = random("words", { count = 1 }),
  ["$randomLoremSentence"] = random("words", { count = 8 }),
  ["$randomLoremParagraph"] = random("words", { count = 30 }),
}

---@class lload.import.PostmanVariables
---@field values table<string, string> as the collection and the environment have them
---@field secret table<string, boolean>
---@field set table<string, boolean> by answers of earlier requests
local Variables = {}
Variables.__index = Variables

---@param m lload.import.Model
---@return lload.import.PostmanVariables
function M.new(m)
  return setmetatable({ model = m, values = {}, secret = {}, set = {} }, Variables)
end

local function is_secret(name) return secrets.is_name(name) or secrets.is_header(name) end

--- Takes over a list of variables: of a collection or of an environment.
---@param list any
function Variables:add(list)
  for _, entry in ipairs(type(list) == "table" and list or {}) do
    local name = type(entry) == "table" and (entry.key or entry.id)
    local is_on = type(name) == "string" and entry.disabled ~= true and entry.enabled ~= false
    if is_on then
      local value = entry.value
      if type(value) == "number" then value = quote.number(value) end
      if type(value) == "boolean" then value = tostring(value) end
      self.values[name] = type(value) == "string" and value or ""
      self.secret[name] = entry.type == "secret" or is_secret(name)
    end
  end
end

local function env_name(name) return quote.name(name, "value"):upper() end

function Variables:setting(name, as)
  local default = self:static(self.values[name] or "", 1)
  if self.secret[name] or is_secret(name) then
    default = ""
    model.todo(self.model, ("set %s: the value of {{%s}} is not in this file"):format(
      env_name(name), name))
  elseif self.values[name] == nil then
    model.todo(self.model, ("set %s: the collection has no value for {{%s}}"):format(
      env_name(name), name))
  end
  return model.env(env_name(name), default, as)
end

--- The expression for a variable.
---@param name string without the braces
---@param as? "number"
function Variables:expression(name, as)
  if name:sub(1, 1) == "$" then
    local make = DYNAMIC[name]
    if make then return make() end
    model.todo(self.model, ("{{%s}} became words: lload has nothing like it"):format(name))
    return model.random("words", { count = 1 })
  end
  if self.set[name] then return model.variable(name, as) end
  return self:setting(name, as)
end

--- A text with the values that the files have; what they have none for stays.
---@param text string
---@param depth? integer
---@return string
function Variables:static(text, depth)
  if (depth or 0) > DEEPEST then return text end
  return (text:gsub("{{%s*([^{}]-)%s*}}", function(name)
    local value = self.values[name]
    return value and self:static(value, (depth or 0) + 1) or nil
  end))
end

--- A text with its variables as expressions.
---@param text string
---@return any
function Variables:text(text)
  local parts, at = {}, 1
  for from, name, after in text:gmatch "(){{%s*([^{}]-)%s*}}()" do
    if from > at then parts[#parts + 1] = text:sub(at, from - 1) end
    parts[#parts + 1] = self:expression(name)
    at = after
  end
  if #parts == 0 then return text end
  if at <= #text then parts[#parts + 1] = text:sub(at) end
  return #parts == 1 and parts[1] or model.template(parts)
end

local BARE = "\1" -- before a variable that stood without quotes

-- Variables that stand where JSON has no text, put between quotes.
local function quote_bare(text)
  local parts, at, in_string = {}, 1, false
  while true do
    local stop = text:find('["\\{]', at)
    if not stop then break end
    local c = text:sub(stop, stop)
    local last = c == "{" and select(2, text:find("^{{[^{}]*}}", stop))
    if last and not in_string then
      parts[#parts + 1] = text:sub(at, stop - 1) .. '"\\u0001' .. text:sub(stop, last) .. '"'
      at = last + 1
    else
      if c == '"' then in_string = not in_string end
      local to = last or stop + (c == "\\" and 1 or 0)
      parts[#parts + 1] = text:sub(at, to)
      at = to + 1
    end
  end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

function Variables:substituted(value)
  if type(value) == "string" then
    local bare = value:match("^" .. BARE .. "{{%s*([^{}]-)%s*}}$")
    return bare and self:expression(bare, "number") or self:text(value)
  elseif type(value) ~= "table" then
    return value
  end
  local made, keys = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do made[key] = self:substituted(value[key]) end
  return model.is_array(value) and model.array(made) or made
end

--- A JSON body with its variables; text where it is no JSON even then.
---@param text string
---@return { kind: string, value: any, type?: string } body
function Variables:json_body(text)
  if not text:find "{{" then return json.body(text) end
  local body = json.body(quote_bare(text))
  if body.kind == "json" then
    body.value = self:substituted(body.value)
  else
    body.value = self:text(text)
  end
  return body
end

return M
