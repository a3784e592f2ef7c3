--- The environment scenario code runs in: the Lua library, and no undefined globals.

local M = {}

local function undefined(_, name)
  error(("undefined global '%s' (a misspelt name, or a missing `local`?)"):format(
    tostring(name)), 2)
end

--- A fresh environment over the standard library. Reading an undefined global raises at the
--- reader's line. New globals may be defined only while the file loads: in a journey they would
--- be shared by thousands of users by accident.
---@param is_running fun(): boolean whether a user runs now
---@return table environment
function M.environment(is_running)
  local environment = {}
  for name, value in pairs(_G) do environment[name] = value end
  environment._G = environment
  return setmetatable(environment, {
    __index = undefined,
    __newindex = function(self, name, value)
      if is_running() then
        error(("new global '%s' in a journey; write `local %s`, or keep it in the vu"):format(
          tostring(name), tostring(name)), 2)
      end
      rawset(self, name, value)
    end,
  })
end

return M
