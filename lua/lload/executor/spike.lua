--- spike: a steady base, a sudden peak, and the base again to watch the recovery.
--
--   peak            ________
--                  /        \
--   vus   ________/          \________
--          before rise hold fall recovery

local limits = require "lload.limits"

local M = { name = "spike", kind = "vus", rate_fields = { "rate", "peak_rate", "max_vus" } }

---@param r lload.Reader
---@return table fields
function M.read(r)
  local vus = r:whole("vus", { required = true, min = 0, max = limits.MAX_VUS })
  local peak = r:whole("peak", { required = true, min = 1, max = limits.MAX_VUS })
  if vus and peak and peak <= vus then
    r:problem("peak", ("%d is not above vus = %d; a spike rises"):format(peak, vus))
  end
  local recovery = r:duration("recovery", { default = 60 })
  return {
    vus = vus,
    peak = peak,
    before = r:duration("before", { default = recovery }),
    rise = r:duration("rise", { default = 10 }),
    hold = r:duration("hold", { default = 60, positive = true }),
    fall = r:duration("fall", { default = 10 }),
    recovery = recovery,
  }
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  return {
    { from = f.vus, to = f.vus, duration_s = f.before, step = 1, label = "before" },
    { from = f.vus, to = f.peak, duration_s = f.rise, step = 2, label = "rise" },
    { from = f.peak, to = f.peak, duration_s = f.hold, step = 3, label = "hold" },
    { from = f.peak, to = f.vus, duration_s = f.fall, step = 4, label = "fall" },
    { from = f.vus, to = f.vus, duration_s = f.recovery, step = 5, label = "recovery" },
  }
end

return M
