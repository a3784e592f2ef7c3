--- The server of the page of metrics: what it answers, and whether somebody will come back.

local json = require "lload.report.json"
local prometheus = require "lload.sink.prometheus"
local text = require "lload.text"

local M = {}

local OK, MISSING, NOT_ALLOWED, EMPTY = 200, 404, 405, 503
local PATH = "/metrics"
local LONGEST_WAIT_S, MARGIN_S = 30, 5
local LONGEST_SHOWN = 200

---@class lload.MetricsServer
---@field now fun(): number seconds, monotonic
---@field last_s? number when the page was last read
---@field apart_s? number how long after the time before
local Server = {}
Server.__index = Server

--- The page of one run.
---@param now fun(): number
---@return lload.MetricsServer
function M.new(now) return setmetatable({ now = now }, Server) end

local function refuse(status, message, ...)
  return status, json.encode { error = message:format(...) }
end

local function note_visit(self)
  local now_s = self.now()
  if self.last_s then self.apart_s = now_s - self.last_s end
  self.last_s = now_s
end

--- Answers a request; the page is made only for one that asks for it.
---@param request lload.LiveRequest
---@param measure fun(): table
---@param facts lload.SinkFacts
---@return integer status
---@return string answer
function Server:answer(request, measure, facts)
  if request.path ~= PATH then
    return refuse(MISSING, "there is no %s; the metrics are at %s",
      text.cut(text.one_line(request.path), LONGEST_SHOWN), PATH)
  elseif request.method ~= "GET" and request.method ~= "HEAD" then
    return refuse(NOT_ALLOWED, "%s is only read; use GET", PATH)
  end
  local ok, body = pcall(function() return prometheus.render(measure(), facts) end)
  if not ok then
    return refuse(EMPTY, "internal error of lload, please report it: %s", tostring(body))
  end
  note_visit(self)
  return OK, body
end

--- How long to wait for the next visit, going by the last two; nil when there were not as many.
---@return number|nil seconds
function Server:patience_s()
  return self.apart_s and math.min(self.apart_s * 1.5 + MARGIN_S, LONGEST_WAIT_S)
end

return M
