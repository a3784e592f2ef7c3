--- Means, medians, spreads and the tests built on them. Pure arithmetic on lists; knows no metric.
--
-- * B. L. Welch, "The generalization of 'Student's' problem when several different population
--   variances are involved", Biometrika 34, 1947, 28-35.
-- * F. E. Satterthwaite, "An approximate distribution of estimates of variance components",
--   Biometrics Bulletin 2, 1946, 110-114: the degrees of freedom.
-- * G. J. Hahn, W. Q. Meeker, "Statistical Intervals", Wiley, 1991, 4.3: the prediction interval.

local student = require "lload.statistics.student"

local M = {}

--- The mean; nil of nothing.
---@param xs number[]
---@return number|nil
function M.mean(xs)
  if #xs == 0 then return nil end
  local sum = 0
  for _, x in ipairs(xs) do sum = sum + x end
  return sum / #xs
end

--- The median of a list, which is sorted by this; nil when it is empty.
---@param list number[]
---@return number|nil
function M.median(list)
  local n = #list
  if n == 0 then return nil end
  table.sort(list)
  if n % 2 == 1 then return list[(n + 1) / 2] end
  return (list[n / 2] + list[n / 2 + 1]) / 2
end

--- The value that a share of a sorted list does not exceed.
---@param sorted number[] at least one
---@param share number 0 to 1
---@return number
function M.quantile(sorted, share)
  return sorted[math.max(1, math.min(#sorted, math.ceil(share * #sorted)))]
end

--- The variance of what the values are a sample of (divided by n - 1); nil of fewer than two.
---@param xs number[]
---@return number|nil
function M.variance(xs)
  if #xs < 2 then return nil end
  local mean, squares = M.mean(xs), 0
  for _, x in ipairs(xs) do squares = squares + (x - mean) ^ 2 end
  return squares / (#xs - 1)
end

---@class lload.Difference
---@field difference number second mean less first, or new value less mean
---@field low number of its confidence interval
---@field high number
---@field t number
---@field freedom number
---@field p_value number two-sided

--- Everything follows from the difference and its standard error. Without any spread, the
--- difference is either nothing or beyond doubt.
---@param difference number
---@param error number its standard error
---@param freedom number
---@param confidence number
---@return lload.Difference
function M.judged(difference, error, freedom, confidence)
  local t = error > 0 and difference / error or (difference == 0 and 0 or math.huge)
  local reach = error * student.two_sided_t(1 - confidence, freedom)
  return {
    difference = difference, low = difference - reach, high = difference + reach, t = t,
    freedom = freedom, p_value = student.two_sided_p(t, freedom),
  }
end

--- Welch's t test of two samples: is the mean of the second another one?
---@param first number[] at least two values
---@param second number[] at least two values
---@param confidence number of the interval: 0.95
---@return lload.Difference|nil difference nil when a side has fewer than two values
function M.welch(first, second, confidence)
  local v1, v2 = M.variance(first), M.variance(second)
  if not v1 or not v2 then return nil end
  local e1, e2 = v1 / #first, v2 / #second
  local freedom = #first + #second - 2
  if e1 + e2 > 0 then
    freedom = (e1 + e2) ^ 2 / (e1 ^ 2 / (#first - 1) + e2 ^ 2 / (#second - 1))
  end
  return M.judged(M.mean(second) - M.mean(first), math.sqrt(e1 + e2), freedom, confidence)
end

--- Student's t test of two samples whose spread is taken to be the same. With two or three values
--- a side it is the safer one: such a side may show next to no spread by chance, which Welch's test
--- would believe.
---@param first number[]
---@param second number[] three values in all
---@param confidence number of the interval: 0.95
---@return lload.Difference|nil difference nil with too few values
function M.pooled(first, second, confidence)
  local freedom = #first + #second - 2
  if #first == 0 or #second == 0 or freedom < 1 then return nil end
  local v1, v2 = M.variance(first) or 0, M.variance(second) or 0
  local pooled = (v1 * (#first - 1) + v2 * (#second - 1)) / freedom
  local error = math.sqrt(pooled * (1 / #first + 1 / #second))
  return M.judged(M.mean(second) - M.mean(first), error, freedom, confidence)
end

--- Does one new value come from where the others came from? The interval in which a further value
--- lies is m ± t(n-1)·s·sqrt(1 + 1/n): the spread of one value and the doubt about the mean.
---@param values number[] at least two
---@param new number
---@param confidence number of the interval: 0.95
---@return lload.Difference|nil difference `low` and `high` are about new less mean
function M.predicts(values, new, confidence)
  local variance = M.variance(values)
  if not variance then return nil end
  local error = math.sqrt(variance * (1 + 1 / #values))
  return M.judged(new - M.mean(values), error, #values - 1, confidence)
end

return M
