--- ramping-arrival-rate: the rate of arrivals follows straight lines from target to target.

local open_model = require "lload.executor.open_model"
local steps = require "lload.executor.steps"

local M = { name = "ramping-arrival-rate", kind = "arrivals" }

---@param r lload.Reader
---@return table fields
function M.read(r)
  local unit = open_model.time_unit(r)
  return open_model.read(r, {
    start_rate = open_model.rate(r, "start_rate", { default = 0, zero = true }, unit),
    steps = steps.read(r, function(step)
      return open_model.rate(step, "target", { required = true, zero = true }, unit)
    end),
  })
end

---@param f table fields
---@return table[] segments rates a second
function M.segments(f)
  return steps.segments(f.start_rate, f.steps)
end

return M
