--- What thresholds ask of a run that is over: from its result.json, and where that does not reach,
--- from the histograms of its windows.hlog.

local judged = require "lload.judged"

local M = {}

local EARLY_S = 0.05 -- a window that ends so little later has ended

---@class lload.StoredValues
---@field model table a run's result
---@field windows table|nil of engine.open_windows
---@field times number[][] of the windows
local Values = {}
Values.__index = Values

--- The values of a run. Without windows only what result.json has can be told.
---@param model table
---@param windows table|nil
---@return lload.StoredValues
function M.new(model, windows)
  local known = {}
  for _, name in ipairs(windows and windows:series() or {}) do known[name] = true end
  return setmetatable({
    model = model, windows = windows, known = known, times = windows and windows:times() or {},
  }, Values)
end

local function named(list, key, value)
  for _, item in ipairs(list) do
    if tostring(item[key]) == value then return item end
  end
  return nil
end

local function rate(passes, count)
  if count == 0 then return nil end
  return { type = "rate", rate = passes / count }
end

-- How the metrics of one request name are had from its row.
local function of_request(row, metric)
  if metric == "http_reqs" then return { type = "counter", count = row.count, rate = row.rate } end
  if metric == "http_req_failed" then return rate(row.failed, row.count) end
  if metric == "http_cache_hits" then
    return row.cache and rate(row.cache.hits, row.cache.answers)
  end
  if metric == "http_req_duration" then return row.duration end
  if metric == "http_req_failed_duration" then return row.failed_duration end
  local bytes = metric:match "^data_" and row[metric]
  if bytes then return { type = "counter", count = bytes } end
  return (row.phases or {})[metric:match "^http_req_(.+)$"]
end

local function of_step(row, metric)
  if metric == "http_reqs" then return { type = "counter", count = row.count, rate = row.rps } end
  if metric == "http_req_failed" and row.error_rate then
    return { type = "rate", rate = row.error_rate }
  end
  return metric == "http_req_duration" and row.duration or nil
end

local COUNTS = {
  iterations = "iterations", iterations_failed = "failed", iteration_errors = "errors",
}

local function of_journey(row, metric)
  if COUNTS[metric] then return { type = "counter", count = row[COUNTS[metric]] } end
  return metric == "iteration_duration" and row.duration or nil
end

local function of_check(row, metric)
  return metric == "checks" and rate(row.passes, row.passes + row.fails) or nil
end

local function set(...)
  local members = {}
  for _, name in ipairs { ... } do members[name] = true end
  return members
end

-- A tag that the result has rows for: the list, the key of its rows, what a row tells. What was
-- never seen has no row, and so no data; `metrics` are those a row would tell.
local ROWS = {
  name = {
    list = "requests", key = "name", tell = of_request, metrics = set("http_reqs",
      "http_req_failed", "http_req_duration", "http_req_failed_duration", "http_req_blocked",
      "http_req_looking_up", "http_req_connecting", "http_req_tls_handshaking",
      "http_req_sending", "http_req_waiting", "http_req_receiving", "data_sent", "data_received",
      "http_cache_hits"),
  },
  step = {
    list = "steps", key = "step", tell = of_step,
    metrics = set("http_reqs", "http_req_failed", "http_req_duration"),
  },
  journey = {
    list = "journeys", key = "name", tell = of_journey,
    metrics = set("iterations", "iterations_failed", "iteration_errors", "iteration_duration"),
  },
  check = { list = "checks", key = "name", tell = of_check, metrics = set "checks" },
}

-- Every sample of a run has the tag of its stage.
local function without_stage(model, tags)
  local rest = {}
  for tag, value in pairs(tags or {}) do
    if tag ~= "stage" or value ~= model.scenario.stage then rest[tag] = value end
  end
  return rest
end

-- Several profiles have a step of that number each.
local function is_ambiguous(model, tag, value)
  local count = 0
  for _, row in ipairs(tag == "step" and model.steps or {}) do
    if tostring(row.step) == value then count = count + 1 end
  end
  return count > 1
end

-- The metric as result.json has it, and whether it would be there if it had data.
local function stored_metric(model, metric, tags)
  local tag, value = next(tags)
  if not tag then return model.metrics[metric], true end
  local rows = ROWS[tag]
  if next(tags, tag) or not rows or not rows.metrics[metric]
    or is_ambiguous(model, tag, value) then
    return nil, false
  end
  local row = named(model[rows.list], rows.key, value)
  return row and rows.tell(row, metric), true
end

local function read(metric, agg, x)
  if metric == nil then return nil end
  if agg == "p" then return metric[("p(%g)"):format(x)] or (x == 50 and metric.med or nil) end
  return metric[agg]
end

-- Is there anything that a whole-run value could be had from?
local function whole_run(self, t, tags)
  local metric, is_known = stored_metric(self.model, t.metric, tags)
  local value = read(metric, t.agg, t.x)
  if value ~= nil or is_known and metric == nil then return true, value end
  local series = judged.label(t.metric, tags)
  if t.kind == "trend" and self.known[series] then
    return true, self.windows:value(series, t.agg, t.x)
  end
  return false
end

-- The windows that a stretch covers: those whose middle lies in it.
local function covered(times, from_s, to_s)
  local indices = {}
  for index, time in ipairs(times) do
    local middle = (time[1] + time[2]) / 2
    if middle >= from_s and time[2] <= to_s + EARLY_S then indices[#indices + 1] = index end
  end
  return indices
end

-- Counters and rates have no histogram; result.json has them for each window.
local function of_windows(list, t, from_s, to_s)
  local requests, failed, first, last = 0, 0, nil, nil
  for _, w in ipairs(list) do
    if w.to_s and (w.t_s + w.to_s) / 2 >= from_s and w.to_s <= to_s + EARLY_S then
      requests, failed = requests + (w.requests or 0), failed + (w.failed or 0)
      first, last = first or w.t_s, w.to_s
    end
  end
  if not first then return nil end
  if t.metric == "http_reqs" then
    return t.agg == "rate" and requests / (last - first) or requests
  end
  return requests > 0 and failed / requests or nil
end

local function sliding(self, t, tags, from_s, to_s)
  if t.kind == "trend" then
    local series = judged.label(t.metric, tags)
    if not self.known[series] then return nil end
    return self.windows:value_of(series, t.agg, t.x, covered(self.times, from_s, to_s))
  end
  return of_windows(self.model.windows, t, from_s, to_s)
end

-- The tags of a sliding threshold: `step` bounds the time as well, which the judge sees to.
local function can_slide(self, t, tags)
  if t.kind == "trend" then
    return self.windows ~= nil
      and (self.known[judged.label(t.metric, tags)] or not next(tags) or self:is_unseen(t, tags))
  end
  return not next(tags) and (t.metric == "http_reqs" or t.metric == "http_req_failed")
end

--- The moments at which a look shows something new: the ends of the windows.
---@return number[] seconds since the stage began
function Values:moments()
  local moments = {}
  if #self.times > 0 then
    for index, time in ipairs(self.times) do moments[index] = time[2] end
  else
    for index, w in ipairs(self.model.windows) do moments[index] = w.to_s end
  end
  return moments
end

--- Is a threshold about something that the run never had, so that there is no data?
---@param t table
---@param tags table<string, string>
---@return boolean
function Values:is_unseen(t, tags)
  local metric, is_known = stored_metric(self.model, t.metric, tags)
  return is_known and metric == nil
end

--- Why a threshold cannot be judged by what is stored; nil when it can.
---@param t table
---@return string|nil message
function Values:problem(t)
  local tags = without_stage(self.model, t.tags)
  local can
  if t.over_s then can = can_slide(self, t, tags) else can = whole_run(self, t, tags) end
  if can then return nil end
  local hint = "the result has no histograms of it"
  if t.kind == "trend" and not self.windows then
    hint = "there is no windows.hlog beside the result"
  elseif t.kind ~= "trend" then
    hint = "of counters, rates and gauges a result has those of the whole run, of names, steps, "
      .. "journeys and checks"
    if t.over_s then
      hint = "a result has http_reqs and http_req_failed of each window, no other"
    end
  end
  return ("%s %s cannot be judged by what is stored: %s"):format(
    judged.label(t.metric, t.tags), t.expression, hint)
end

--- The value of a threshold: of the whole run, or of the `span` seconds before a moment.
---@param t table
---@param span number|nil
---@param at_s number
---@return number|nil
function Values:value(t, span, at_s)
  local tags = without_stage(self.model, t.tags)
  if not span then
    local _, value = whole_run(self, t, tags)
    return value
  end
  local from_s = math.min(at_s, t.until_s or at_s) - span
  return sliding(self, t, tags, math.max(from_s, t.from_s or 0), at_s)
end

return M
