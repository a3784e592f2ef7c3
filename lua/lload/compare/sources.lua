--- Stored results by path: a file, or a folder that --out wrote; with the histograms beside them.

local stored = require "lload.stored"

local M = {}

-- A histogram that cannot be read is found now, not amid a comparison.
local function read_through(windows)
  for _, series in ipairs(windows:series()) do windows:value(series, "count") end
end

-- What lies beside a file of another name than --out gives may be of any run.
local function windows_beside(item, path, engine)
  if not engine.open_windows then return nil end
  local windows, message = stored.windows(item, engine)
  if not windows then
    local name = path:match "[^/]*$"
    return nil, (name == "result.json" or not name:find "%.json$") and message or nil
  end
  local ok, problem = pcall(read_through, windows)
  if ok then return windows end
  windows:close()
  return nil, (tostring(problem):gsub("^%S+%.lua:%d+: ", ""))
end

--- Reads the runs of one stored result: one, or as many as one invocation had.
---@param path string a result.json, or the folder of --out
---@param engine table
---@return lload.Run[]|nil runs
---@return string|nil message
function M.read(path, engine)
  local found, message = stored.find(path, engine)
  if not found then return nil, message end
  local runs = {}
  for index, item in ipairs(found.items) do
    local windows, problem = windows_beside(item, path, engine)
    if problem then return nil, problem end
    local file = #found.items > 1 and item.folder or path
    runs[index] = { result = item.model, file = file, windows = windows }
  end
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
    if name:match "%.json$" or stored.is_folder(path, engine) then
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
