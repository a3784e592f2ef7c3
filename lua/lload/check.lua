--- lload.check: named assertions that are counted, and never stop the user.

local core = require "lload.core"

-- A test that raises has failed, and says why; the run goes on.
local function judge(test, value)
  if type(test) ~= "function" then return test and true or false end
  local done, result = pcall(test, value)
  if done then return result and true or false end
  return false, tostring(result)
end

--- Counts each test as passed or failed under its name.
---@param value any handed to each test, usually a response
---@param tests table<string, boolean|fun(value: any): any>
---@return boolean passed whether all of them passed
local function check(value, tests)
  if type(tests) ~= "table" then
    error("check: (value, { [\"name\"] = function(value) … end }) is wanted", 2)
  end
  local all = true
  for name, test in pairs(tests) do
    local passed, why = judge(test, value)
    core.check(name, passed, why)
    all = all and passed
  end
  return all
end

return check
