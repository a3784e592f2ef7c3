--- Writes reports whole or not at all: a temporary file beside the target, then a rename.

local M = {}

local NO_SUCH_FILE = 2 -- ENOENT

-- Devices and pipes of the system are written in place; a rename would replace them.
local function is_device(path)
  return path:match("^/proc/") or path:match("^/dev/") and not path:match("^/dev/shm/")
end

local function is_directory(path)
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
  if is_directory(path) then return nil, ("cannot write %s: it is a directory"):format(path) end
  local name = temporary(path)
  local handle, message = io.open(name, "wb")
  if not handle then return nil, ("cannot write %s: %s"):format(path, reason(message, name)) end
  handle:close()
  os.remove(name)
  return true
end

local function write_all(handle, content)
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
---@return boolean|nil ok
---@return string|nil message
function M.file(path, content, stdout)
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
  if ok and name ~= path then ok, message = os.rename(name, path) end
  if ok then return true end
  if name ~= path then os.remove(name) end
  return nil, ("cannot write %s: %s"):format(path, reason(message, name))
end

-- LuaJIT compiles flush so that a failed one is done again to learn why, and the second time there
-- is nothing left to write: a full disk would pass for success.
if jit then
  jit.off(write_all)
  jit.off(M.file)
end

return M
