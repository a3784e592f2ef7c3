--- shared-iterations: users share a fixed number of iterations until all are done.

local limits = require "lload.limits"

local M = { name = "shared-iterations", kind = "shared" }

---@param r lload.Reader
---@return table fields
function M.read(r)
  return {
    vus = r:whole("vus", { default = 1, min = 1, max = limits.MAX_VUS }),
    iterations = r:whole("iterations", { default = 1, min = 1, max = limits.MAX_ITERATIONS }),
    max_duration = r:duration("max_duration", { default = 600, positive = true }),
  }
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  return { { from = f.vus, to = f.vus, duration_s = f.max_duration, step = 1 } }
end

return M
