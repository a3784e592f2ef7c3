--- Compares text with a golden file; UPDATE_GOLDEN=1 writes the file instead.

local M = {}

local FOLDER = "spec/golden/"

local function read(path)
  local handle = assert(io.open(path, "rb"), path .. " is missing; run with UPDATE_GOLDEN=1")
  local content = handle:read("*a")
  handle:close()
  return content
end

--- What a golden file holds; with UPDATE_GOLDEN=1 it holds `actual` from now on.
---@param name string
---@param actual string
---@return string expected
function M.expected(name, actual)
  local path = FOLDER .. name
  if os.getenv("UPDATE_GOLDEN") == "1" then
    local handle = assert(io.open(path, "wb"))
    handle:write(actual)
    handle:close()
  end
  return read(path)
end

return M
