--- What is to be done: command line over LLOAD_* over scenario file over default, in one function.

local options = require "lload.options"

local M = {}

local SWITCH = {
  ["1"] = true, ["true"] = true, yes = true, on = true,
  ["0"] = false, ["false"] = false, no = false, off = false,
}

---@class lload.Settings
---@field command_line table<string, any>
---@field environment table<string, any>
local Settings = {}
Settings.__index = Settings

-- The text of an option in the environment, in the form the command line gives it.
local function from_environment(option, getenv)
  local value = getenv(options.variable(option))
  if value == nil or value == "" then return nil end
  if not option.many then return value end
  local lines = {}
  for line in value:gmatch("[^\r\n]+") do lines[#lines + 1] = line end
  return lines
end

local function parse_value(option, raw, label, problems)
  local value, message
  if option.value then
    value, message = option.parse(raw)
  elseif raw == true then
    value = true
  else
    value = SWITCH[raw:lower()]
    message = ('"%s" is neither 1 nor 0'):format(raw)
  end
  if value == nil then problems[#problems + 1] = ("%s: %s"):format(label, message) end
  return value
end

local function parse_layer(layer, option, raw, label, problems)
  if raw == nil then return end
  local key = options.key(option)
  if not option.many then
    layer[key] = parse_value(option, raw, label, problems)
    return
  end
  layer[key] = {}
  for _, item in ipairs(raw) do
    table.insert(layer[key], parse_value(option, item, label, problems))
  end
end

--- Parses the values of all options given on the command line and in the environment.
---@param request lload.Request
---@param getenv fun(name: string): string|nil
---@return lload.Settings
---@return string[] problems
function M.read(request, getenv)
  local settings = setmetatable({ command_line = {}, environment = {} }, Settings)
  local problems = {}
  for _, option in ipairs(options.of(request.command)) do
    local key = options.key(option)
    parse_layer(settings.command_line, option, request.given[key], "--" .. option.name, problems)
    if request.command == "run" and key ~= "help" then
      local raw = from_environment(option, getenv)
      parse_layer(settings.environment, option, raw, options.variable(option), problems)
    end
  end
  return settings, problems
end

--- The value in force: command line > LLOAD_* > scenario file > default.
---@param key string
---@param from_scenario any
---@param default any
---@return any
function Settings:value(key, from_scenario, default)
  if self.command_line[key] ~= nil then return self.command_line[key] end
  if self.environment[key] ~= nil then return self.environment[key] end
  if from_scenario ~= nil then return from_scenario end
  return default
end

--- The items of a repeatable option, weakest first, so that a later one wins.
---@param key string
---@return any[]
function Settings:items(key)
  local items = {}
  for _, layer in ipairs { self.environment, self.command_line } do
    for _, item in ipairs(layer[key] or {}) do items[#items + 1] = item end
  end
  return items
end

--- A repeatable option of names and values as a map.
---@param key string
---@return table<string, string>
function Settings:map(key)
  local map = {}
  for _, item in ipairs(self:items(key)) do map[item.name] = item.value end
  return map
end

return M
