--- soak: a ramp to a load that is then held for long, to find what leaks or drifts.

local limits = require "lload.limits"

local M = { name = "soak", kind = "vus", rate_fields = { "rate", "max_vus" } }

---@param r lload.Reader
---@return table fields
function M.read(r)
  return {
    vus = r:whole("vus", { required = true, min = 1, max = limits.MAX_VUS }),
    ramp = r:duration("ramp", { default = 0 }),
    duration = r:duration("duration", { required = true, positive = true }),
  }
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  return {
    { from = 0, to = f.vus, duration_s = f.ramp, step = 1, label = "ramp" },
    { from = f.vus, to = f.vus, duration_s = f.duration, step = 2, label = "soak" },
  }
end

return M
