--- The page that Prometheus reads: text format 0.0.4.
--
-- https://prometheus.io/docs/instrumenting/exposition_formats/

local families = require "lload.sink.families"
local text = require "lload.text"

local M = {}

local PREFIX = "lload_"
local EXACT = 2 ^ 53

local function number(value)
  if value ~= value then return "NaN" end
  if value == math.huge then return "+Inf" elseif value == -math.huge then return "-Inf" end
  if value == math.floor(value) and math.abs(value) <= EXACT then return ("%.0f"):format(value) end
  return ("%.15g"):format(value)
end

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function label(pair)
  return ('%s="%s"'):format(pair[1], (text.utf8(pair[2]):gsub('[\\"\n]', ESCAPES)))
end

local function join(common, labels)
  local parts = { common }
  for _, pair in ipairs(labels) do parts[#parts + 1] = label(pair) end
  return table.concat(parts, ",")
end

local function full_name(family)
  return PREFIX .. family.name .. (family.unit and "_" .. family.unit or "")
    .. (family.kind == "counter" and "_total" or "")
end

local function add_histogram(out, name, family, point, labels)
  local below, trend = 0, point.trend
  for index, count in ipairs(trend.buckets) do
    below = below + count
    local edge = family.edges[index]
    out[#out + 1] = ('%s_bucket{%s,le="%s"} %s\n'):format(name, labels,
      edge and number(edge) or "+Inf", number(below))
  end
  out[#out + 1] = ("%s_sum{%s} %s\n"):format(name, labels, number(trend.sum))
  out[#out + 1] = ("%s_count{%s} %s\n"):format(name, labels, number(trend.count))
end

local function add_family(out, family, common)
  local name = full_name(family)
  out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, family.help, name, family.kind)
  for _, point in ipairs(family.points) do
    local labels = join(common, point.labels)
    if point.trend then
      add_histogram(out, name, family, point, labels)
    else
      out[#out + 1] = ("%s{%s} %s\n"):format(name, labels, number(point.value))
    end
  end
end

--- The page.
---@param measured table what `measured("run", families.LADDERS)` gives
---@param facts lload.SinkFacts
---@return string
function M.render(measured, facts)
  local out, common = {}, {}
  for index, pair in ipairs(families.common(facts)) do common[index] = label(pair) end
  common = table.concat(common, ",")
  for _, family in ipairs(families.of(measured, facts)) do add_family(out, family, common) end
  return table.concat(out)
end

return M
