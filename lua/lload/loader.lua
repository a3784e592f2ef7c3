--- Loads a scenario file in its strict environment, in the control state and in every worker's.

local chunk = require "lload.chunk"
local core = require "lload.core"
local env = require "lload.env"
local metric = require "lload.metric"
local strict = require "lload.strict"

local M = {}

--- `pcall` for scenario code that runs while its file is loaded, with an end to it.
---@type fun(f: function, ...: any): boolean, ...
M.guard = core.guard

-- The Lua library, what is made for this environment, and no undefined globals. Whoever asks for
-- the module "_G" gets it as well.
local function make_environment()
  local environment = strict.environment(core.is_running)
  for name, value in pairs(chunk.functions(environment)) do rawset(environment, name, value) end
  package.loaded._G = environment
  return environment
end

-- Modules of the user's own, beside the scenario file, in the same environment.
local function user_searcher(folder, environment)
  return function(name)
    local path = ("%s%s.lua"):format(folder, name:gsub("%.", "/"))
    local file = io.open(path, "rb")
    if not file then return "\n\tno file '" .. path .. "'" end
    local text = file:read "*a"
    file:close()
    local module, message = chunk.compile(text, "@" .. path, environment)
    if not module then error(message, 0) end
    M.texts[#M.texts + 1] = name .. "\0" .. text
    return module
  end
end

local function replace_file_searchers(file, environment)
  local folder = file:match "^(.*/)" or ""
  local loaders = package.loaders
  while #loaders > 2 do loaders[#loaders] = nil end
  loaders[3] = user_searcher(folder, environment)
end

-- Modules the last scenario brought along must not leak into the next one.
local function forget_user_modules()
  for name in pairs(package.loaded) do
    if M.own_modules and not M.own_modules[name] and not name:find "^lload" then
      package.loaded[name] = nil
    end
  end
  if M.own_modules then return end
  M.own_modules = {}
  for name in pairs(package.loaded) do M.own_modules[name] = true end
end

local function with_position(message)
  return type(message) == "string" and message or "an error that is no text"
end

--- Runs a scenario file.
---@param file string its path, for messages and for what it reads
---@param source string its text
---@param variables table<string, string> what lload.env finds first
---@return table|nil scenario what the file returned
---@return string|nil message with file and line
function M.load(file, source, variables)
  core.scenario_file(file)
  env.set(variables)
  metric.forget()
  forget_user_modules()
  local environment = make_environment()
  replace_file_searchers(file, environment)
  M.texts = { source }
  local main, message = chunk.compile(source, "@" .. file, environment)
  if not main then return nil, message end
  local ok, result = core.guard(main)
  if not ok then return nil, with_position(result) end
  if result == nil then
    return nil, file .. ": returns nothing; a scenario file ends with `return { … }`"
  end
  return result
end

--- What tells the scenario loaded last from any other: a digest of its text and of the modules it
--- brought along.
---@return string sha256 in hexadecimal digits
function M.digest()
  return core.digest("sha256", table.concat(M.texts, "\0"), "hex")
end

--- The custom metrics declared while loading, in order.
---@return { kind: string, name: string }[]
function M.declared() return metric.declared() end

--- For the workers: the functions of a scenario that the control side has found valid.
---@return table functions { setup, on_start, on_stop, teardown, journeys = { name = function } }
function M.functions(file, source, variables)
  local scenario, message = M.load(file, source, variables)
  if not scenario then error(message, 0) end
  local journeys = {}
  for name, journey in pairs(scenario.journeys or { default = scenario.journey }) do
    journeys[name] = type(journey) == "table" and journey.run or journey
  end
  return {
    setup = scenario.setup, teardown = scenario.teardown,
    on_start = scenario.on_start, on_stop = scenario.on_stop, journeys = journeys,
  }
end

return M
