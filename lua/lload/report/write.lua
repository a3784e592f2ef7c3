--- Writes reports whole or not at all: a temporary file beside the target, then a rename.
--
-- What is written while a run lasts, because it does not fit into memory, has the name of its
-- target with .partial behind it, and gets the target's place at the end.

local M = {}

local NO_SUCH_FILE = 2 -- ENOENT
local COPY_BYTES = 2 ^ 20

-- Devices and pipes of the system are written in place; a rename would replace them.
local function is_device(path)
  return path:match("^/proc/") or path:match("^/dev/") and not path:match("^/dev/shm/")
end

--- Is there a directory of this name?
---@param path string
---@return boolean
function M.is_directory(path)
  local handle = io.open(path, "rb")
  if not handle then return false end
  local _, _, code = handle:read(1)
  handle:close()
  return code == 21 -- EISDIR
end

-- Beside the target, as a rename does not cross file systems; unique in this process.
local function temporary(path)
  return ("%s.%s.tmp"):format(path, tostring({}):match("0x0*(%x+)") or "lload")
end

local function reason(message, path)
  message = message or "unknown error"
  local prefix = path .. ": "
  return message:sub(1, #prefix) == prefix and message:sub(#prefix + 1) or message
end

-- A device must be there already. Reading and writing at once makes no file and, unlike writing
-- alone, does not wait for the reader of a pipe; a device that nobody may read is only appended to.
local function probe_device(path)
  local handle, message, code = io.open(path, "r+b")
  if not handle and code ~= NO_SUCH_FILE then handle, message = io.open(path, "ab") end
  if not handle then return nil, ("cannot write %s: %s"):format(path, reason(message, path)) end
  handle:close()
  return true
end

--- Can this path be written later? Finds out before the run, and leaves nothing behind.
---@param path string
---@return boolean|nil ok
---@return string|nil message
function M.probe(path)
  if path == "-" then return true end
  if is_device(path) then return probe_device(path) end
  if M.is_directory(path) then return nil, ("cannot write %s: it is a directory"):format(path) end
  local name = temporary(path)
  local handle, message = io.open(name, "wb")
  if not handle then return nil, ("cannot write %s: %s"):format(path, reason(message, name)) end
  handle:close()
  os.remove(name)
  return true
end

-- Without a buffer: LuaJIT compiles flush so that a failed one is done again to learn why, and the
-- second time there is nothing left to write; a full disk would pass for success.
local function write_all(handle, content)
  handle:setvbuf "no"
  local ok, message = handle:write(content)
  if ok then ok, message = handle:flush() end
  local closed, close_message = handle:close()
  if ok and closed then return true end
  return nil, message or close_message
end

--- Writes a file so that a reader sees the old content or the new one, nothing between.
---@param path string `-` is standard output
---@param content string
---@param stdout table a file handle
---@param replace? fun(from: string, to: string): boolean|nil, string|nil in place of os.rename
---@return boolean|nil ok
---@return string|nil message
function M.file(path, content, stdout, replace)
  if path == "-" then
    local ok, message = stdout:write(content)
    if ok then ok, message = stdout:flush() end
    if ok then return true end
    return nil, ("cannot write to standard output: %s"):format(message or "unknown error")
  end
  local name = is_device(path) and path or temporary(path)
  local handle, message = io.open(name, "wb")
  local ok
  if handle then ok, message = write_all(handle, content) end
  if ok and name ~= path then ok, message = (replace or os.rename)(name, path) end
  if ok then return true end
  if name ~= path then os.remove(name) end
  return nil, ("cannot write %s: %s"):format(path, reason(message, name))
end

--- Where a file is written that grows while a run lasts: beside its target, or there if that is a
--- device.
---@param path string `-` is standard output
---@return string
function M.partial(path)
  return (path == "-" or is_device(path)) and path or path .. ".partial"
end

local function copy(from, to)
  local block = from:read(COPY_BYTES)
  while block do
    local ok, message = to:write(block)
    if not ok then return nil, message end
    block = from:read(COPY_BYTES)
  end
  return true
end

--- Copies what grew to another place, as atomically as everything else.
---@param from string
---@param path string `-` is standard output
---@param stdout table a file handle
---@param replace? fun(from: string, to: string): boolean|nil, string|nil in place of os.rename
---@return boolean|nil ok
---@return string|nil message
function M.copy(from, path, stdout, replace)
  local source, message = io.open(from, "rb")
  local in_place = path == "-" or is_device(path)
  local name = in_place and path or temporary(path)
  local target, ok = path == "-" and stdout, nil
  if source and not target then target, message = io.open(name, "wb") end
  if source and target then
    ok, message = copy(source, target)
    if ok then ok, message = target:flush() end
    if path ~= "-" then target:close() end
  end
  if source then source:close() end
  if ok and not in_place then ok, message = (replace or os.rename)(name, path) end
  if ok then return true end
  if not in_place then os.remove(name) end
  return nil, ("cannot write %s: %s"):format(path, reason(message, name))
end

--- Gives what grew the place of its target.
---@param path string
---@param replace? fun(from: string, to: string): boolean|nil, string|nil in place of os.rename
---@return boolean|nil ok
---@return string|nil message
function M.finish(path, replace)
  local from = M.partial(path)
  if from == path then return true end
  local ok, message = (replace or os.rename)(from, path)
  if ok then return true end
  return nil, ("cannot write %s: %s"):format(path, reason(message, from))
end

--- Removes what grew and is of no use.
---@param path string
function M.give_up(path)
  local from = M.partial(path)
  if from ~= path then os.remove(from) end
end

return M
