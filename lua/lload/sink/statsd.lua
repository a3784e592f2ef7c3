--- StatsD: counters of what came since the last time, gauges of the percentiles of that time.
--
-- https://github.com/statsd/statsd/blob/master/docs/metric_types.md

local reader = require "lload.reader"

local M = {}

local PREFIX = "lload."
local LONGEST_NAME = 200

local TREND = {
  { "avg", "avg" }, { "min", "min" }, { "med", "med" }, { "max", "max" }, { "p(90)", "p90" },
  { "p(95)", "p95" }, { "p(99)", "p99" },
}

-- A name has no labels: what a name or a check is called becomes a part of it.
local function safe(name)
  return (name:gsub("[^%w_-]+", "_"):gsub("^_", ""):gsub("_$", ""):sub(1, LONGEST_NAME))
end

local Lines = {}
Lines.__index = Lines

local function shown(value) return ("%.15g"):format(value) end

function Lines:counter(name, value)
  if value == 0 then return end
  self[#self + 1] = ("%s%s:%s|c\n"):format(PREFIX, name, shown(value))
end

-- A sign makes a gauge relative: from 0 it comes out right.
function Lines:gauge(name, value)
  if value ~= value or value == math.huge or value == -math.huge then return end
  if value < 0 then self[#self + 1] = ("%s%s:0|g\n"):format(PREFIX, name) end
  self[#self + 1] = ("%s%s:%s|g\n"):format(PREFIX, name, shown(value))
end

function Lines:trend(name, trend)
  if not trend then return end
  self:counter(name .. ".count", trend.count)
  for _, field in ipairs(TREND) do self:gauge(name .. "." .. field[2], trend[field[1]]) end
end

local function add_request(lines, r)
  local name = "http_req." .. safe(r.name)
  lines:counter(name .. ".count", r.count)
  lines:counter(name .. ".failed", r.failed)
  for _, status in ipairs(reader.sorted_keys(r.status)) do
    lines:counter(("%s.status.%s"):format(name, status), r.status[status])
  end
  for _, class in ipairs(reader.sorted_keys(r.errors)) do
    lines:counter(("%s.error.%s"):format(name, class), r.errors[class])
  end
  lines:trend(name .. ".duration", r.duration)
end

local ADD = {
  counter = function(lines, m, name) lines:counter(name, m.value) end,
  gauge = function(lines, m, name) lines:gauge(name, m.value) end,
  rate = function(lines, m, name)
    lines:counter(name .. ".true", m.passes)
    lines:counter(name .. ".samples", m.samples)
  end,
  trend = function(lines, m, name) lines:trend(name, m.trend) end,
}

-- Those of the machine's users come from the snapshot.
local STATE = { vus = true, vus_max = true }

--- The lines of one interval.
---@param measured table what `measured "interval"` gives
---@param facts lload.SinkFacts
---@return string
function M.render(measured, facts)
  local lines = setmetatable({}, Lines)
  lines:gauge("vus", facts.vus)
  lines:gauge("vus_max", facts.vus_max)
  for _, m in ipairs(measured.metrics) do
    if not (m.is_builtin and STATE[m.name]) then ADD[m.type](lines, m, m.name) end
  end
  for _, r in ipairs(measured.requests) do add_request(lines, r) end
  for _, check in ipairs(measured.checks) do
    local name = "checks." .. safe(check.name)
    lines:counter(name .. ".passed", check.passes)
    lines:counter(name .. ".failed", check.fails)
  end
  return table.concat(lines)
end

return M
