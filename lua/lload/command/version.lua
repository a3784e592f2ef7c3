--- `lload version`: one line.

local exit_codes = require "lload.exit_codes"

local M = {}

---@param _ lload.Request
---@param world table
---@return integer
function M.run(_, world)
  world.stdout:write("lload ", world.engine.version, "\n")
  return exit_codes.PASSED
end

return M
