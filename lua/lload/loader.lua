--- Loads a scenario file in its strict environment, in the control state and in every worker's.

local core = require "lload.core"
local env = require "lload.env"
local metric = require "lload.metric"
local random = require "lload.random"
local strict = require "lload.strict"

local M = {}

-- Standard output belongs to results, so what a script prints is a log line.
local function print_to_log(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  core.log("info", table.concat(words, "\t"))
end

local function copy_of(library, changes)
  local copy = {}
  for name, value in pairs(library) do copy[name] = value end
  for name, value in pairs(changes) do copy[name] = value end
  return copy
end

local function no_exit()
  error("os.exit would end the run without a verdict; use lload.abort(reason)", 2)
end

-- What is different from plain Lua: standard output belongs to results, a run ends only with a
-- verdict, a seed fixes all choices, and no finaliser of a script runs where nobody can catch it.
local function overrides()
  return {
    print = print_to_log,
    math = copy_of(math, { random = random.like_math, randomseed = function() end }),
    os = copy_of(os, { exit = no_exit }),
    io = copy_of(io, { stdout = io.stderr, write = function(...) return io.stderr:write(...) end }),
    debug = { traceback = debug.traceback, getinfo = debug.getinfo },
  }
end

-- Compiled loops cannot be interrupted, so that scenario code is interpreted: see the watchdog.
local function compile(text, chunk_name, environment)
  local chunk, message = loadstring(text, chunk_name)
  if not chunk then return nil, message end
  setfenv(chunk, environment)
  jit.off(chunk, true)
  return chunk
end

-- Modules of the user's own, beside the scenario file, in the same environment.
local function user_searcher(folder, environment)
  return function(name)
    local path = ("%s%s.lua"):format(folder, name:gsub("%.", "/"))
    local file = io.open(path, "rb")
    if not file then return "\n\tno file '" .. path .. "'" end
    local text = file:read "*a"
    file:close()
    local chunk, message = compile(text, "@" .. path, environment)
    if not chunk then error(message, 0) end
    return chunk
  end
end

local function replace_file_searchers(file, environment)
  local folder = file:match "^(.*/)" or ""
  package.preload.ffi = nil -- raw memory is not for scripts
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
  local environment = strict.environment(core.is_running, overrides(), { "newproxy" })
  replace_file_searchers(file, environment)
  local chunk, message = compile(source, "@" .. file, environment)
  if not chunk then return nil, message end
  local ok, result = pcall(chunk)
  if not ok then return nil, with_position(result) end
  if result == nil then
    return nil, file .. ": returns nothing; a scenario file ends with `return { … }`"
  end
  return result
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
