--- lload.http.batch: several requests of one user at the same time, as a browser sends them.

local core = require "lload.core"

local BATCH, PER_HOST = 20, 6
local LIMITS = { batch = BATCH, per_host = PER_HOST }

-- An item is an address, or { address, method = "POST", … options of the request }.
local function normalise(item, key)
  if type(item) == "string" then return { "GET", item } end
  if type(item) ~= "table" or type(item[1]) ~= "string" then
    error(("batch: item %s must be an address or { address, … }, not a %s"):format(
      tostring(key), type(item) == "table" and "table without an address" or type(item)), 3)
  end
  local options = {}
  for name, value in pairs(item) do
    if name ~= 1 and name ~= "method" then options[name] = value end
  end
  return { item.method or "GET", item[1], options }
end

local function limit(options, name)
  local value = options[name]
  if value == nil then return LIMITS[name] end
  if type(value) ~= "number" or value < 1 or value ~= math.floor(value) then
    error(("batch: %s must be a whole number of at least 1"):format(name), 4)
  end
  return value
end

local function read_limits(options)
  for name in pairs(options) do
    if not LIMITS[name] then
      error(("batch: unknown option '%s'; there are batch, per_host"):format(tostring(name)), 3)
    end
  end
  return limit(options, "batch"), limit(options, "per_host")
end

-- List items in their order, then named ones by name: the order in which they are sent.
local function keys_of(requests)
  local keys, names = {}, {}
  for index = 1, #requests do keys[index] = index end
  for key in pairs(requests) do
    if type(key) == "string" then names[#names + 1] = key end
  end
  table.sort(names)
  for _, name in ipairs(names) do keys[#keys + 1] = name end
  return keys
end

--- Sends requests at the same time and waits for all; see lload.http.batch in types/http.lua.
---@param requests table
---@param options? { batch?: integer, per_host?: integer }
---@return table responses under the keys of their requests
return function(requests, options)
  if type(requests) ~= "table" then
    error(("batch: a table of requests is wanted, got a %s"):format(type(requests)), 2)
  end
  local batch, per_host = read_limits(options or {})
  local keys, list = keys_of(requests), {}
  for index, key in ipairs(keys) do list[index] = normalise(requests[key], key) end
  local given = options and options.per_host ~= nil
  local answers, responses = core.batch(list, batch, per_host, not given), {}
  for index, key in ipairs(keys) do responses[key] = answers[index] end
  return responses
end
