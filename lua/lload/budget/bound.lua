--- How far a measured value may be from the truth, as far as one run can know: an interval by block
--- bootstrap over the run's windows, or of Wilson's for shares. What has neither is taken as it is.

local block_bootstrap = require "lload.statistics.block_bootstrap"
local judged = require "lload.judged"
local proportion = require "lload.statistics.proportion"
local sample = require "lload.statistics.sample"

local M = {}

local RESAMPLES = 500
local SEED = 20
local FEWEST_WINDOWS = 10
local RESAMPLED = { p = true, avg = true, med = true }

local function of_windows(t, windows, confidence)
  local times = windows:times()
  local series = judged.label(t.metric, t.tags)
  local figures = block_bootstrap.figures(#times, function(indices)
    return windows:value_of(series, t.agg, t.x, indices)
  end, { resamples = RESAMPLES, seed = SEED })
  if #times < FEWEST_WINDOWS or #figures < RESAMPLES / 2 then return nil end
  table.sort(figures)
  return sample.quantile(figures, (1 - confidence) / 2),
    sample.quantile(figures, (1 + confidence) / 2)
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
  if RESAMPLED[t.agg] and run.windows then low, high = of_windows(t, run.windows, confidence) end
  if not low then low, high = of_failures(t, run.result, confidence) end
  if not low then low, high = of_checks(t, run.result, confidence) end
  if not low then return actual, actual, false end
  return math.min(low, actual), math.max(high, actual), true
end

return M
