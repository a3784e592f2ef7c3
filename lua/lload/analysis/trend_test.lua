--- Does a series rise or fall, or does it only wander? Pure arithmetic on numbers; knows no metric.
--
-- Mann-Kendall (Mann 1945, Kendall 1975) counts the pairs that rise and those that fall. It needs
-- no distribution, and one wild window counts no more than any other. It does need independent
-- points, and windows of a server are not: a slow minute follows a slow minute, so plain
-- Mann-Kendall sees trends everywhere. Hamed and Rao (1998) widen its variance by the
-- autocorrelation of what is left once the trend is taken out. The slope is that of Theil (1950)
-- and Sen (1968), the median over all pairs.
--
-- * H. B. Mann, "Nonparametric tests against trend", Econometrica 13, 1945, 245-259.
-- * M. G. Kendall, "Rank Correlation Methods", 4th ed., Griffin, 1975.
-- * H. Theil, "A rank-invariant method of linear and polynomial regression analysis", Nederl. Akad.
--   Wetensch. Proc. 53, 1950.
-- * P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Amer. Statist.
--   Assoc. 63, 1968, 1379-1389.
-- * K. H. Hamed, A. R. Rao, "A modified Mann-Kendall trend test for autocorrelated data", Journal
--   of Hydrology 204, 1998, 182-196.
-- * S. Yue, C. Y. Wang, "The Mann-Kendall test modified by effective sample size to detect trend in
--   serially correlated hydrological series", Water Resources Management 18, 2004, 201-218: why the
--   trend is taken out before the autocorrelation is measured (a trend looks like autocorrelation,
--   and the test would excuse every leak), and why prewhitening is no way out (it eats the trend).
-- * M. G. Kendall, "Note on bias in the estimation of autocorrelation", Biometrika 41, 1954,
--   403-404.

local sample = require "lload.statistics.sample"

local M = {}

--- Fewer points than these give no test: the normal approximation is too coarse.
M.FEWEST = 4

--- The standard normal deviate that 97.5 % lie below: the reach of 95 % intervals, and the limit
--- beyond which autocorrelations count, as Hamed and Rao do it.
M.NORMAL_97_5 = 1.959964
-- The most that a point is taken to keep of the one before.
local MOST_KEPT = 0.7

---@class lload.Trend
---@field n integer points that counted
---@field s integer rising pairs less falling ones
---@field slope number by Theil and Sen, per unit of time
---@field intercept number of the line with that slope, at time 0
---@field z number with the widened variance
---@field p_value number two-sided, with the widened variance
---@field plain_p_value number two-sided, by Mann and Kendall alone
---@field correction number what the variance was multiplied by, at least 1
---@field line_against_step number below 1 when the line tells it better than one step

local function is_number(value)
  return type(value) == "number" and value == value and math.abs(value) ~= math.huge
end

-- erfc(x) for x >= 0: the series of erf where it is quick, else the continued fraction of erfc,
-- whose relative error stays small however small the value (Abramowitz and Stegun 7.1.6, 7.1.14).
local function erfc(x)
  if x < 2.5 then
    local term, sum, n = x, x, 0
    while term > sum * 1e-17 do
      n = n + 1
      term = term * 2 * x * x / (2 * n + 1)
      sum = sum + term
    end
    return 1 - 2 / math.sqrt(math.pi) * math.exp(-x * x) * sum
  end
  local fraction = x
  for n = 60, 1, -1 do fraction = x + n / 2 / fraction end
  return math.exp(-x * x) / math.sqrt(math.pi) / fraction
end

--- The chance of a standard normal deviate at least this far from 0, either way.
---@param z number
---@return number p
function M.two_sided_p(z)
  return erfc(math.abs(z) / math.sqrt(2))
end

--- Mann and Kendall's S: rising pairs less falling ones.
---@param xs number[]
---@return integer
function M.s(xs)
  local s = 0
  for j = 2, #xs do
    local x = xs[j]
    for i = 1, j - 1 do
      local before = xs[i]
      s = s + (x > before and 1 or x < before and -1 or 0)
    end
  end
  return s
end

--- The variance of S for independent points; points of one value are ties and vary less.
---@param xs number[]
---@return number
function M.variance(xs)
  local n, counts = #xs, {}
  for _, x in ipairs(xs) do counts[x] = (counts[x] or 0) + 1 end
  local variance = n * (n - 1) * (2 * n + 5)
  for _, t in pairs(counts) do variance = variance - t * (t - 1) * (2 * t + 5) end
  return variance / 18
end

--- The rank of each value, equal values sharing the middle of their ranks.
---@param xs number[]
---@return number[]
function M.ranks(xs)
  local order, ranks = {}, {}
  for i = 1, #xs do order[i] = i end
  table.sort(order, function(a, b)
    if xs[a] ~= xs[b] then return xs[a] < xs[b] end
    return a < b
  end)
  local first = 1
  while first <= #order do
    local last = first
    while last < #order and xs[order[last + 1]] == xs[order[first]] do last = last + 1 end
    for i = first, last do ranks[order[i]] = (first + last) / 2 end
    first = last + 1
  end
  return ranks
end

--- The slopes between all pairs of points of different moments.
---@param ts number[]
---@param xs number[]
---@return number[] slopes in no order
function M.slopes(ts, xs)
  local slopes = {}
  for j = 2, #ts do
    for i = 1, j - 1 do
      if ts[j] ~= ts[i] then slopes[#slopes + 1] = (xs[j] - xs[i]) / (ts[j] - ts[i]) end
    end
  end
  return slopes
end

--- The slope of Theil and Sen and the median intercept; nil without two moments.
---@param ts number[]
---@param xs number[]
---@return number|nil slope
---@return number|nil intercept
function M.theil_sen(ts, xs)
  local slope = sample.median(M.slopes(ts, xs))
  if not slope then return nil end
  local intercepts = {}
  for i = 1, #ts do intercepts[i] = xs[i] - slope * ts[i] end
  return slope, sample.median(intercepts)
end

-- Deviations of the ranks from their mean, which is known, and the sum of their squares.
local function centred(ranks)
  local mean, squares, deviations = (#ranks + 1) / 2, 0, {}
  for i, rank in ipairs(ranks) do
    deviations[i] = rank - mean
    squares = squares + (rank - mean) ^ 2
  end
  return deviations, squares
end

local function autocorrelation(deviations, squares, lag)
  local sum = 0
  for i = 1, #deviations - lag do sum = sum + deviations[i] * deviations[i + lag] end
  return sum / squares
end

-- (n-k)(n-k-1)(n-k-2), the weight of lag k in the variance of S.
local function weight(n, lag) return (n - lag) * (n - lag - 1) * (n - lag - 2) end

--- What Hamed and Rao multiply the variance of S by: 1 + 2/(n(n-1)(n-2)) · Σ (n-k)(n-k-1)(n-k-2)·r
--- over the lags k whose autocorrelation r of the ranks is significant.
---@param residuals number[] the series without its trend
---@return number
function M.hamed_rao(residuals)
  local n = #residuals
  local deviations, squares = centred(M.ranks(residuals))
  if n < 3 or squares == 0 then return 1 end
  local sum, limit = 0, M.NORMAL_97_5 / math.sqrt(n)
  for lag = 1, n - 3 do
    local r = autocorrelation(deviations, squares, lag)
    if math.abs(r) > limit then sum = sum + weight(n, lag) * r end
  end
  return 1 + 2 * sum / weight(n, 0)
end

--- The same factor for noise in which each point keeps a share of the one before, AR(1).
---
--- In a short series the autocorrelation comes out too small by about (1 + 4r)/n (Kendall 1954),
--- and much of it is not significant, so Hamed and Rao correct too little: of series of 20 points
--- that keep 0.6, they accuse 11 of 100 where 1 would be right, and both together 6. The share is
--- limited, because a curved trend leaves a residue just like that, and a leak is seldom straight.
---@param residuals number[] the series without its trend
---@return number
function M.persistence(residuals)
  local n = #residuals
  local deviations, squares = centred(M.ranks(residuals))
  if n < 3 or squares == 0 then return 1 end
  local r = autocorrelation(deviations, squares, 1)
  local share, sum = math.max(0, math.min(MOST_KEPT, r + (1 + 4 * r) / n)), 0
  for lag = 1, n - 3 do sum = sum + weight(n, lag) * share ^ lag end
  return 1 + 2 * sum / weight(n, 0)
end

--- What the variance of S is multiplied by: the larger of both, never below 1. Alternating points
--- would make the test keener than Mann and Kendall's own; with the few points of a soak that is
--- the noise of r more often than a fact, and this test had rather miss a leak than invent one.
---@param residuals number[] the series without its trend
---@return number
function M.correction(residuals)
  return math.max(1, M.hamed_rao(residuals), M.persistence(residuals))
end

-- How far points lie from their median, in sum.
local function spread(xs, first, last)
  local part = {}
  for i = first, last do part[#part + 1] = xs[i] end
  local middle, sum = sample.median(part), 0
  for i = first, last do sum = sum + math.abs(xs[i] - middle) end
  return sum
end

--- How well a line tells the series, against one step from a level to another: how far the points
--- lie from the line, as a share of how far they lie from the best step. Below 1 the line is
--- better.
---@param residuals number[] distances from the line
---@param xs number[]
---@return number
function M.line_against_step(residuals, xs)
  local line, step = 0, math.huge
  for _, residual in ipairs(residuals) do line = line + math.abs(residual) end
  for last = 1, #xs - 1 do
    step = math.min(step, spread(xs, 1, last) + spread(xs, last + 1, #xs))
  end
  if step == 0 then return line == 0 and 1 or math.huge end
  return line / step
end

-- S counts in steps of 2 around 0, so one is taken off its distance (Kendall 1975).
local function z_of(s, variance)
  if variance <= 0 or s == 0 then return 0 end
  return (s > 0 and s - 1 or s + 1) / math.sqrt(variance)
end

--- The points of a series that are numbers; what is absent, NaN or infinite is left out.
---@param ts number[] moments, without gaps
---@param xs table<integer, number|nil> values
---@return number[] ts
---@return number[] xs
function M.clean(ts, xs)
  local clean_ts, clean_xs = {}, {}
  for i = 1, #ts do
    if is_number(ts[i]) and is_number(xs[i]) then
      clean_ts[#clean_ts + 1], clean_xs[#clean_xs + 1] = ts[i], xs[i]
    end
  end
  return clean_ts, clean_xs
end

--- Tests a series for a trend; nil when there is too little of it.
---@param ts number[] moments, rising, without gaps
---@param xs table<integer, number|nil> values; what is absent or NaN is left out
---@return lload.Trend|nil
function M.test(ts, xs)
  ts, xs = M.clean(ts, xs)
  local slope, intercept = M.theil_sen(ts, xs)
  if #xs < M.FEWEST or not slope then return nil end
  local residuals = {}
  for i = 1, #xs do residuals[i] = xs[i] - slope * ts[i] - intercept end
  local s, variance = M.s(xs), M.variance(xs)
  local correction = M.correction(residuals)
  local z = z_of(s, variance * correction)
  return {
    n = #xs, s = s, slope = slope, intercept = intercept, z = z, p_value = M.two_sided_p(z),
    plain_p_value = M.two_sided_p(z_of(s, variance)), correction = correction,
    line_against_step = M.line_against_step(residuals, xs),
  }
end

return M
