--- Stored results by path: a file, or a folder that --out wrote; with the histograms beside them.

local stored = require "lload.stored"

local M = {}

-- A larger file is none of ours; it is not read to find that out.
local MOST_BYTES = 2 ^ 28

-- What lies beside a file of another name than --out gives may be of any run.
local function windows_of(item, path, engine)
  local windows, problem = stored.windows(item, engine)
  local name = path:match "[^/]*$"
  if name:match "%.json$" and name ~= "result.json" then problem = nil end
  return windows, problem
end

--- Reads the runs of one stored result: one, or as many as one invocation had. Histograms are
--- opened when somebody asks for them.
---@param path string a result.json, or a folder that --out wrote
---@param engine table
---@return lload.Run[]|nil runs
---@return string|nil message
function M.read(path, engine)
  local found, message = stored.find(path, engine)
  if not found then return nil, message end
  local runs = {}
  for index, item in ipairs(found.items) do
    local is_file = item.folder == nil or path:match "%.json$"
    runs[index] = {
      result = item.model, file = is_file and path or item.folder:gsub("/+$", "") .. "/result.json",
      open_windows = function() return windows_of(item, path, engine) end,
    }
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

-- The file of a result that a name in a folder may stand for; nil when it stands for none.
local function candidate(folder, name, engine)
  local path = folder:gsub("/+$", "") .. "/" .. name
  local inside = engine.list(path)
  if not inside then return name:match "%.json$" and path or nil end
  for _, inner in ipairs(inside) do
    if inner == "result.json" then return path .. "/result.json" end
  end
  return nil
end

local function is_too_large(path)
  local handle = io.open(path, "rb")
  local size = handle and handle:seek "end" or 0
  if handle then handle:close() end
  return size > MOST_BYTES
end

-- What a history is not judged by takes most of the room: a folder may hold hundreds.
local function slim(result)
  for index, window in ipairs(result.windows) do
    result.windows[index] = { requests = window.requests, failed = window.failed }
  end
  return result
end

local function newest_first(a, b)
  local x, y = a.result.started or "", b.result.started or ""
  if x ~= y then return x > y end
  return a.file > b.file
end

--- The results in a folder and in the folders directly inside, newest first. Whatever else lies
--- there is passed over, and said.
---@param folder string
---@param engine table
---@return lload.Run[]|nil runs nil when the folder cannot be read
---@return string[] notes about files that are none; or the message
---@return integer|nil errno why the folder cannot be read
function M.in_folder(folder, engine)
  local names, message, errno = engine.list(folder)
  if not names then return nil, { message }, errno end
  table.sort(names)
  local runs, notes = {}, {}
  for _, name in ipairs(names) do
    local path, read, problem = candidate(folder, name, engine), nil, nil
    if path and is_too_large(path) then
      problem = path .. ": is too large for a result"
    elseif path then
      read, problem = M.read(path, engine)
    end
    if problem then notes[#notes + 1] = problem .. "; passed over" end
    for _, run in ipairs(read or {}) do
      slim(run.result)
      runs[#runs + 1] = run
    end
  end
  table.sort(runs, newest_first)
  return runs, notes
end

return M
