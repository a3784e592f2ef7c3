--- constant-arrival-rate: iterations start at a fixed rate, however long they take.

local open_model = require "lload.executor.open_model"

local M = { name = "constant-arrival-rate", kind = "arrivals" }

---@param r lload.Reader
---@return table fields
function M.read(r)
  return open_model.read(r, {
    rate = open_model.rate(r, "rate", { required = true }, open_model.time_unit(r)),
    duration = r:duration("duration", { required = true, positive = true }),
  })
end

---@param f table fields
---@return table[] segments rates a second
function M.segments(f)
  return { { from = f.rate, to = f.rate, duration_s = f.duration, step = 1 } }
end

return M
