--- lload.group: what belongs together is timed together.

local core = require "lload.core"

local function leave(outer, started, ok, ...)
  core.leave_group(outer, (core.now() - started) * 1000)
  if not ok then error((...), 0) end
  return ...
end

--- Runs a function as a group: its duration goes to the trend `group_duration`, its samples carry
--- the tag `group`. Groups may nest: the inner tag is "outer::inner".
---@param name string
---@param run function
---@param ... any handed to it
---@return any ... what it returns
local function group(name, run, ...)
  if type(name) ~= "string" or type(run) ~= "function" then
    error("group: (name, function) is wanted", 2)
  end
  local outer = core.enter_group(name)
  local started = core.now()
  return leave(outer, started, xpcall(run, core.note_error, ...))
end

return group
