--- Stored results by path: a file, or a folder that --out wrote; with the histograms beside them.

local stored = require "lload.stored"

local M = {}

-- A folder stands for the result in it.
local function result_file(path, engine)
  if engine.list(path) then return path:gsub("/+$", "") .. "/result.json" end
  return path
end

-- A histogram that cannot be read is found now, not amid a comparison.
local function read_through(windows)
  for _, series in ipairs(windows:series()) do windows:value(series, "count") end
end

-- What lies beside a file of another name than --out gives may be of any run.
local function windows_beside(file, model, engine)
  if not engine.open_windows then return nil end
  local folder = file:match "^(.*)/[^/]*$" or "."
  local windows, message = stored.windows({ model = model, folder = folder }, engine)
  if not windows then return nil, file:match "[^/]*$" == "result.json" and message or nil end
  local ok, problem = pcall(read_through, windows)
  if ok then return windows end
  windows:close()
  return nil, (tostring(problem):gsub("^%S+%.lua:%d+: ", ""))
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
    local windows, problem = windows_beside(file, model, engine)
    if problem then return nil, problem end
    return { { result = model, file = path, windows = windows } }
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
