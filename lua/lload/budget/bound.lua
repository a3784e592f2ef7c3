--- How far a measured value may be from the truth, as far as one run can know: an interval by block
--- bootstrap over the run's windows; in a run too short for that, of a percentile, by the ranks of
--- its requests (G. J. Hahn, W. Q. Meeker, "Statistical Intervals", Wiley, 1991, 5.2, in its normal
--- approximation); of Wilson's for shares. What has none of these is taken as it is.

local block_bootstrap = require "lload.statistics.block_bootstrap"
local judged = require "lload.judged"
local proportion = require "lload.statistics.proportion"
local sample = require "lload.statistics.sample"
local side = require "lload.compare.side"
local student = require "lload.statistics.student"

local M = {}

local RESAMPLES = 500
local SEED = 20
local FEWEST_WINDOWS = 10
local RESAMPLED = { p = true, avg = true, med = true }

local function of_windows(t, windows, confidence)
  local series = judged.label(t.metric, t.tags)
  local drawn = block_bootstrap.of_windows(windows, series, t.agg, t.x)
  if drawn.count < FEWEST_WINDOWS then return nil end
  local figures = drawn.figures_of(
    block_bootstrap.draws(drawn.count, { resamples = RESAMPLES, seed = SEED }))
  if #figures < RESAMPLES / 2 then return nil end
  table.sort(figures)
  return sample.quantile(figures, (1 - confidence) / 2),
    sample.quantile(figures, (1 + confidence) / 2)
end

local PERCENTILE = { p = true, med = true }

-- Ranks take requests for independent, which flatters; so few that no rank is high enough have
-- their largest as the upper end.
local function of_ranks(t, windows, confidence)
  local series = judged.label(t.metric, t.tags)
  local count = PERCENTILE[t.agg] and windows:value(series, "count") or 0
  if count == 0 then return nil end
  local share = (t.x or 50) / 100
  local reach = student.two_sided_t(1 - confidence, math.max(1, count - 1))
    * math.sqrt(share * (1 - share) / count)
  return windows:value(series, "p", 100 * math.max(0, share - reach)),
    windows:value(series, "p", 100 * math.min(1, share + reach))
end

-- Failed requests window by window, of the run as a whole.
local function of_failures(t, result, confidence)
  if t.metric ~= "http_req_failed" or next(t.tags or {}) or t.agg ~= "rate" then return nil end
  local counts = {}
  for i, window in ipairs(result.windows) do
    counts[i] = { hits = window.failed or 0, n = window.requests or 0 }
  end
  local share = proportion.of_windows(counts)
  if not share then return nil end
  return proportion.wilson(share.share * share.effective_n, share.effective_n, confidence)
end

local function of_checks(t, result, confidence)
  local checks = result.metrics.checks
  if t.metric ~= "checks" or next(t.tags or {}) or not checks then return nil end
  return proportion.wilson(checks.passes, checks.passes + checks.fails, confidence)
end

--- The interval of a threshold's actual value.
---@param t table a threshold: metric, tags, agg, x
---@param actual number
---@param run lload.Run
---@param confidence number 0.95
---@return number low
---@return number high
---@return boolean is_known false when nothing is known and both are the value itself
function M.of(t, actual, run, confidence)
  local low, high
  local windows = side.windows(run)
  if RESAMPLED[t.agg] and windows then low, high = of_windows(t, windows, confidence) end
  if not low and windows then low, high = of_ranks(t, windows, confidence) end
  if not low then low, high = of_failures(t, run.result, confidence) end
  if not low then low, high = of_checks(t, run.result, confidence) end
  if not low then return actual, actual, false end
  return math.min(low, actual), math.max(high, actual), true
end

return M
