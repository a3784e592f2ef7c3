--- Which values of a recording came from the server: first seen in an answer, later sent. They
--- become extractors and variables; what the client had before any answer stays as it is.

local model = require "lload.import.model"
local quote = require "lload.import.quote"

local M = {}

local LONG = 8 -- a text of this length with letters and digits is no word
local VERY_LONG = 20
local LARGE = 10000 -- a number that is hardly met by chance

---@class lload.import.har.Correlation
---@field list table[] { variable, source, step, uses } in the order of first use
local Correlation = {}
Correlation.__index = Correlation

function M.new()
  return setmetatable({
    sources = {}, sent = {}, names = {}, list = {}, by_source = {},
  }, Correlation)
end

-- Values that no two things share by chance.
local function is_token_like(value)
  if value:find "^%d+$" then return #value < 17 and tonumber(value) >= LARGE or #value >= 17 end
  if value:find "[%s<>]" or value:find "^%d%d%d%d%-%d%d%-%d%dT?" or value:find "^https?://" then
    return false
  end
  if #value >= VERY_LONG then return value:find "^[%w_.=+/~:|$-]+$" ~= nil end
  return #value >= LONG and value:find "%d" ~= nil and value:find "%a" ~= nil
    and not value:find "^[%d.]+%a+$" and not value:find "@"
end

-- Ids too short to tell by themselves.
local function is_weak(value) return #value <= 64 and value:find "^[%w_-]*%d[%w_-]*$" ~= nil end

local function letters(name) return (name:lower():gsub("[^%l%d]", "")) end

local function singular(name)
  local word = letters(name)
  if word:find "ies$" then return (word:gsub("ies$", "y")) end
  return (word:gsub("ss?es$", function(e) return e == "sses" and "ss" or "se" end)
    :gsub("([^s])s$", "%1"))
end

local IDS = { id = true, uuid = true, key = true, number = true, code = true, slug = true }

local ENDINGS = {
  "id$", "key$", "number$", "code$", "token$", "sku$", "slug$", "version$", "ref$", "hash$", "no$",
}

local function names_id(key)
  for _, ending in ipairs(ENDINGS) do
    if key:find(ending) then return true end
  end
  return false
end

-- Whether what a request calls the value is what the answer called it: `cartId` and `cartId`,
-- `productId` and `products[1].id`, `/orders/…` and the `id` that `POST /orders` gave.
local function names_agree(use, source)
  local wanted, key = letters(use.name), letters(source.key)
  if wanted == "" or key == "" then return false end
  if use.where == "path" then
    local thing = singular(use.name)
    if key == thing .. "id" or key == thing then return true end
    return IDS[key] ~= nil and (singular(source.holder) == thing or source.resources[thing] == true)
  end
  if wanted == key and not IDS[key] then return names_id(key) end
  if wanted == key and source.depth <= 1 then return true end
  if not IDS[key] then return false end
  if source.holder ~= "" then return wanted == singular(source.holder) .. key end
  local thing = wanted:match("^(.+)" .. key .. "$")
  return thing ~= nil and source.resources[thing] == true
end

local function text_of(value)
  if type(value) == "number" then
    return value % 1 == 0 and math.abs(value) < 2 ^ 53 and ("%.0f"):format(value)
      or ("%.14g"):format(value)
  end
  return value
end

local function source_of(self, use)
  local value = text_of(use.value)
  local candidates = self.sources[value]
  if not candidates then return nil end
  if is_token_like(value) then
    -- Of those in the answer that had it first, one of the same name is the better one.
    for _, source in ipairs(candidates) do
      if source.step == candidates[1].step and names_agree(use, source) then return source end
    end
    return candidates[1]
  end
  if not is_weak(value) then return nil end
  for _, source in ipairs(candidates) do
    if names_agree(use, source) then return source end
  end
  return nil
end

-- What an `id` is the id of, as far as that can be told.
local function thing_of(source, use)
  if source.holder ~= "" then return singular(source.holder) end
  if use.where == "path" then return singular(use.name) end
  local wanted, key = letters(use.name), letters(source.key)
  return wanted:match("^(.+)" .. key .. "$") or ""
end

local function variable_name(self, source, use)
  local name = source.key
  if IDS[letters(name)] then
    local thing = thing_of(source, use)
    name = thing ~= "" and thing .. "_" .. name or name
  end
  name = quote.name(name, "value")
  local unique, number = name, 1
  while self.names[unique] do
    number = number + 1
    unique = name .. "_" .. number
  end
  self.names[unique] = true
  return unique
end

local function correlate(self, source, use)
  local entry = self.by_source[source]
  if entry then return entry end
  entry = {
    variable = variable_name(self, source, use), source = source, step = source.step, uses = {},
  }
  self.by_source[source] = entry
  self.list[#self.list + 1] = entry
  local step = source.step
  step.extract = step.extract or {}
  table.insert(step.extract, { variable = entry.variable, from = source.from, path = source.path })
  -- That it is there is what a replay can prove.
  if source.from == "json" or source.from == "header" then
    step.checks = step.checks or {}
    step.checks.list = step.checks.list or {}
    table.insert(step.checks.list, { kind = source.from, path = source.path })
  end
  return entry
end

--- Replaces the values of a request that answers gave.
---@param uses lload.import.har.Use[]
---@param step lload.import.Step
---@return lload.import.har.Use[] rest those that were not replaced
function Correlation:replace(uses, step)
  local rest = {}
  for _, use in ipairs(uses) do
    local source = source_of(self, use)
    if source then
      local entry = correlate(self, source, use)
      use.set(model.variable(entry.variable), entry.variable)
      table.insert(entry.uses, { step = step, where = use.where, name = use.name })
    else
      rest[#rest + 1] = use
      self.sent[text_of(use.value)] = true
    end
  end
  return rest
end

-- The words of a path, of what was asked for: `POST /api/orders/create` makes an order.
local function resources_of(path)
  local resources = {}
  for segment in path:gmatch "[^/]+" do
    if segment:find "^%a[%a_-]*$" then resources[singular(segment)] = true end
  end
  return resources
end

-- Whether an answer only repeats what its own request, or one before, said.
local function is_echo(self, source, uses)
  if is_token_like(source.value) then return self.sent[source.value] == true end
  for _, use in ipairs(uses) do
    if text_of(use.value) == source.value and names_agree(use, source) then return true end
  end
  return false
end

--- Remembers what an answer has that was never sent before.
---@param values lload.import.har.Source[] the best readers first
---@param step lload.import.Step whose answer it is
---@param path string that was asked for
---@param uses lload.import.har.Use[] what was sent
function Correlation:learn(values, step, path, uses)
  local resources = resources_of(path)
  for _, source in ipairs(values) do
    local value, is_token = source.value, is_token_like(source.value)
    if is_token or is_weak(value) then
      source.step, source.resources = step, resources
      if not is_echo(self, source, uses) then
        local known = self.sources[value]
        if known then known[#known + 1] = source else self.sources[value] = { source } end
      end
    end
  end
end

return M
