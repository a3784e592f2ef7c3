--- Reads a stored result.json back into the result model, and refuses what is none.

local metrics = require "lload.metrics"
local reader = require "lload.reader"
local shape = require "lload.shape"
local summary = require "lload.summary"
local write = require "lload.report.write"

local M = {}

local RESULT, WINDOWS = "result.json", "windows.hlog"

local LISTS = {
  "thresholds", "requests", "steps", "journeys", "checks", "errors", "iteration_failures",
  "script_errors", "windows", "notes",
}

-- JSON null is absence here, as everywhere in a result.
local function without_null(value, null)
  if type(value) ~= "table" then return value end
  for key, item in pairs(value) do
    if item == null then value[key] = nil else without_null(item, null) end
  end
  return value
end

local function decode(source)
  local cjson = require "cjson"
  local ok, value = pcall(cjson.decode, source)
  if not ok then return nil, "it is not JSON, perhaps cut off: " .. tostring(value) end
  if type(value) ~= "table" then return nil, "it is not a result of lload" end
  return without_null(value, cjson.null)
end

local function check_schema(schema)
  local kind, version = tostring(schema):match("^lload/(results?)/(%d+)$")
  if not kind then return nil, "it is not a result of lload" end
  if version ~= "1" then
    return nil, ("it was written by a newer lload (schema %s); this one reads lload/%s/1")
      :format(schema, kind)
  end
  return kind
end

-- Reports take the kind of a built-in metric for granted.
local function kind_problem(model)
  for _, name in ipairs(reader.sorted_keys(model.metrics)) do
    local kind = metrics.BUILT_IN[name]
    if kind and model.metrics[name].type ~= kind then
      return ("metrics.%s must be a %s"):format(name, kind)
    end
  end
  return nil
end

-- Gives a sound run the parts that every report relies on.
local function complete(model)
  model.validity = model.validity or { verdict = "ok" }
  model.validity.reasons = model.validity.reasons or {}
  model.metrics = model.metrics or {}
  for _, key in ipairs(LISTS) do model[key] = model[key] or {} end
  local message = kind_problem(model)
  if message then return nil, message end
  return model
end

local function complete_all(model)
  if #model.runs == 0 then return nil, "it has no runs" end
  for index, run in ipairs(model.runs) do
    local completed, message = complete(run)
    if not completed then return nil, ("runs[%d].%s"):format(index, message) end
  end
  return model
end

--- Turns the text of a stored result into the model of one run or of several.
---@param source string
---@return table|nil model
---@return string|nil message
function M.parse(source)
  local model, message = decode(source)
  if not model then return nil, message end
  local kind
  kind, message = check_schema(model.schema)
  if not kind then return nil, message end
  message = shape.problem(model, kind == "result" and shape.RESULT or shape.RESULTS)
  if message then return nil, message end
  return (kind == "result" and complete or complete_all)(model)
end

--- Reads a stored result from a file.
---@param file string
---@return table|nil model
---@return string|nil message
function M.read(file)
  local handle, message = io.open(file, "rb")
  local source = handle and handle:read("*a")
  if handle then handle:close() end
  if not source then
    message = message and message:gsub("^.*: ", "") or "it is a directory"
    return nil, ("%s: cannot read: %s"):format(file, message)
  end
  local model
  model, message = M.parse(source)
  if model then return model end
  return nil, ("%s: cannot use: %s"):format(file, message)
end

-- Is there a file or folder of that name? Asked of the folder: to open a pipe would wait for its
-- writer.
local function has(folder, name, engine)
  for _, inner in ipairs(engine.list(folder) or {}) do
    if inner == name then return true end
  end
  return false
end

-- The folders of the scenarios below that of an invocation with several.
local function folders_below(folder, engine)
  local names, folders = engine.list(folder) or {}, {}
  table.sort(names)
  for _, name in ipairs(names) do
    local path = folder .. "/" .. name
    if has(path, RESULT, engine) then folders[#folders + 1] = path end
  end
  return folders
end

--- Is this the folder of --out, of one run or of several?
---@param path string
---@param engine table
---@return boolean
function M.is_folder(path, engine)
  return has(path, RESULT, engine) or #folders_below(path, engine) > 0
end

---@class lload.StoredRun
---@field model table
---@field folder string|nil where its windows may be

---@class lload.Stored
---@field model table one run, or the combination of several
---@field items lload.StoredRun[]

-- All runs of one file; of several runs in one file nobody knows where their windows are.
local function items_of(model, folder)
  if not model.runs then return { { model = model, folder = folder } } end
  local items = {}
  for index, run in ipairs(model.runs) do items[index] = { model = run } end
  return items
end

local function find_below(folder, engine)
  local items, runs = {}, {}
  for index, path in ipairs(folders_below(folder, engine)) do
    local model, message = M.read(path .. "/" .. RESULT)
    if not model then return nil, message end
    items[index], runs[index] = { model = model, folder = path }, model
  end
  if #items == 0 then
    return nil, ("%s: has no %s; name the folder of --out, or a result"):format(folder, RESULT)
  end
  return { model = summary.combine(runs), items = items }
end

--- Finds what was stored: a result's file, or the folder that --out named.
---@param path string
---@param engine table
---@return lload.Stored|nil
---@return string|nil message
function M.find(path, engine)
  local folder = path:match "^(.*)/[^/]*$" or "."
  if write.is_directory(path) then
    folder, path = path, path .. "/" .. RESULT
    if not has(folder, RESULT, engine) then return find_below(folder, engine) end
  end
  local model, message = M.read(path)
  if not model then return nil, message end
  return { model = model, items = items_of(model, folder) }
end

--- The windows beside a result; nil without any, with a message when they are no use.
---@param run lload.StoredRun
---@param engine table
---@return table|nil windows
---@return string|nil message
function M.windows(run, engine)
  local path = run.folder and run.folder .. "/" .. WINDOWS
  if not path or not has(run.folder, WINDOWS, engine) then return nil end
  local windows, message = engine.open_windows(path)
  if not windows then return nil, message end
  local started = summary.timestamp(math.floor(windows:started_s() * 1000 + 0.5))
  if started == run.model.started then return windows end
  windows:close()
  return nil, ("%s: is of another run (of %s) than the result beside it"):format(path, started)
end

return M
