--- The levels of a stored result: the loads that were held, and what was achieved at each.
--
-- Three kinds of runs have them. Of a stepped ramp the steps at one load; of a search its tested
-- levels; of a ramp that never rests, windows of about the same load: these are called unsettled,
-- as the server was on its way to the next load already.

local rows = require "lload.report.rows"
local stored_values = require "lload.stored_values"

local M = {}

local BINS = 10
local FEW = 0.01
local LATE_S = 0.05 -- levels of a search begin with a look, and so with a window, about
local DURATION, FAILED_DURATION = "http_req_duration", "http_req_failed_duration"

--- What to run to have levels, for messages.
M.REMEDY = 'run stages that hold several loads, with lload run --out DIR: executor = "search", or '
  .. '"ramping-vus" or "ramping-arrival-rate" with steps such as { duration = "30s", '
  .. 'target = 50 }, each target twice: to get there and to stay'

---@class lload.CapacityLevel
---@field of "vus"|"rate"
---@field load number users, or arrivals a second
---@field from_s number
---@field to_s number
---@field settled boolean the load stayed the same
---@field count integer requests
---@field rps number achieved
---@field vus number|nil the most users
---@field offered number|nil arrivals a second that the plan had
---@field p50 number|nil ms
---@field p95 number|nil ms
---@field p99 number|nil ms
---@field error_rate number|nil
---@field in_flight number|nil mean of the counts
---@field counts number[] requests in flight at the end of each of its windows
---@field little number|nil requests in flight by Little's law: rps · mean duration
---@field passed boolean|nil verdict of a search
---@field excluded string|nil why it says nothing about the server

---@class lload.CapacityLevels
---@field of "vus"|"rate"
---@field source "holds"|"search"|"ramp"
---@field list lload.CapacityLevel[] by load
---@field values lload.StoredValues
---@field notes string[]

-- The windows within a stretch. What is counted at the end of one that ends late belongs to what
-- comes next.
local function windows_within(model, from_s, to_s)
  local list = {}
  for _, w in ipairs(model.windows) do
    if w.to_s and w.t_s >= from_s - 1e-3 and w.to_s <= to_s then list[#list + 1] = w end
  end
  return list
end

local function mean_of(list, key)
  local sum, count = 0, 0
  for _, item in ipairs(list) do
    if item[key] then sum, count = sum + item[key], count + 1 end
  end
  return count > 0 and sum / count or nil
end

local function largest(list, key)
  local most
  for _, item in ipairs(list) do
    if item[key] and item[key] > (most or -math.huge) then most = item[key] end
  end
  return most
end

local function add_counts(level, windows)
  level.counts = {}
  for _, w in ipairs(windows) do level.counts[#level.counts + 1] = w.in_flight end
  level.in_flight = mean_of(windows, "in_flight")
  level.offered = mean_of(windows, "offered")
  level.vus = level.vus or largest(windows, "vus")
end

-- The mean duration of all requests in ms, failed ones included; nil when it is not stored.
local function mean_duration(level, ask)
  local ok, failed_share = level.duration, level.error_rate or 0
  if not ok or ok.count == 0 then return ask(FAILED_DURATION, "avg") end
  if failed_share == 0 then return ok.avg end
  local failed, count = ask(FAILED_DURATION, "avg"), ask(FAILED_DURATION, "count")
  if failed then return (ok.avg * ok.count + failed * count) / (ok.count + count) end
  -- A few that failed cannot move the mean by much.
  return failed_share <= FEW and ok.avg or nil
end

local function add_little(level, ask)
  local mean_ms = mean_duration(level, ask)
  if mean_ms then level.little = level.rps * mean_ms / 1000 end
end

local function add_percentiles(level)
  local d = level.duration or {}
  level.p50, level.p95, level.p99 = d.med, d["p(95)"], d["p(99)"]
end

-- The durations of a level as a step has them, from the histograms.
local function trend_from(ask)
  local count = ask(DURATION, "count")
  if not count or count == 0 then return nil end
  return {
    count = count, avg = ask(DURATION, "avg"), med = ask(DURATION, "p", 50),
    ["p(95)"] = ask(DURATION, "p", 95), ["p(99)"] = ask(DURATION, "p", 99),
  }
end

-- Asks the histograms about the windows that begin in a stretch, if there are any.
local function asker(run, from_s, to_s)
  return function(series, how, x)
    return run.windows and run.windows:value(series, how, x, from_s, to_s) or nil
  end
end

local function lies_within(moment_s, windows)
  for _, w in ipairs(windows) do
    if moment_s >= w.t_s and moment_s < w.to_s then return true end
  end
  return false
end

-- Asks them about several windows of the result. The log may have more of them, each shorter.
local function asker_of(run, windows)
  local indices = {}
  for index, time in ipairs(run.windows and run.windows:times() or {}) do
    if lies_within((time[1] + time[2]) / 2, windows) then indices[#indices + 1] = index end
  end
  return function(series, how, x)
    return run.windows and run.windows:value_of(series, how, x, indices) or nil
  end
end

local function finish(level, ask, windows)
  level.ask = ask
  add_counts(level, windows)
  add_percentiles(level)
  add_little(level, ask)
  return level
end

-- ------------------------------------------------------------------ steps

-- A step counts what began in it. What is achieved is what ended in it: of an overloaded server,
-- that is less. Whole windows tell that, if they cover enough of the step.
local function ended_per_second(step, windows)
  local span, count = 0, 0
  for _, w in ipairs(windows) do span, count = span + w.to_s - w.t_s, count + (w.requests or 0) end
  return span >= (step.to_s - step.from_s) / 2 and count / span or step.rps
end

local function of_hold(run, step)
  local of = step.to_rate and "rate" or "vus"
  local windows = windows_within(run.result, step.from_s, step.to_s)
  local level = {
    of = of, load = step.to_rate or step.to_vus, from_s = step.from_s, to_s = step.to_s,
    step = step.step, label = step.label, settled = true, count = step.count,
    rps = ended_per_second(step, windows), vus = step.vus, error_rate = step.error_rate,
    duration = step.duration,
  }
  return finish(level, asker(run, step.from_s, step.to_s), windows)
end

local function is_hold(step)
  return not rows.is_ramp(step) and (step.to_vus or step.to_rate or 0) > 0 and step.from_s
    and step.to_s and step.to_s > step.from_s and (step.count or 0) > 0
end

local function holds_of(run)
  local list, loads, distinct = {}, {}, 0
  for _, step in ipairs(run.result.steps) do
    if is_hold(step) then
      local level = of_hold(run, step)
      list[#list + 1] = level
      if not loads[level.load] then loads[level.load], distinct = true, distinct + 1 end
    end
  end
  return list, distinct
end

-- ----------------------------------------------------------------- search

local function windows_share(windows, key, of)
  local part, whole = 0, 0
  for _, w in ipairs(windows) do part, whole = part + (w[key] or 0), whole + (w[of] or 0) end
  return whole > 0 and part / whole or nil
end

-- A search counts its time from its first look: the end of the first window of its profile.
local function search_begins(model)
  local profile_s = (model.steps[1] or {}).from_s or 0
  for _, w in ipairs(model.windows) do
    if w.to_s and w.to_s > profile_s then return w.to_s end
  end
  return profile_s
end

-- A level settles until the first look that comes late enough, and the hold begins with a window.
local function hold_begins(model, earliest_s)
  for _, w in ipairs(model.windows) do
    if w.t_s >= earliest_s - LATE_S then return w.t_s end
  end
  return earliest_s
end

local function of_tested(run, search, tested)
  local settled_s = search_begins(run.result) + tested.at_s + (search.settle_s or 0)
  local from_s = hold_begins(run.result, settled_s)
  local to_s = from_s + tested.held_s
  local windows = windows_within(run.result, from_s - LATE_S, to_s + LATE_S)
  local ask = asker(run, from_s - LATE_S, to_s - LATE_S)
  local level = {
    of = search.of, load = tested.load, from_s = from_s, to_s = to_s, settled = true,
    count = tested.samples or 0, rps = tested.rps or 0, passed = tested.ok, why = tested.why,
    error_rate = windows_share(windows, "failed", "requests"), duration = trend_from(ask),
    generator = tested.generator,
  }
  finish(level, ask, windows)
  level.p95 = tested.p95 or level.p95
  return level
end

local function tested_of(run)
  local search, list = run.result.search, {}
  for _, tested in ipairs(search.levels) do
    if tested.at_s and tested.held_s and tested.held_s > 0 then
      list[#list + 1] = of_tested(run, search, tested)
    end
  end
  return list
end

-- ------------------------------------------------------------------- ramp

local function is_rising(step) return rows.growth(step) > 0 end

local function load_of(window, of)
  return of == "rate" and window.offered or window.vus
end

-- The windows of the rising steps, by how high their load is.
local function into_bins(model, of, highest)
  local bins = {}
  for _, step in ipairs(model.steps) do
    for _, w in ipairs(is_rising(step) and step.from_s and model.windows or {}) do
      local load = load_of(w, of) or 0
      if w.to_s and w.t_s >= step.from_s - 1e-3 and w.to_s <= step.to_s + 0.05 and load > 0 then
        local number = math.max(1, math.min(BINS, math.ceil(load / highest * BINS)))
        bins[number] = bins[number] or {}
        table.insert(bins[number], w)
      end
    end
  end
  return bins
end

local function of_bin(run, of, windows)
  local span, load, count = 0, 0, 0
  for _, w in ipairs(windows) do
    span, count = span + w.to_s - w.t_s, count + (w.requests or 0)
    load = load + load_of(w, of)
  end
  local ask = asker_of(run, windows)
  local level = {
    of = of, load = load / #windows, from_s = windows[1].t_s, to_s = windows[#windows].to_s,
    settled = false, count = count, rps = span > 0 and count / span or 0,
    error_rate = windows_share(windows, "failed", "requests"), duration = trend_from(ask),
  }
  return finish(level, ask, windows)
end

local function bins_of(run)
  local model, of, highest = run.result, nil, 0
  for _, step in ipairs(model.steps) do
    if is_rising(step) then
      of = step.to_rate and "rate" or "vus"
      highest = math.max(highest, step.to_rate or step.to_vus)
    end
  end
  if not of then return {} end
  local bins, list = into_bins(model, of, highest), {}
  for number = 1, BINS do
    local level = bins[number] and of_bin(run, of, bins[number])
    if level and level.count > 0 then list[#list + 1] = level end
  end
  return list
end

-- -------------------------------------------------------------------- all

-- Two profiles at once: whose load is it?
local function overlapping(steps)
  local sorted, last = {}, nil
  for _, step in ipairs(steps) do
    if step.from_s and step.to_s and step.to_s > step.from_s then sorted[#sorted + 1] = step end
  end
  table.sort(sorted, function(a, b) return a.from_s < b.from_s end)
  for _, step in ipairs(sorted) do
    if last and step.profile ~= last.profile and step.from_s < last.to_s then return true end
    if not last or step.to_s > last.to_s then last = step end
  end
  return false
end

local function problem_of(model)
  local reqs = model.metrics.http_reqs
  if not reqs or reqs.count == 0 then return "it has no requests; " .. M.REMEDY end
  if model.search then return nil end
  if #model.windows < 2 then
    return "it has a single window of time; nothing can be told apart in it; " .. M.REMEDY
  elseif #model.steps == 0 then
    return "it has no steps; " .. M.REMEDY
  elseif overlapping(model.steps) then
    return "its profiles ran beside each other, so no level has one load; " .. M.REMEDY
  end
  return nil
end

-- The levels, of which kind they are, and how many loads there are.
local function collect(run)
  if run.result.search then
    local tested = tested_of(run)
    return tested, "search", #tested
  end
  local holds, distinct = holds_of(run)
  local bins = distinct < 2 and bins_of(run) or {}
  if #bins < 2 then return holds, "holds", distinct end
  return bins, "ramp", #bins
end

local function by_load(a, b)
  if a.load ~= b.load then return a.load < b.load end
  return a.from_s < b.from_s
end

local function kind_of(list)
  for _, level in ipairs(list) do
    if level.of ~= list[1].of then return nil end
  end
  return list[1].of
end

--- The levels of one run.
---@param run lload.Run
---@return lload.CapacityLevels|nil
---@return string|nil message with what to run instead
function M.of(run)
  local message = problem_of(run.result)
  if message then return nil, message end
  local list, source, distinct = collect(run)
  if distinct < 2 then
    return nil, ("it held %s; %s"):format(distinct == 0 and "no load" or "one load only", M.REMEDY)
  end
  local of = kind_of(list)
  if not of then return nil, "some of its steps are users, others a rate; " .. M.REMEDY end
  table.sort(list, by_load)
  local notes = {}
  if source == "ramp" then
    notes[1] = "the load never stayed the same: the levels are windows of about one load, and "
      .. "unsettled"
  end
  if not run.windows then
    notes[#notes + 1] = "there is no windows.hlog beside the result (--out writes one): some "
      .. "figures of the levels are not known"
  end
  return {
    of = of, source = source, list = list, notes = notes,
    values = stored_values.new(run.result, run.windows),
  }
end

return M
