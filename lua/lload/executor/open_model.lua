--- What the executors of the open model share: rates, the most users, how arrivals come.

local limits = require "lload.limits"
local units = require "lload.units"

local M = {}

--- Reads `time_unit`, what a rate that is a plain number counts in.
---@param r lload.Reader
---@return number seconds
function M.time_unit(r)
  return r:duration("time_unit", { default = 1, positive = true }) or 1
end

--- Reads a rate: "50/s", "10000/m", or a number for each `time_unit`.
---@param r lload.Reader
---@param key string
---@param options { default?: number, required?: boolean, zero?: boolean }
---@param time_unit? number seconds; 1 when absent
---@return number|nil per_second
function M.rate(r, key, options, time_unit)
  return r:parsed(key, options, function(raw)
    local rate, message = units.rate(raw, time_unit)
    if not rate then return nil, message end
    if rate == 0 and not options.zero then
      return nil, "is 0, so nothing would ever start; give a rate above 0"
    elseif rate > limits.MAX_RATE then
      return nil, ("is more than %s/s"):format(units.count(limits.MAX_RATE))
    end
    return rate
  end)
end

--- Refuses the field of the closed model whose place another one takes.
---@param r lload.Reader
---@param key string
---@param taken_by string
function M.refuse(r, key, taken_by)
  if r:take(key) == nil then return end
  r:problem(key, ("and %s are both given; the load is users or arrivals, keep one")
    :format(taken_by))
end

--- Reads what only the open model has, into `fields`.
---@param r lload.Reader
---@param fields table
---@return table fields
function M.read(r, fields)
  fields.max_vus = r:whole("max_vus", {
    required = true, min = 1, max = limits.MAX_VUS,
    remedy = "; say how many users may be busy at once, at least rate x iteration time",
  })
  fields.arrival = r:one_of("arrival", { "uniform", "poisson" })
  fields.on_saturation = r:one_of("on_saturation", { "drop", "queue" })
  return fields
end

return M
