--- Temporary folders and the files in them; all are removed when the runner ends.
local ffi = require "ffi"
local lfs = require "lfs"

ffi.cdef [[
  char *mkdtemp(char *template);
]]

local M = {}
local root -- made when the first folder is asked for
local made = 0

-- Finalizers run when the runner closes its Lua state, whatever the specs did.
local sentinel = newproxy(true)
getmetatable(sentinel).__gc = function()
  M.clean()
end
M.sentinel = sentinel

local function quote(path)
  return "'" .. path:gsub("'", "'\\''") .. "'"
end

local function make_root()
  local template = (os.getenv "TMPDIR" or "/tmp") .. "/lload-spec-XXXXXX"
  local room = ffi.new("char[?]", #template + 1, template)
  assert(ffi.C.mkdtemp(room) ~= nil, "no temporary folder in " .. template)
  return ffi.string(room)
end

--- A new empty folder.
function M.dir()
  root = root or make_root()
  made = made + 1
  local path = ("%s/%d"):format(root, made)
  assert(lfs.mkdir(path))
  return path
end

--- Writes `text` to dir/name, making the folders on the way; returns the path.
function M.write(dir, name, text)
  local path = dir .. "/" .. name
  local folder = path:match "^(.*)/"
  if folder ~= dir then
    os.execute("mkdir -p " .. quote(folder))
  end
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- The content of a file, nil if there is none.
function M.read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return text
end

--- The names in a folder, sorted.
function M.list(dir)
  local names = {}
  local pipe = assert(io.popen("ls -A " .. quote(dir)))
  for name in pipe:lines() do
    names[#names + 1] = name
  end
  pipe:close()
  return names
end

function M.clean()
  if root then
    os.execute("rm -rf " .. quote(root))
  end
  root = nil
end

return M
