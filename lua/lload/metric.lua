--- Custom metrics: declared while the file loads, added to by users.

local core = require "lload.core"

local M = {}

local declared = {}
local by_name = {}

local metatable = { __index = { add = core.add } }

--- Starts over, for the next scenario file.
function M.forget() declared, by_name = {}, {} end

--- What was declared, in order.
---@return { kind: string, name: string }[]
function M.declared() return declared end

-- Called in tail position, which leaves no frame of ours between it and the script: level 2.
local function declare(kind, name)
  if core.is_running() then
    error("metrics are declared while the file loads; move this to the top of the file", 2)
  end
  if type(name) ~= "string" or not name:find "^[%a_][%w_.]*$" then
    error(("%s: a name of letters, digits, _ and . is wanted"):format(kind), 2)
  end
  local known = by_name[name]
  if known and known.kind ~= kind then
    error(("metric '%s' is declared as a %s and as a %s"):format(name, known.kind, kind), 2)
  elseif known then
    return known.metric
  end
  declared[#declared + 1] = { kind = kind, name = name }
  local metric = setmetatable({ core.metric(name) or 0 }, metatable)
  by_name[name] = { kind = kind, metric = metric }
  return metric
end

--- Declares a counter: a sum of what is added.
---@param name string
---@return lload.Metric
function M.counter(name) return declare("counter", name) end

--- Declares a gauge: the latest value, with the least and the greatest.
---@param name string
---@return lload.Metric
function M.gauge(name) return declare("gauge", name) end

--- Declares a rate: the share of true values.
---@param name string
---@return lload.Metric
function M.rate(name) return declare("rate", name) end

--- Declares a trend: a distribution with percentiles.
---@param name string
---@return lload.Metric
function M.trend(name) return declare("trend", name) end

return M
