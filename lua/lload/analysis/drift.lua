--- Does one figure of a soak drift: tested, weighed, projected, and told in a sentence.
--
-- Three things must come together before a drift is called significant. It is no accident: the
-- trend test says p < 0.01, with the variance widened for autocorrelation. It matters: over minutes
-- of thousands of requests a drift of a tenth of a percent is no accident either. And it goes on: a
-- line tells it better than one step does, unless the test leaves no doubt at all.
--
-- A short soak (under 5 minutes) is a special case. There a compiler on the same machine, a cache
-- that warms up or a load balancer's whim lasts as long as the soak itself, so more is asked: half
-- as much again, and the line clearly better than a step. A leak grows all the time; a neighbour
-- who starts to work makes one step. Memory is never judged there: every collected heap grows for
-- minutes before it is first collected.

local trend_test = require "lload.analysis.trend_test"
local units = require "lload.units"

local M = {}

--- A soak or a stretch of it shorter than this many seconds is short.
M.SHORT_S = 300
--- With fewer points than these nothing is tested: too coarse for the normal approximation, and
--- for any idea of autocorrelation.
M.FEWEST_POINTS = 10

-- Some ten figures are tested in each soak: at 0.05 every other healthy one would be accused.
local ALPHA = 0.01
-- How much more there must be at the end, as a share of the beginning.
local GROWTH, SHORT_GROWTH = 0.1, 0.5
-- What a line leaves over, as a share of what the best step does. It comes out at 0.15 to 0.25 for
-- leaks of the demo shop, at 1 and more for a step.
local LINE, SHORT_LINE = 1, 0.85
-- Steps have residues that are autocorrelated, so their p-values stay above this.
local NO_DOUBT = 1e-4

local MEBIBYTE = 1024 ^ 2

---@class lload.DriftKind
---@field unit "ms"|"share"|"per_second"|"bytes"|"count"
---@field floor number smaller changes never matter
---@field short_floor? number the same in a short soak; without one it is not judged there
---@field falls? boolean a fall is what matters, as it is for throughput

--- What is followed, and from where on it matters.
---@type table<string, lload.DriftKind>
M.KINDS = {
  -- Below 5 ms in half a minute the scheduler of a busy machine is as likely a cause.
  duration = { unit = "ms", floor = 1, short_floor = 5 },
  error_rate = { unit = "share", floor = 0.005, short_floor = 0.02 },
  in_flight = { unit = "count", floor = 1, short_floor = 2 },
  throughput = { unit = "per_second", floor = 0.5, short_floor = 1, falls = true },
  -- Less is a table that fills up or a heap that finds its size.
  memory = { unit = "bytes", floor = 64 * MEBIBYTE },
  descriptors = { unit = "count", floor = 20, short_floor = 50 },
  threads = { unit = "count", floor = 20, short_floor = 50 },
  pool = { unit = "count", floor = 2, short_floor = 5 },
}

---@class lload.DriftSeries
---@field metric string as the result names it
---@field word? string as a sentence names it, if otherwise
---@field kind string key of KINDS
---@field ts number[] seconds, rising
---@field xs table<integer, number|nil>

---@class lload.Drift
---@field metric string
---@field unit string
---@field points integer
---@field over_s number between the first point and the last
---@field from number the line at the first point
---@field to number the line at the last point
---@field slope_per_h number
---@field relative_per_h? number the slope as a share of `from`
---@field p_value number
---@field significant boolean it goes the wrong way, and not by chance, and far enough
---@field unclear? boolean it looks like that, but may as well be a cycle or a step
---@field breach? string the expression that the line breaks first
---@field breach_in_s? number how long after the soak, 0 if it does already

local function clamp(value, low, high)
  return math.max(low, math.min(high, value))
end

-- The ends of the fitted line, within what was seen: the line of a curve leaves it at its ends.
local function ends_of(trend, ts, xs)
  local low, high = math.huge, -math.huge
  for _, x in ipairs(xs) do low, high = math.min(low, x), math.max(high, x) end
  return clamp(trend.intercept + trend.slope * ts[1], low, high),
    clamp(trend.intercept + trend.slope * ts[#ts], low, high)
end

-- How far it went the wrong way, and as a share of where it was better. A third less is as much as
-- half more.
local function growth_of(kind, from, to)
  local growth = to - from
  if kind.falls then growth, from = -growth, to end
  if from <= 0 then return growth, growth > 0 and math.huge or 0 end
  return growth, growth / from
end

local function goes_on(trend, is_short)
  if is_short then return trend.line_against_step < SHORT_LINE end
  return trend.line_against_step < LINE or trend.p_value < NO_DOUBT
end

-- Two judgements: is it significant; and if not, does it look like it all the same?
local function judge(kind, trend, row)
  local growth, share = growth_of(kind, row.from, row.to)
  if growth < kind.floor or share < GROWTH then return false, false end
  local is_short = row.over_s < M.SHORT_S
  local enough = not is_short
    or kind.short_floor ~= nil and growth >= kind.short_floor and share >= SHORT_GROWTH
  local significant = trend.p_value < ALPHA and enough and goes_on(trend, is_short)
  return significant, not significant and trend.plain_p_value < ALPHA
end

--- Tests one series; nil when it has too few points.
---@param series lload.DriftSeries
---@return lload.Drift|nil
function M.test(series)
  local ts, xs = trend_test.clean(series.ts, series.xs)
  local trend = #xs >= M.FEWEST_POINTS and trend_test.test(ts, xs)
  if not trend then return nil end
  local kind = M.KINDS[series.kind]
  local from, to = ends_of(trend, ts, xs)
  local row = {
    metric = series.metric, word = series.word, unit = kind.unit, points = trend.n,
    over_s = ts[#ts] - ts[1], from = from, to = to, slope_per_h = trend.slope * 3600,
    relative_per_h = from > 0 and trend.slope * 3600 / from or nil, p_value = trend.p_value,
  }
  local significant, unclear = judge(kind, trend, row)
  row.significant, row.unclear = significant, unclear or nil
  return row
end

-- What the thresholds call the figures that they can be set on.
local function is_about(threshold, metric)
  if next(threshold.tags or {}) ~= nil then return false end
  local name, aggregation = metric:match("^(%S+) (%S+)$")
  local wanted = threshold.agg == "p" and ("p(%s)"):format(tostring(threshold.x)) or threshold.agg
  return threshold.metric == name and wanted == aggregation
end

-- Seconds until a rising or falling line crosses a limit; nil when it goes the other way.
local function time_to(limit, row, rises)
  local slope_per_s = row.slope_per_h / 3600
  if (slope_per_s > 0) ~= rises then return nil end
  return math.max(0, (limit - row.to) / slope_per_s)
end

--- Adds to a significant drift when it will break a threshold, if it goes on like that.
---@param row lload.Drift
---@param thresholds table[] of the run
function M.project(row, thresholds)
  if not row.significant or row.slope_per_h == 0 then return end
  for _, t in ipairs(thresholds) do
    local rises = t.operator == "<" or t.operator == "<="
    if is_about(t, row.metric) and (rises or t.operator == ">" or t.operator == ">=") then
      local in_s = time_to(t.limit, row, rises)
      if in_s and (not row.breach_in_s or in_s < row.breach_in_s) then
        row.breach, row.breach_in_s = t.expression, in_s
      end
    end
  end
end

local FORMAT = {
  ms = units.format_ms, share = units.format_share, bytes = units.format_bytes,
  count = units.format_number,
  per_second = function(value) return units.format_number(value) .. "/s" end,
}

--- A figure with its unit; negative ones with their sign.
---@param value number
---@param unit string of a kind
---@return string
function M.format(value, unit)
  local format = FORMAT[unit] or units.format_number
  return value < 0 and "-" .. format(-value) or format(value)
end

--- A time that need not be exact: whole seconds, whole minutes from an hour on, days from two on.
---@param seconds number
---@return string
function M.format_time(seconds)
  if seconds >= 2 * 86400 then return ("%s days"):format(units.count(seconds / 86400)) end
  local step = seconds >= 3600 and 60 or 1
  return units.format_duration(math.floor(seconds / step + 0.5) * step)
end

--- The speed of a drift, in the unit of time that suits it: "60.0ms an hour".
---@param row lload.Drift
---@return string
function M.speed(row)
  local hourly = row.over_s >= 600
  local slope = math.abs(hourly and row.slope_per_h or row.slope_per_h / 60)
  local unit = row.unit ~= "per_second" and row.unit or "count"
  return ("%s %s"):format(M.format(slope, unit), hourly and "an hour" or "a minute")
end

local function breach_of(row)
  if not row.breach then return "" end
  if row.breach_in_s == 0 then return ("; %s is broken at its end"):format(row.breach) end
  if row.breach_in_s > 366 * 86400 then return "" end
  return ("; %s would break after %s more"):format(row.breach, M.format_time(row.breach_in_s))
end

--- One sentence about a drift: "p95 grew from 50ms to 80ms in 30m (60ms an hour)".
---@param row lload.Drift
---@return string
function M.sentence(row)
  return ("%s %s from %s to %s in %s (%s)%s%s"):format(row.word or row.metric,
    row.slope_per_h >= 0 and "grew" or "fell", M.format(row.from, row.unit),
    M.format(row.to, row.unit), M.format_time(row.over_s), M.speed(row),
    row.significant and ": significant" or "", breach_of(row))
end

return M
