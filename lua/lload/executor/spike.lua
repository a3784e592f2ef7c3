--- spike: a steady base, a sudden peak, and the base again to watch the recovery.
--
--   peak            ________
--                  /        \
--   base  ________/          \________
--          before rise hold fall recovery
--
-- The load is users, or with `rate` and `peak_rate` arrivals.

local limits = require "lload.limits"
local open_model = require "lload.executor.open_model"
local units = require "lload.units"

local M = { name = "spike" }

---@param f table fields
---@return "vus"|"arrivals"
function M.kind(f)
  return f.max_vus and "arrivals" or "vus"
end

local function read_users(r)
  return {
    base = r:whole("vus", { required = true, min = 0, max = limits.MAX_VUS,
      remedy = "; or give rate, peak_rate and max_vus" }),
    peak = r:whole("peak", { required = true, min = 1, max = limits.MAX_VUS }),
    names = { base = "vus", peak = "peak" }, show = units.count,
  }
end

local function read_rates(r)
  open_model.refuse(r, "vus", "rate")
  open_model.refuse(r, "peak", "peak_rate")
  return open_model.read(r, {
    base = open_model.rate(r, "rate", { required = true, zero = true }),
    peak = open_model.rate(r, "peak_rate", { required = true }),
    names = { base = "rate", peak = "peak_rate" }, show = units.format_rate,
  })
end

---@param r lload.Reader
---@return table fields
function M.read(r)
  local in_rates = r.raw.rate ~= nil or r.raw.peak_rate ~= nil
  local f = (in_rates and read_rates or read_users)(r)
  if f.base and f.peak and f.peak <= f.base then
    r:problem(f.names.peak, ("%s is not above %s = %s; a spike rises"):format(
      f.show(f.peak), f.names.base, f.show(f.base)))
  end
  f.recovery = r:duration("recovery", { default = 60 })
  f.before = r:duration("before", { default = f.recovery })
  f.rise = r:duration("rise", { default = 10 })
  f.hold = r:duration("hold", { default = 60, positive = true })
  f.fall = r:duration("fall", { default = 10 })
  return f
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  return {
    { from = f.base, to = f.base, duration_s = f.before, step = 1, label = "before" },
    { from = f.base, to = f.peak, duration_s = f.rise, step = 2, label = "rise" },
    { from = f.peak, to = f.peak, duration_s = f.hold, step = 3, label = "hold" },
    { from = f.peak, to = f.base, duration_s = f.fall, step = 4, label = "fall" },
    { from = f.base, to = f.base, duration_s = f.recovery, step = 5, label = "recovery" },
  }
end

return M
