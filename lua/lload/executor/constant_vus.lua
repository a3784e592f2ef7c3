--- constant-vus: a fixed number of users for a fixed time.

local limits = require "lload.limits"

local M = { name = "constant-vus", kind = "vus" }

---@param r lload.Reader
---@return table fields
function M.read(r)
  return {
    vus = r:whole("vus", { required = true, min = 1, max = limits.MAX_VUS }),
    duration = r:duration("duration", { required = true, positive = true }),
  }
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  return { { from = f.vus, to = f.vus, duration_s = f.duration, step = 1 } }
end

return M
