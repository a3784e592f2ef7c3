--- Temporary folders and files for specs of the control side; each is removed by `clean`.

local M = {}

local folders = {}

--- A new empty folder.
---@return string
function M.folder()
  local name = os.tmpname()
  os.remove(name)
  assert(os.execute(("mkdir -p '%s'"):format(name)) == 0)
  folders[#folders + 1] = name
  return name
end

--- Writes a file into a folder of its own, or into `folder`.
---@param name string
---@param content string
---@param folder? string
---@return string path
function M.write(name, content, folder)
  local path = (folder or M.folder()) .. "/" .. name
  local handle = assert(io.open(path, "wb"))
  handle:write(content)
  handle:close()
  return path
end

--- What a file holds, or nil.
---@param path string
---@return string|nil
function M.read(path)
  local handle = io.open(path, "rb")
  if not handle then return nil end
  local content = handle:read("*a")
  handle:close()
  return content
end

--- The names in a folder, sorted.
---@param folder string
---@return string[]
function M.list(folder)
  local names = {}
  local pipe = io.popen(("ls -A '%s'"):format(folder))
  for name in pipe:lines() do names[#names + 1] = name end
  pipe:close()
  return names
end

--- Removes every folder made so far.
function M.clean()
  for _, folder in ipairs(folders) do os.execute(("rm -rf '%s'"):format(folder)) end
  folders = {}
end

return M
