--- InfluxDB's line protocol: what was measured since the last time, a line for each series.
--
-- https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

local families = require "lload.sink.families"
local reader = require "lload.reader"
local text = require "lload.text"

local M = {}

M.CONTENT_TYPE = "text/plain; charset=utf-8"

local PREFIX = "lload_"

-- The fields of a trend, as the result calls them, and here.
local TREND = {
  { "avg", "avg" }, { "min", "min" }, { "med", "med" }, { "max", "max" }, { "p(90)", "p90" },
  { "p(95)", "p95" }, { "p(99)", "p99" },
}

-- A line feed ends a line, and a backslash escapes what comes after it: neither can be written.
local function plain(value)
  return (text.utf8(value):gsub("[%c]", " "):gsub("\\", "/"))
end

local function escape(value) return (plain(value):gsub("[,= ]", "\\%0")) end

local Line = {}
Line.__index = Line

local function line(measurement, common, labels)
  local tags = {}
  for _, list in ipairs { common, labels or {} } do
    for _, pair in ipairs(list) do
      if pair[2] ~= "" then tags[#tags + 1] = ("%s=%s"):format(escape(pair[1]), escape(pair[2])) end
    end
  end
  return setmetatable({
    head = PREFIX .. measurement .. "," .. table.concat(tags, ","), fields = {},
  }, Line)
end

function Line:count(name, value)
  self.fields[#self.fields + 1] = ("%s=%.0fi"):format(escape(name), value)
end

-- The format knows neither infinities nor NaN.
function Line:number(name, value)
  if value ~= value or value == math.huge or value == -math.huge then return end
  self.fields[#self.fields + 1] = ("%s=%.15g"):format(escape(name), value)
end

function Line:trend(trend)
  if not trend then return end
  for _, field in ipairs(TREND) do self:number(field[2], trend[field[1]]) end
end

function Line:add_to(out, at)
  if #self.fields == 0 then return end
  out[#out + 1] = ("%s %s %s\n"):format(self.head, table.concat(self.fields, ","), at)
end

local function counts(l, prefix, map)
  for _, key in ipairs(reader.sorted_keys(map or {})) do l:count(prefix .. key, map[key]) end
end

local function request_line(common, r)
  local l = line("http_req", common, { { "name", r.name } })
  l:count("count", r.count)
  l:count("failed", r.failed)
  l:count("sent", r.sent)
  l:count("received", r.received)
  l:trend(r.duration)
  counts(l, "status_", r.status)
  counts(l, "error_", r.errors)
  return l
end

local function check_line(common, check)
  local l = line("checks", common, { { "check", check.name } })
  l:count("passes", check.passes)
  l:count("fails", check.fails)
  return l
end

local function run_line(common, facts)
  local l = line("run", common)
  l:number("vus", facts.vus)
  l:number("vus_max", facts.vus_max)
  l:number("elapsed_s", facts.elapsed_s)
  return l
end

-- A count of ours is whole; what scripts add to their counters need not be.
local FILL = {
  counter = function(l, m)
    if m.is_builtin then l:count("value", m.value) else l:number("value", m.value) end
  end,
  gauge = function(l, m) l:number("value", m.value) end,
  rate = function(l, m)
    l:count("passes", m.passes)
    l:count("samples", m.samples)
  end,
  trend = function(l, m)
    if not m.trend then return end
    l:count("count", m.trend.count)
    l:trend(m.trend)
  end,
}

local function metric_line(common, m)
  local l = line(m.name, common)
  FILL[m.type](l, m)
  return l
end

--- The lines of one interval.
---@param measured table what `measured "interval"` gives
---@param facts lload.SinkFacts
---@return string
function M.render(measured, facts)
  local out, common = {}, families.common(facts)
  local at = ("%.0f000000"):format(facts.now_ms)
  run_line(common, facts):add_to(out, at)
  for _, r in ipairs(measured.requests) do request_line(common, r):add_to(out, at) end
  for _, check in ipairs(measured.checks) do check_line(common, check):add_to(out, at) end
  for _, m in ipairs(measured.metrics) do
    if not families.is_elsewhere(m) then metric_line(common, m):add_to(out, at) end
  end
  return table.concat(out)
end

--- Why an address cannot be written to; nil when it can.
---@param url string
---@return string|nil message
function M.problem(url)
  local path, query = url:match "^%a[%w+.-]*://[^/?#]*([^?#]*)%??([^#]*)"
  if not path or path == "" or path == "/" then
    return "the URL needs the path to write to, like /api/v2/write?org=ORG&bucket=BUCKET, or "
      .. "/write?db=NAME"
  elseif ("&" .. query):find "&precision=" then
    return "leave precision out of the URL: lload writes nanoseconds"
  end
  return nil
end

--- The headers of a request: the token stays out of addresses and reports.
---@param token string|nil
---@return string[]
function M.headers(token)
  local headers = { "Content-Type: " .. M.CONTENT_TYPE }
  if token and token ~= "" then headers[2] = "Authorization: Token " .. token end
  return headers
end

return M
