--- A server that is arithmetic: so many requests a second, a queue, a base latency, bad moments.
--
-- Requests are a fluid. What arrives at t is answered when all before it is, so its latency is
-- known on arrival; it becomes a sample when it is answered.

local M = {}

local TICK_S = 0.05
local BINS_PER_E = 500

local Queue = {}
Queue.__index = Queue

--- A generator of numbers in [0, 1), the same ones for the same seed.
function M.random(seed)
  local state = seed % 2147483647
  if state == 0 then state = 1 end
  return function()
    state = state * 16807 % 2147483647
    return state / 2147483647
  end
end

--- A server. Options: capacity (requests a second), base_s, limit_ms of its p95 (what the searches
--- look for), noise (0 to 1), hiccups ({ {from_s, to_s}, … } without any answer), closed with
--- think_s (the load is users), max_vus (further arrivals are dropped), seed.
function M.new(options)
  local self = setmetatable({
    now_s = 0, load = 0, free_s = 0, pending = {}, first = 1, last = 0, in_flight = 0,
    base_s = 0.05, limit_ms = 200, noise = 0, hiccups = {}, random = M.random(options.seed or 1),
  }, Queue)
  for key, value in pairs(options) do self[key] = value end
  self:begin()
  return self
end

--- Drops the samples: a measurement begins.
function Queue:begin()
  self.bins, self.samples, self.dropped, self.begin_s = {}, 0, 0, self.now_s
end

function Queue:record(latency_s, n)
  local ms = latency_s * 1000 * (1 + self.noise * (self.random() - 0.5))
  local bin = math.floor(math.log(ms) * BINS_PER_E)
  self.bins[bin] = (self.bins[bin] or 0) + n
  self.samples = self.samples + n
end

-- When the server has worked off so much more, hiccups not counted as work.
function Queue:work(from_s, n)
  local done_s = from_s + n / self.capacity
  for _, hiccup in ipairs(self.hiccups) do
    if from_s < hiccup[2] and done_s > hiccup[1] then
      done_s = done_s + hiccup[2] - math.max(from_s, hiccup[1])
    end
  end
  return done_s
end

function Queue:arrive(n)
  n = n * (1 + self.noise * (self.random() - 0.5))
  local room = self.max_vus and math.max(0, self.max_vus - self.in_flight) or n
  self.dropped = self.dropped + math.max(0, n - room)
  n = math.min(n, room)
  self.free_s = self:work(math.max(self.free_s, self.now_s), n)
  local done_s = self.free_s + self.base_s
  self.last = self.last + 1
  self.pending[self.last] = { done_s, done_s - self.now_s, n }
  self.in_flight = self.in_flight + n
end

function Queue:answer()
  while self.first <= self.last and self.pending[self.first][1] <= self.now_s do
    local request = self.pending[self.first]
    self.pending[self.first], self.first = nil, self.first + 1
    self.in_flight = math.max(0, self.in_flight - request[3])
    self:record(request[2], request[3])
  end
  if self.first > self.last then self.in_flight = 0 end
end

-- Users who wait for their answers and think: their number bounds the queue.
function Queue:closed_tick()
  self.in_flight = self.load
  if self.load == 0 then return end
  local response_s = math.max(self.base_s, self.load / self.capacity - (self.think_s or 0))
  self:record(response_s, self.load / (response_s + (self.think_s or 0)) * TICK_S)
end

--- Lets time pass.
function Queue:run_to(now_s)
  while self.now_s < now_s do
    self.now_s = self.now_s + TICK_S
    if self.closed then
      self:closed_tick()
    else
      self:answer()
      if self.load > 0 then self:arrive(self.load * TICK_S) end
    end
  end
end

local function p95(self)
  local bins = {}
  for bin in pairs(self.bins) do bins[#bins + 1] = bin end
  table.sort(bins)
  local left = self.samples * 0.95
  for _, bin in ipairs(bins) do
    left = left - self.bins[bin]
    if left <= 1e-9 then return math.exp((bin + 0.5) / BINS_PER_E) end
  end
  return nil
end

--- What a search would see of it now.
---@return lload.SearchSeen
function Queue:seen()
  local ms, failed = p95(self), {}
  if not ms or ms >= self.limit_ms then
    failed[1] = {
      label = "http_req_duration", expression = ("p(95)<%g"):format(self.limit_ms),
      actual_text = ms and ("%.0fms"):format(ms) or "no data",
    }
  end
  local passed_s = self.now_s - self.begin_s
  return {
    in_flight = math.floor(self.in_flight + 0.5), samples = math.floor(self.samples),
    dropped = math.floor(self.dropped), failed = failed, p95_ms = ms,
    rps = passed_s > 0 and self.samples / passed_s or nil,
    generator = self.generator and self.load >= self.generator and "CPU_SAT: too busy" or nil,
  }
end

--- Does what a search asks for.
---@param action lload.SearchAction
function Queue:obey(action)
  if action.load then self.load = action.load end
  if action.begin then self:begin() end
end

--- Runs a search on the server, with a look about once a second.
---@param search lload.SearchRun
---@param looks? integer at most so many
---@return number seconds it took
function Queue:drive(search, looks)
  local jitter, start_s = M.random(7), self.now_s
  for look = 0, looks or 4000 do
    self:run_to(start_s + look + 0.04 * jitter())
    local action = search:step(self.now_s, self:seen()) or {}
    self:obey(action)
    if action.done then break end
  end
  return self.now_s - start_s
end

return M
