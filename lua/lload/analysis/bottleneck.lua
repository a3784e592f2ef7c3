--- Where the time of a run went: by endpoint, by phase, by bytes, and what a cache or an open
--- connection spared.

local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"

local M = {}

local PHASES = {
  { "blocked", "blocked" }, { "looking_up", "DNS" }, { "connecting", "connecting" },
  { "tls_handshaking", "TLS" }, { "sending", "sending" }, { "waiting", "waiting" },
  { "receiving", "receiving" },
}
local WORTH_A_WORD = 0.01
local LONGEST_NAME = 40 -- in a line

---@class lload.Bottleneck
---@field name string
---@field share number of the time that all requests took
---@field phases { name: string, share: number }[] the largest first, those of 1 % or more
---@field sent number|nil bytes a request
---@field received number|nil
---@field cache_hits number|nil share of the answers that say whether a cache had them

local function sum_of(trend) return trend and trend.avg and trend.avg * (trend.count or 0) or 0 end

local function phases_of(request)
  local list, total = {}, 0
  for _, phase in ipairs(PHASES) do
    local ms = sum_of((request.phases or {})[phase[1]])
    list[#list + 1] = { name = phase[2], ms = ms }
    total = total + ms
  end
  table.sort(list, function(a, b)
    if a.ms ~= b.ms then return a.ms > b.ms end
    return a.name < b.name
  end)
  local shares = {}
  for _, phase in ipairs(list) do
    local share = total > 0 and phase.ms / total or 0
    if share >= WORTH_A_WORD then shares[#shares + 1] = { name = phase.name, share = share } end
  end
  return shares
end

local function per_request(request, key)
  return request[key] and request.count > 0 and request[key] / request.count or nil
end

local function cache_share(request)
  local cache = request.cache
  return cache and cache.answers > 0 and cache.hits / cache.answers or nil
end

--- The endpoints of a run, those that took most time first; none when nothing tells.
---@param model table
---@return lload.Bottleneck[]
function M.endpoints(model)
  local total, list = 0, {}
  for _, request in ipairs(model.requests) do total = total + (request.total_ms or 0) end
  for index, request in ipairs(total > 0 and rows_of.by_total_time(model.requests) or {}) do
    list[index] = {
      name = request.name, share = (request.total_ms or 0) / total, phases = phases_of(request),
      sent = per_request(request, "data_sent"), received = per_request(request, "data_received"),
      cache_hits = cache_share(request),
    }
  end
  return list
end

--- The share of the uses of a connection that found it open; nil when it is not known.
---@param model table
---@return number|nil
function M.reuse(model)
  local c = model.connections
  if not c or not c.opened or not c.reused or c.opened + c.reused == 0 then return nil end
  return c.reused / (c.opened + c.reused)
end

local function percent(share) return ("%.0f%%"):format(share * 100) end

--- The phases of an endpoint in words: "waiting 95%, receiving 4%".
---@param one lload.Bottleneck
---@return string
function M.phases(one)
  local parts = {}
  for index, phase in ipairs(one.phases) do
    parts[index] = ("%s %s"):format(phase.name, percent(phase.share))
  end
  return table.concat(parts, ", ")
end

--- The title and alignment of the columns of M.cells.
M.COLUMNS = {
  { title = "Endpoint", align = "left", flexible = "name" },
  { title = "Share", align = "right" },
  { title = "Sent", align = "right", optional = true },
  { title = "Received", align = "right" },
  { title = "Cache hits", align = "right", optional = true },
  { title = "Phases", align = "left" },
}

--- An endpoint as a row of a table; its name is not made safe.
---@param one lload.Bottleneck
---@return string[]
function M.cells(one)
  return {
    one.name, percent(one.share), rows_of.optional(one.sent, units.format_bytes),
    rows_of.optional(one.received, units.format_bytes), rows_of.optional(one.cache_hits, percent),
    M.phases(one),
  }
end

--- All in one line; nil when nothing tells.
---@param model table
---@return string|nil
function M.line(model)
  local first = M.endpoints(model)[1]
  if not first then return nil end
  local line = ("%s of the time in %s"):format(percent(first.share),
    text.shorten(text.one_line(first.name), LONGEST_NAME))
  local phase, reuse = first.phases[1], M.reuse(model)
  if phase then line = ("%s (%s %s)"):format(line, phase.name, percent(phase.share)) end
  if reuse then line = ("%s; connections reused %s"):format(line, percent(reuse)) end
  local cache = model.metrics.http_cache_hits
  if cache then line = ("%s; cache hits %s"):format(line, percent(cache.rate)) end
  return line
end

return M
