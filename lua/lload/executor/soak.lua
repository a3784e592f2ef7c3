--- soak: a ramp to a load that is then held for long, to find what leaks or drifts. The load is
--- users, or with `rate` arrivals.

local limits = require "lload.limits"
local open_model = require "lload.executor.open_model"

local M = { name = "soak" }

---@param f table fields
---@return "vus"|"arrivals"
function M.kind(f)
  return f.max_vus and "arrivals" or "vus"
end

local function read_load(r)
  if r.raw.rate ~= nil then
    open_model.refuse(r, "vus", "rate")
    return open_model.read(r, { load = open_model.rate(r, "rate", { required = true }) })
  end
  return {
    load = r:whole("vus", { required = true, min = 1, max = limits.MAX_VUS,
      remedy = "; or give rate and max_vus" }),
  }
end

---@param r lload.Reader
---@return table fields
function M.read(r)
  local f = read_load(r)
  f.ramp = r:duration("ramp", { default = 0 })
  f.duration = r:duration("duration", { required = true, positive = true })
  f.on_drift = r:one_of("on_drift", { "fail", "warn" })
  f.scrape = r:typed("scrape", "string")
  if f.scrape and not f.scrape:match "^https?://[^%s/]+" then
    r:problem("scrape", ('"%s" is no address of a metrics page; write "http://host/metrics"')
      :format(f.scrape))
  end
  return f
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  local segments = {}
  if f.ramp > 0 then
    segments[1] = { from = 0, to = f.load, duration_s = f.ramp, step = 1, label = "ramp" }
  end
  segments[#segments + 1] = {
    from = f.load, to = f.load, duration_s = f.duration, step = #segments + 1, label = "soak",
  }
  return segments
end

return M
