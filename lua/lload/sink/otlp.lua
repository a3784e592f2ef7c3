--- Metrics of OpenTelemetry, as OTLP/HTTP takes them in JSON: cumulative sums and histograms.
--
-- https://opentelemetry.io/docs/specs/otlp/#otlphttp

local cjson = require "cjson"
local families = require "lload.sink.families"
local text = require "lload.text"

local M = {}

M.CONTENT_TYPE = "application/json"

local CUMULATIVE = 2
local MOST_HEADERS = 30
local UNITS = { seconds = "s", bytes = "By" }

-- What is a string in JSON; numbers of 64 bits are strings in OTLP, too.
local function quoted(value) return cjson.encode(text.utf8(value)) end

local function integer(value) return ('"%.0f"'):format(value) end

local function nanoseconds(ms) return ('"%.0f000000"'):format(ms) end

-- JSON has no infinities: what is none is left out by who asks.
local function double(value)
  if value ~= value or value == math.huge or value == -math.huge then return nil end
  return ("%.17g"):format(value)
end

local function attribute(pair)
  return ('{"key":%s,"value":{"stringValue":%s}}'):format(quoted(pair[1]), quoted(pair[2]))
end

local function attributes(pairs_of)
  local parts = {}
  for index, pair in ipairs(pairs_of) do parts[index] = attribute(pair) end
  return table.concat(parts, ",")
end

-- What all points of a push share. Receivers differ in what they do with attributes of the
-- resource; those of points become labels everywhere.
local function frame_of(facts)
  return {
    common = attributes(families.common(facts)),
    times = ('"startTimeUnixNano":%s,"timeUnixNano":%s'):format(
      nanoseconds(facts.began_ms), nanoseconds(facts.now_ms)),
  }
end

local function start_of_point(point, frame)
  local own = #point.labels > 0 and "," .. attributes(point.labels) or ""
  return ('{"attributes":[%s%s],%s'):format(frame.common, own, frame.times)
end

local function number_point(point, frame)
  local value = point.value
  if value == math.floor(value) and math.abs(value) <= 2 ^ 53 then
    return ('%s,"asInt":%s}'):format(start_of_point(point, frame), integer(value))
  end
  local shown = double(value)
  return shown and ('%s,"asDouble":%s}'):format(start_of_point(point, frame), shown)
end

local function histogram_point(point, frame, bounds)
  local trend, counts = point.trend, {}
  for index, count in ipairs(trend.buckets) do counts[index] = integer(count) end
  return ('%s,"count":%s,"sum":%s,"bucketCounts":[%s],"explicitBounds":[%s]}'):format(
    start_of_point(point, frame), integer(trend.count), double(trend.sum) or "0",
    table.concat(counts, ","), bounds)
end

local function points(family, frame)
  local bounds, list = {}, {}
  for index, edge in ipairs(family.edges or {}) do bounds[index] = ("%.15g"):format(edge) end
  bounds = table.concat(bounds, ",")
  for _, point in ipairs(family.points) do
    list[#list + 1] = point.trend and histogram_point(point, frame, bounds)
      or number_point(point, frame)
  end
  return table.concat(list, ",")
end

local SHAPES = {
  counter = ('"sum":{"dataPoints":[%%s],"aggregationTemporality":%d,"isMonotonic":true}')
    :format(CUMULATIVE),
  gauge = '"gauge":{"dataPoints":[%s]}',
  histogram = ('"histogram":{"dataPoints":[%%s],"aggregationTemporality":%d}'):format(CUMULATIVE),
}

local function metric(family, frame)
  return ('{"name":%s,"description":%s,"unit":"%s",%s}'):format(quoted("lload." .. family.name),
    quoted(family.help), UNITS[family.unit] or "1",
    SHAPES[family.kind]:format(points(family, frame)))
end

--- The body of one export request.
---@param measured table what `measured("run", families.LADDERS)` gives
---@param facts lload.SinkFacts
---@return string json
function M.render(measured, facts)
  local resource = { { "service.name", "lload" }, { "service.instance.id", facts.host } }
  local frame, metrics = frame_of(facts), {}
  for index, family in ipairs(families.of(measured, facts)) do
    metrics[index] = metric(family, frame)
  end
  return ('{"resourceMetrics":[{"resource":{"attributes":[%s]},"scopeMetrics":[{"scope":'
    .. '{"name":"lload","version":%s},"metrics":[\n%s\n]}]}]}\n'):format(attributes(resource),
    quoted(facts.version), table.concat(metrics, ",\n"))
end

local function is_root(path) return path == "" or path == "/" end

--- Where metrics go: an address without a path is that of a collector.
---@param url string
---@return string
function M.endpoint(url)
  local start, path, rest = url:match "^(%a[%w+.-]*://[^/?#]*)([^?#]*)(.*)$"
  if not start or not is_root(path) then return url end
  return start .. "/v1/metrics" .. rest
end

local function decoded(value)
  return (value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- The headers in OTEL_EXPORTER_OTLP_HEADERS: `key=value,key=value`, values percent-encoded.
---@param list string|nil
---@return string[]|nil headers "Name: value"
---@return string|nil message
function M.headers(list)
  local headers = {}
  for item in (list or ""):gmatch "[^,]+" do
    local key, value = item:match "^%s*([%w!#$&'*+.^_`|~-]+)%s*=%s*(.-)%s*$"
    value = value and decoded(value)
    if not value or value:find "[%c]" then
      return nil, "OTEL_EXPORTER_OTLP_HEADERS is not a list of key=value, with commas between"
    end
    headers[#headers + 1] = key .. ": " .. value
    if #headers > MOST_HEADERS then
      return nil, ("OTEL_EXPORTER_OTLP_HEADERS has more than %d headers"):format(MOST_HEADERS)
    end
  end
  return headers
end

return M
