--- What a log tells, gathered line by line: endpoints, visits and how they go on, the rate at which
--- visits begin, and what was left out.

local noise = require "lload.import.log.noise"
local paths = require "lload.import.log.paths"
local rates = require "lload.import.log.rate"
local states = require "lload.import.log.state"
local visits = require "lload.import.log.visits"
local when = require "lload.import.log.when"

local M = {}

local MOST_AGENTS = 100000 -- remembered at a time
local READS = { GET = true, HEAD = true }
local UNKNOWN = 404

---@class lload.import.log.Traffic
---@field paths lload.import.log.Paths
---@field rate lload.import.log.Rate
---@field requests integer of endpoints that can be replayed
---@field others table<string, lload.import.log.State> bodies are not in a log
---@field left_out table<string, integer>
local Traffic = {}
Traffic.__index = Traffic

---@param routes? table templates of an OpenAPI document
---@return lload.import.log.Traffic
function M.new(routes)
  return setmetatable({
    paths = paths.new(routes), visits = visits.new(), rate = rates.new(), time = when.reader(),
    requests = 0, gaps = 0, left_out = {}, agents = {}, agent_count = 0, last_agent = 0,
  }, Traffic)
end

local function leave_out(self, why) self.left_out[why] = (self.left_out[why] or 0) + 1 end

-- What kind of program it is, and a number in place of its long name.
local function agent_of(self, name)
  local agent = self.agents[name]
  if agent then return agent end
  if self.agent_count >= MOST_AGENTS then self.agents, self.agent_count = {}, 0 end
  self.last_agent = self.last_agent + 1
  agent = { number = self.last_agent, kind = noise.agent(name) }
  self.agents[name], self.agent_count = agent, self.agent_count + 1
  return agent
end

local function key_of(address, agent, session, forwarded)
  if session and session ~= "-" and session ~= "" then return session end
  if forwarded and forwarded ~= "-" then address = forwarded:match "^[^,]+" or address end
  return (address or "-") .. " " .. agent.number
end

-- An address as in a request line; nil for what no client of ours could ask for.
local function clean(target, arguments)
  if target:byte(1) ~= 47 then target = target:match "^%a[%w+.-]*://[^/]*(/.*)$" end
  if not target or target:find "[%z\1-\32\127-\255\\\"<>]" then return nil end
  local fragment = target:find("#", 1, true)
  if fragment then target = target:sub(1, fragment - 1) end
  if arguments and arguments ~= "-" and arguments ~= "" and not target:find("?", 1, true) then
    target = target .. "?" .. arguments
  end
  local question = target:find("?", 1, true)
  return target, question and target:sub(1, question - 1) or target
end

local function go_on(self, state, key, at, began, of_day)
  local visit = self.visits:find(key, at)
  if not visit then
    visit = self.visits:begin(key, at)
    state.starts = state.starts + 1
    self.rate:add(of_day)
  else
    local gap = math.max(0, began - visit.at)
    states.follow(states.resolve(visit.state), state, gap)
    self.gaps = self.gaps + math.max(0, at - visit.at)
  end
  visit.state, visit.at = state, math.max(visit.at, at)
end

-- Requests whose bodies a log does not have: counted, and time goes on meanwhile.
local function note_write(self, state, key, at, target, status)
  states.add(state, target, status)
  local visit = self.visits:find(key, at)
  if visit then visit.at = math.max(visit.at, at) end
end

local function count_request(self, state, key, target, status, at, offset, duration)
  local began = at - (tonumber(duration) or 0)
  if not READS[state.method] then return note_write(self, state, key, at, target, status) end
  self.requests = self.requests + 1
  states.add(state, target, status)
  go_on(self, state, key, at, began, began + offset)
end

-- `GET /path HTTP/1.1` where a log has it in one.
local function split_request(request) return request:match "^(%u+) (%S+)" end

--- Takes the fields of a line, in the order of format.SLOTS. False if it has no time.
---@return boolean
function Traffic:add(address, time, method, target, status, agent, duration, session, forwarded,
    arguments, request)
  if not target and request then method, target = split_request(request) end
  if not target then
    leave_out(self, "lines without a request")
    return true
  end
  local at, offset = self.time(time)
  if not at then return false end
  local who = agent_of(self, agent or "")
  local path
  target, path = clean(target, arguments)
  local why = who.kind or not path and "addresses that are none" or noise.path(path)
  if why then
    leave_out(self, why)
    return true
  end
  status = tonumber(status) or 0
  local state = self.paths:state(method or "GET", path, status == UNKNOWN)
  if not state then
    leave_out(self, status == UNKNOWN and "paths that are not there (404)" or "further endpoints")
    return true
  end
  count_request(self, state, key_of(address, who, session, forwarded), target, status, at,
    offset, duration)
  return true
end

return M
