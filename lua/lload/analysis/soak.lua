--- What a soak found: figures that drift, when they break a threshold, and what became of the
--- target meanwhile.
--
--   vus     ________________________________
--          /|      |  |  |  |  |  |  |  |  |
--         / |      |  windows, one after the other
--   ramp    settling

local drift = require "lload.analysis.drift"
local units = require "lload.units"
local windows = require "lload.analysis.windows"

local M = {}

-- Windows of a minute, as long as there are at least twenty of them; before that thirty windows.
-- Pairs of windows are compared, so a soak of days has wider ones.
local WINDOW_S, LONG_S = 60, 1200
local MOST_WINDOWS, SHORT_WINDOWS = 240, 30
-- What a soak begins with is not yet the load that it holds: connections are opened, users come to
-- the expensive part of their journeys for the first time.
local SETTLING_SHARE, LONGEST_SETTLING_S = 0.1, 60

-- What is read from each window. An empty window is no throughput; of the rest it says nothing.
local FIGURES = {
  {
    metric = "http_req_duration p(95)", word = "p95", kind = "duration", read = windows.p95,
  },
  {
    metric = "http_req_failed rate", word = "the error rate", kind = "error_rate",
    read = function(w) return w.sums and w.sums.error_rate end,
  },
  {
    metric = "in_flight", word = "requests in flight", kind = "in_flight",
    read = function(w) return w.sums and w.sums.in_flight end,
  },
  {
    metric = "http_reqs rate", word = "throughput", kind = "throughput",
    read = function(w) return w.sums and w.sums.rps or 0 end,
  },
}

---@class lload.SoakScrape
---@field pages integer that were read
---@field failed integer that were not
---@field problem? string why the last one of these was not
---@field unreachable_s? number since when none could be read any more

---@class lload.SoakResult
---@field verdict "steady"|"drifting"|"too_short"
---@field detail string
---@field window_s number
---@field windows integer
---@field from_s? number where the first window began
---@field to_s? number
---@field drift lload.Drift[]
---@field restarts? number[] seconds
---@field vanished? { metric: string, last_seen_s: number }[]
---@field scrape? lload.SoakScrape

--- How wide the windows of a soak are.
---@param duration_s number
---@return integer seconds
function M.window_width(duration_s)
  if duration_s < LONG_S then return math.max(1, math.ceil(duration_s / SHORT_WINDOWS)) end
  return WINDOW_S * math.ceil(duration_s / (WINDOW_S * MOST_WINDOWS))
end

-- When the load was held: after the ramp and the settling, to the end of it or of the run.
local function held(profile, elapsed_s)
  local from = profile.start_s or 0
  for _, segment in ipairs(profile.segments) do
    if segment.label == "soak" then
      local to = math.min(from + segment.duration_s, elapsed_s)
      if to <= from then return nil end
      local settling = math.min((to - from) * SETTLING_SHARE, LONGEST_SETTLING_S)
      return math.ceil(from + settling), math.floor(to), to - from
    end
    from = from + segment.duration_s
  end
  return nil
end

local function figures_of(list)
  local all = {}
  for index, figure in ipairs(FIGURES) do
    local ts, xs = {}, {}
    for i, w in ipairs(list) do ts[i], xs[i] = (w.from_s + w.to_s) / 2, figure.read(w) end
    all[index] = {
      metric = figure.metric, word = figure.word, kind = figure.kind, ts = ts, xs = xs,
    }
  end
  return all
end

-- The longest stretch without a restart.
local function longest_stretch(restarts, from, to)
  local edges = { from }
  for _, t in ipairs(restarts) do
    if t > from and t < to then edges[#edges + 1] = t end
  end
  edges[#edges + 1] = to
  local best = 1
  for i = 2, #edges - 1 do
    if edges[i + 1] - edges[i] > edges[best + 1] - edges[best] then best = i end
  end
  return edges[best], edges[best + 1]
end

-- Means of a series over windows, so that a page read every second is no heavier than others.
local function binned(series, from, to, width)
  local ts, xs, index, sum, count = {}, {}, nil, 0, 0
  local function close()
    if count > 0 then ts[#ts + 1], xs[#xs + 1] = from + (index + 0.5) * width, sum / count end
  end
  for i, t in ipairs(series.ts) do
    if t >= from and t <= to then
      local bin = math.floor((t - from) / width)
      if bin ~= index then
        close()
        index, sum, count = bin, 0, 0
      end
      sum, count = sum + series.xs[i], count + 1
    end
  end
  close()
  return ts, xs
end

local function followed(target, from, to, width)
  local list = {}
  for _, series in ipairs(target and target.series or {}) do
    local first, last = longest_stretch(target.restarts, from, to)
    local ts, xs = binned(series, first, last, width)
    list[#list + 1] = { metric = series.metric, kind = series.kind, ts = ts, xs = xs }
  end
  return list
end

local function test_all(list, thresholds)
  local rows = {}
  for _, series in ipairs(list) do
    local row = drift.test(series)
    if row then
      drift.project(row, thresholds)
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function having(rows, flag)
  local list = {}
  for _, row in ipairs(rows) do
    if row[flag] then list[#list + 1] = drift.sentence(row) end
  end
  return list
end

-- The verdict and why. A slope and a slow cycle look alike until the cycle turns, however good the
-- statistics: that is said, not hidden.
local function conclude(rows, count, held_s)
  local drifting, unclear = having(rows, "significant"), having(rows, "unclear")
  local time = drift.format_time(held_s)
  if #drifting > 0 then
    return "drifting", ("%s. A cycle slower than %s would look the same"):format(
      table.concat(drifting, ". "), drift.format_time(2 * held_s))
  elseif #unclear > 0 then
    return "too_short", ("%s, a leak or a cycle: %s of soak are too short to tell"):format(
      table.concat(unclear, ". "), time)
  elseif count < drift.FEWEST_POINTS or held_s < drift.SHORT_S then
    return "too_short", ("no drift seen, but %s of soak are too short to tell a leak from a cycle")
      :format(time)
  end
  return "steady", ("no drift in %s of soak"):format(time)
end

local function add_target(result, target)
  if not target then return end
  result.scrape = {
    pages = target.pages, failed = target.failed, problem = target.problem,
    unreachable_s = target.unreachable_s,
  }
  if #target.restarts > 0 then result.restarts = target.restarts end
  if #target.vanished > 0 then result.vanished = target.vanished end
end

local function without_words(rows)
  for _, row in ipairs(rows) do row.word = nil end
  return rows
end

--- What a soak found.
---@param profile table
---@param range lload.Range
---@param elapsed_s number how long the stage really ran
---@param thresholds? table[] of the run
---@param target? lload.Target what was followed of the target, see analysis.target
---@return lload.SoakResult
function M.analyse(profile, range, elapsed_s, thresholds, target)
  local from, to, held_s = held(profile, elapsed_s)
  local result = { verdict = "too_short", windows = 0, drift = {} }
  add_target(result, target)
  if not from then
    result.detail = "the run ended before the soak began"
    return result
  end
  local width = M.window_width(held_s)
  local list = windows.cut(range, from, to, width)
  local figures = figures_of(list)
  for _, series in ipairs(followed(target, from, to, width)) do figures[#figures + 1] = series end
  local rows = test_all(figures, thresholds or {})
  result.verdict, result.detail = conclude(rows, #list, held_s)
  result.window_s, result.windows, result.from_s, result.to_s = width, #list, from, to
  result.drift = without_words(rows)
  return result
end

local function at(seconds) return units.format_duration(math.floor(seconds + 0.5)) end

local function target_problems(soak)
  local list, scrape = {}, soak.scrape
  if scrape and scrape.pages == 0 and scrape.failed > 0 then
    list[1] = "the target's metrics were never read: " .. (scrape.problem or "no answer")
  elseif scrape and scrape.unreachable_s then
    list[1] = ("the target's metrics could not be read any more after %s: %s"):format(
      at(scrape.unreachable_s), scrape.problem or "no answer")
  end
  for _, item in ipairs(soak.vanished or {}) do
    list[#list + 1] = ("%s vanished from the target's metrics after %s"):format(
      item.metric, at(item.last_seen_s))
  end
  return list
end

-- The first of what drifts in full, the others counted: the section of the soak has them all.
local function drift_in_short(soak)
  local first, others = (soak.detail or ""):match("^(.-)%. "), -1
  for _, row in ipairs(soak.drift or {}) do others = others + (row.significant and 1 or 0) end
  if not first or others < 1 then return first or soak.detail or "it drifts" end
  return ("%s, and %d more %s"):format(first, others, others == 1 and "figure" or "figures")
end

--- Why a soak should fail its run, each reason in words; none when it should not.
---@param model table the result model, or anything with its `soak`
---@return { code: "drift"|"target", text: string }[]
function M.failures(model)
  local reasons, soak = {}, model.soak
  if not soak then return reasons end
  if soak.verdict == "drifting" then
    reasons[1] = { code = "drift", text = drift_in_short(soak) }
  end
  for _, text in ipairs(target_problems(soak)) do
    reasons[#reasons + 1] = { code = "target", text = text }
  end
  return reasons
end

return M
