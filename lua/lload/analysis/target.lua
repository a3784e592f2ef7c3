--- Follows what a soak's target says of itself on its metrics page: memory, descriptors, threads,
--- pools; when it restarted, and what it stopped telling.
--
-- A page is read and forgotten: what stays are the points of some twenty series, thinned when there
-- are many, however long the soak and however large the page. A metric is the sum over its labels,
-- so that labels that come and go are no holes, and no text of the server gets into the result but
-- names of metrics.

local prometheus = require "lload.analysis.prometheus"

local M = {}

local MOST_SERIES = 20
local MOST_POOLS = 8
local MOST_POINTS = 2048
local MOST_COUNTERS = 500
local MOST_RESTARTS = 100
local LONGEST_NAME = 200
-- Nothing that a process has as much of; beyond it arithmetic ends.
local LARGEST_VALUE = 1e18
-- A start time that is computed from the uptime wobbles by less than this.
local SAME_START_S = 1.5
-- A page that is missed once at the very end is the end of the run, not of the target.
local UNREACHABLE_AFTER = 2

local HEAP = { area = "heap" }

-- Metric → its kind for the drift test, perhaps with labels it must have.
local FOLLOWED = {
  process_resident_memory_bytes = { kind = "memory" }, -- every official client library
  process_working_set_bytes = { kind = "memory" }, -- .NET
  go_memstats_heap_inuse_bytes = { kind = "memory" },
  nodejs_heap_size_used_bytes = { kind = "memory" },
  nodejs_external_memory_bytes = { kind = "memory" },
  jvm_memory_used_bytes = { kind = "memory", labels = HEAP },
  jvm_memory_bytes_used = { kind = "memory", labels = HEAP }, -- the Java client before 1.0
  process_open_fds = { kind = "descriptors" },
  process_files_open_files = { kind = "descriptors" }, -- Micrometer
  nodejs_active_handles_total = { kind = "descriptors" },
  go_goroutines = { kind = "threads" },
  go_threads = { kind = "threads" },
  jvm_threads_current = { kind = "threads" },
  jvm_threads_live = { kind = "threads" },
  jvm_threads_live_threads = { kind = "threads" }, -- Micrometer
  process_num_threads = { kind = "threads" },
  hikaricp_connections_active = { kind = "pool" },
  hikaricp_connections_pending = { kind = "pool" },
  jdbc_connections_active = { kind = "pool" },
  go_sql_in_use_connections = { kind = "pool" },
  go_sql_stats_connections_in_use = { kind = "pool" },
}

-- What is in use of a pool grows when something is not given back; its size is a setting.
local POOL_WORDS = {
  "_in_use", "_active", "_used", "_busy", "_acquired", "_borrowed", "_pending", "_waiting",
  "_checked_out", "_checkedout",
}
local NO_GAUGE = { counter = true, histogram = true, summary = true, info = true, stateset = true }

local function is_pool_gauge(page, name)
  if not name:find("_pool_", 1, true) or name:find("_total$") or #name > LONGEST_NAME
    or NO_GAUGE[prometheus.type_of(page, name) or "gauge"] then
    return false
  end
  for _, word in ipairs(POOL_WORDS) do
    if (name .. "_"):find(word .. "_", 1, true) then return true end
  end
  return false
end

local function is_counter(page, sample)
  local kind = prometheus.type_of(page, sample.name)
  if kind == nil then return sample.name:find("_total$") ~= nil end
  if kind == "counter" then return not sample.name:find("_created$") end
  return (kind == "histogram" or kind == "summary") and sample.name:find("_count$") ~= nil
end

---@class lload.Target
---@field pages integer pages that were read
---@field failed integer pages that were not
---@field problem? string why the last one of these was not
---@field unreachable_s? number since when no page could be read any more
---@field restarts number[] when they were noticed
---@field vanished { metric: string, last_seen_s: number }[]
---@field series { metric: string, kind: string, ts: number[], xs: number[] }[]

---@class lload.Follower
local Follower = {}
Follower.__index = Follower

--- Someone who reads the pages of one target, one after the other.
---@return lload.Follower
function M.follower()
  return setmetatable({
    pages = 0, failed = 0, failed_in_a_row = 0, restarts = {}, series = {}, names = {}, pools = 0,
  }, Follower)
end

local function has_labels(sample, wanted)
  for name, value in pairs(wanted or {}) do
    if sample.labels[name] ~= value then return false end
  end
  return true
end

-- The kind of a metric that is followed; a pool of the target's own as long as there are few.
function Follower:kind_of(page, sample)
  local known = self.series[sample.name]
  if known then return has_labels(sample, known.labels) and known.kind or nil end
  local rule = FOLLOWED[sample.name]
  if rule then return has_labels(sample, rule.labels) and rule.kind or nil, rule.labels end
  if self.pools < MOST_POOLS and is_pool_gauge(page, sample.name) then
    self.pools = self.pools + 1
    return "pool"
  end
  return nil
end

function Follower:series_of(page, sample)
  local kind, labels = self:kind_of(page, sample)
  if not kind then return nil end
  local series = self.series[sample.name]
  if not series and #self.names < MOST_SERIES then
    series = {
      metric = sample.name, kind = kind, labels = labels, ts = {}, xs = {},
      values = 1, point = { t_s = 0, x = 0, count = 0 },
    }
    self.series[sample.name] = series
    self.names[#self.names + 1] = sample.name
  end
  return series
end

-- Two points become one in the middle, and from now on a point is the mean of twice as many values.
local function thin(series)
  local ts, xs = {}, {}
  for i = 1, #series.ts - 1, 2 do
    ts[#ts + 1] = (series.ts[i] + series.ts[i + 1]) / 2
    xs[#xs + 1] = (series.xs[i] + series.xs[i + 1]) / 2
  end
  series.ts, series.xs, series.values = ts, xs, 2 * series.values
end

local function add_value(series, t_s, value)
  series.seen_s = t_s
  if value ~= value or math.abs(value) > LARGEST_VALUE then return end
  local point = series.point
  point.t_s, point.x, point.count = point.t_s + t_s, point.x + value, point.count + 1
  if point.count < series.values then return end
  series.ts[#series.ts + 1] = point.t_s / point.count
  series.xs[#series.xs + 1] = point.x / point.count
  point.t_s, point.x, point.count = 0, 0, 0
  if #series.ts >= MOST_POINTS then thin(series) end
end

function Follower:take_gauges(page, t_s)
  local sums = {}
  for _, sample in ipairs(page.samples) do
    local series = self:series_of(page, sample)
    if series then sums[series] = (sums[series] or 0) + sample.value end
  end
  for series, sum in pairs(sums) do add_value(series, t_s, sum) end
end

-- One text for a sample with its labels.
local function identity(sample)
  local parts = {}
  for name, value in pairs(sample.labels) do parts[#parts + 1] = name .. "\1" .. value end
  table.sort(parts)
  return sample.name .. "\2" .. table.concat(parts, "\2")
end

local function counters_of(page)
  local counters, count = {}, 0
  for _, sample in ipairs(page.samples) do
    if count >= MOST_COUNTERS then break end
    if is_counter(page, sample) then
      counters[identity(sample)], count = sample.value, count + 1
    end
  end
  return counters
end

local function start_of(page)
  for _, sample in ipairs(page.samples) do
    if sample.name == "process_start_time_seconds" then return sample.value end
  end
  return nil
end

-- The start time decides where there is one; else a counter that went down, which none does but
-- from the beginning.
local function has_restarted(before, now)
  if before.start and now.start then
    return math.abs(now.start - before.start) > SAME_START_S
  end
  for key, value in pairs(now.counters) do
    local earlier = before.counters[key]
    if earlier and value < earlier * (1 - 1e-9) then return true end
  end
  return false
end

function Follower:notice_restart(page, t_s)
  local now = { start = start_of(page), counters = counters_of(page) }
  if self.last and has_restarted(self.last, now) and #self.restarts < MOST_RESTARTS then
    self.restarts[#self.restarts + 1] = t_s
  end
  self.last = now
end

function Follower:fail(t_s, problem)
  self.failed, self.failed_in_a_row = self.failed + 1, self.failed_in_a_row + 1
  if self.failed_in_a_row == 1 then self.failing_s = t_s end
  self.problem = problem
end

--- Reads what one scrape brought: a page, or why there is none.
---@param t_s number when, on the clock of the run
---@param body string|nil
---@param problem? string
function Follower:add(t_s, body, problem)
  if problem or type(body) ~= "string" then return self:fail(t_s, problem or "no answer") end
  local page = prometheus.parse(body)
  if #page.samples == 0 then return self:fail(t_s, "the page has no metrics") end
  self.pages, self.failed_in_a_row, self.read_s = self.pages + 1, 0, t_s
  self:notice_restart(page, t_s)
  self:take_gauges(page, t_s)
end

--- What is known so far.
---@return lload.Target
function Follower:target()
  local target = {
    pages = self.pages, failed = self.failed, problem = self.problem, restarts = self.restarts,
    vanished = {}, series = {},
  }
  if self.pages > 0 and self.failed_in_a_row >= UNREACHABLE_AFTER then
    target.unreachable_s = self.failing_s
  end
  table.sort(self.names)
  for index, name in ipairs(self.names) do
    local series = self.series[name]
    target.series[index] = {
      metric = name, kind = series.kind, ts = series.ts, xs = series.xs,
    }
    if series.seen_s < self.read_s then
      target.vanished[#target.vanished + 1] = { metric = name, last_seen_s = series.seen_s }
    end
  end
  return target
end

--- What became of a target, by all of its scrapes at once.
---@param scrapes { t_s: number, body: string|nil, error: string|nil }[]
---@return lload.Target
function M.follow(scrapes)
  local follower = M.follower()
  for _, scrape in ipairs(scrapes) do follower:add(scrape.t_s, scrape.body, scrape.error) end
  return follower:target()
end

return M
