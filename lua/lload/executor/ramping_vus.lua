--- ramping-vus: the number of users follows straight lines from target to target.

local limits = require "lload.limits"
local steps = require "lload.executor.steps"

local M = { name = "ramping-vus", kind = "vus" }

local function read_target(step)
  return step:whole("target", { required = true, min = 0, max = limits.MAX_VUS })
end

---@param r lload.Reader
---@return table fields
function M.read(r)
  return {
    start_vus = r:whole("start_vus", { default = 1, min = 0, max = limits.MAX_VUS }),
    ramp_down = r:duration("graceful_ramp_down", { default = 30 }),
    steps = steps.read(r, read_target),
  }
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  return steps.segments(f.start_vus, f.steps)
end

return M
