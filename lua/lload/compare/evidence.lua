--- How sure a difference of a percentile is. Which test is used follows from what there is:
---
--- | base runs | new runs | rule |
--- |---|---|---|
--- | 2 or more | 2 or more | `welch`: Welch's t test of ln p95 |
--- | 2 or more | 1 | `prediction`: does the new ln p95 lie in m ± t(n-1)·s·sqrt(1+1/n)? |
--- | 1 | 2 or more | `prediction`, the other way round |
--- | 1 | 1 | `bootstrap` over the windows of both: weak evidence |
---
--- Logarithms, because runs differ by factors: a machine that is 5 % slower is so for slow
--- endpoints and fast ones. Runs are what is compared, not requests: requests of one run share its
--- luck, and rank tests over raw requests raise false alarms in half of all unchanged runs.

local block_bootstrap = require "lload.statistics.block_bootstrap"
local sample = require "lload.statistics.sample"

local M = {}

--- Fewer base runs than these make a prediction interval so wide that it is called weak.
M.ENOUGH_RUNS = 5
local RESAMPLES = 1000
local SEED = 20
-- A block bootstrap needs windows to draw from.
M.FEWEST_WINDOWS = 10

---@class lload.Evidence
---@field rule "welch"|"prediction"|"bootstrap"|"none"
---@field weak boolean the runs cannot know how much runs differ
---@field change number new over base, less 1
---@field low? number of its confidence interval
---@field high? number
---@field p_value? number two-sided; absent when it cannot be tested

local function logarithms(values)
  local logs = {}
  for i, value in ipairs(values) do logs[i] = math.log(value) end
  return logs
end

local function change_of(logarithm) return math.exp(logarithm) - 1 end

local function from_difference(rule, weak, judged)
  return {
    rule = rule, weak = weak, change = change_of(judged.difference),
    low = change_of(judged.low), high = change_of(judged.high), p_value = judged.p_value,
  }
end

local function mirrored(judged)
  return {
    difference = -judged.difference, low = -judged.high, high = -judged.low,
    p_value = judged.p_value,
  }
end

-- The differences of two runs' resamples: as many as both have, paired as they were drawn.
local function drawn_differences(base, new)
  local function figures(run, seed)
    return run.figures_of(block_bootstrap.draws(run.count, { resamples = RESAMPLES, seed = seed }))
  end
  local before, after = figures(base, SEED), figures(new, SEED + 1)
  local differences = {}
  for i = 1, math.min(#before, #after) do
    differences[i] = math.log(after[i]) - math.log(before[i])
  end
  table.sort(differences)
  return differences
end

local function blocks(count) return count / block_bootstrap.block_length(count) end

-- The p value is that of the difference over its standard error, which the resamples tell: counted
-- among a thousand of them it could not be below 0.001, and no one of fifty endpoints would ever be
-- believed. As few blocks tell a spread as loosely as few values do, it is a t.
local function bootstrap(change, base, new, confidence)
  if not base or not new or math.min(base.count, new.count) < M.FEWEST_WINDOWS then
    return { rule = "none", weak = true, change = change }
  end
  local differences = drawn_differences(base, new)
  if #differences < RESAMPLES / 2 then return { rule = "none", weak = true, change = change } end
  local judged = sample.judged(math.log(1 + change), math.sqrt(sample.variance(differences)),
    blocks(base.count) + blocks(new.count) - 2, confidence)
  return {
    rule = "bootstrap", weak = true, change = change,
    low = change_of(sample.quantile(differences, (1 - confidence) / 2)),
    high = change_of(sample.quantile(differences, (1 + confidence) / 2)), p_value = judged.p_value,
  }
end

--- What is known about the change of a percentile from the base to the new runs.
---@param base number[] the percentile in each base run, in ms, above 0; at least one
---@param new number[] the same of the new runs; at least one
---@param options { confidence: number, base_windows?: lload.Resampled,
---  new_windows?: lload.Resampled }
---@return lload.Evidence
function M.of(base, new, options)
  local before, after = logarithms(base), logarithms(new)
  if #before >= 2 and #after >= 2 then
    return from_difference("welch", false, sample.welch(before, after, options.confidence))
  elseif #before >= 2 then
    return from_difference("prediction", #before < M.ENOUGH_RUNS,
      sample.predicts(before, after[1], options.confidence))
  elseif #after >= 2 then
    return from_difference("prediction", #after < M.ENOUGH_RUNS,
      mirrored(sample.predicts(after, before[1], options.confidence)))
  end
  return bootstrap(change_of(after[1] - before[1]), options.base_windows, options.new_windows,
    options.confidence)
end

return M
