--- What the terminal can do: colours, a live block, block characters, how many columns.

local M = {}

local DEFAULT_COLUMNS = 100
local STDOUT, STDERR = 1, 2

---@class lload.Terminal
---@field color fun(fd: integer): boolean
---@field live boolean may standard error be repainted?
---@field unicode boolean does the locale have more than ASCII?

-- As the C library chooses: the first of these that is set.
local function has_unicode(getenv)
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local locale = getenv(name) or ""
    if locale ~= "" then return locale:lower():find("utf%-?8") ~= nil end
  end
  return false
end

--- Reads what this process is connected to, and what the person wishes.
---@param world table
---@param no_color boolean
---@return lload.Terminal
function M.new(world, no_color)
  local engine, term = world.engine, world.getenv("TERM")
  local dumb = term == nil or term == "" or term == "dumb"
  local plain = no_color or (world.getenv("NO_COLOR") or "") ~= ""
  return {
    color = function(fd) return not plain and not dumb and engine.isatty(fd) end,
    columns = function(fd) return engine.columns(fd) or DEFAULT_COLUMNS end,
    live = engine.isatty(STDERR) and not dumb,
    unicode = has_unicode(world.getenv),
    STDOUT = STDOUT, STDERR = STDERR,
  }
end

return M
