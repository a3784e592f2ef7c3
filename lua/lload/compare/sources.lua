--- Stored results by path: a file, or a folder that --out wrote; with the histograms beside them.

local stored = require "lload.stored"

local M = {}

-- A folder stands for the result in it.
local function result_file(path, engine)
  if engine.list(path) then return path:gsub("/+$", "") .. "/result.json" end
  return path
end

local function windows_beside(file, engine)
  local path = (file:match "^(.*/)" or "") .. "windows.hlog"
  local handle = engine.open_windows and io.open(path, "rb")
  if not handle then return nil end
  handle:close()
  return engine.open_windows(path)
end

--- Reads the runs of one stored result: one, or as many as one invocation had.
---@param path string a result.json, or the folder it is in
---@param engine table
---@return lload.Run[]|nil runs
---@return string|nil message
function M.read(path, engine)
  local file = result_file(path, engine)
  local model, message = stored.read(file)
  if not model then return nil, message end
  if not model.runs then
    return { { result = model, file = path, windows = windows_beside(file, engine) } }
  end
  local runs = {}
  for index, result in ipairs(model.runs) do runs[index] = { result = result, file = path } end
  return runs
end

local function read_all(paths, engine, problems)
  local runs = {}
  for _, path in ipairs(paths) do
    local read, message = M.read(path, engine)
    problems[#problems + 1] = message
    for _, run in ipairs(read or {}) do runs[#runs + 1] = run end
  end
  return runs
end

--- Reads several; all that cannot be read are listed.
---@param paths string[]
---@param engine table
---@return lload.Run[] runs
---@return string[] problems
function M.read_all(paths, engine)
  local problems = {}
  return read_all(paths, engine, problems), problems
end

--- The results in a folder and in the folders directly inside, newest first. Whatever else lies
--- there is passed over, and said.
---@param folder string
---@param engine table
---@return lload.Run[]|nil runs nil when the folder cannot be read
---@return string[] notes about files that are none; or the message
function M.in_folder(folder, engine)
  local names, message = engine.list(folder)
  table.sort(names or {})
  if not names then return nil, { message } end
  local runs, notes = {}, {}
  for _, name in ipairs(names) do
    local path = folder:gsub("/+$", "") .. "/" .. name
    local inner = engine.list(path)
    local is_result = name:match "%.json$" or inner and io.open(path .. "/result.json", "rb")
    if type(is_result) == "userdata" then is_result:close() end
    if is_result then
      local read, problem = M.read(path, engine)
      if not read then notes[#notes + 1] = problem .. "; passed over" end
      for _, run in ipairs(read or {}) do runs[#runs + 1] = run end
    end
  end
  table.sort(runs, function(a, b)
    local x, y = a.result.started or "", b.result.started or ""
    if x ~= y then return x > y end
    return a.file > b.file
  end)
  return runs, notes
end

return M
