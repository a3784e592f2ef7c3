--- lload.shared.once: what is made by one user and used by all.

local core = require "lload.core"

local function settle(name, ok, ...)
  local value = ...
  core.once_end(name, ok, value)
  if not ok then error(value, 0) end
  return value
end

--- Gives what `make` returned when the first user called it; others wait meanwhile.
---@param name string
---@param make fun(): any
---@return any value
local function once(name, make)
  if type(name) ~= "string" or type(make) ~= "function" then
    error("shared.once: (name, function) is wanted", 2)
  end
  local is_made, value = core.once_begin(name)
  if is_made then return value end
  return settle(name, xpcall(make, core.note_error))
end

return once
