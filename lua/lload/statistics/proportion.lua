--- Shares of failed requests: what they may be in truth, and whether two differ.
--
-- * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
--   of the American Statistical Association 22, 1927, 209-212.
-- * R. G. Newcombe, "Interval estimation for the difference between independent proportions",
--   Statistics in Medicine 17, 1998, 873-890, method 10: the difference from two such intervals.
-- * L. Kish, "Survey Sampling", Wiley, 1965: the design effect. Requests of one window share their
--   fate, so n requests tell less than n independent ones would.

local trend_test = require "lload.analysis.trend_test"

local M = {}

-- The normal deviate beyond which, either way, lies a share p.
local function normal_z(p)
  local low, high = 0, 40
  for _ = 1, 100 do
    local middle = (low + high) / 2
    if trend_test.two_sided_p(middle) > p then low = middle else high = middle end
  end
  return (low + high) / 2
end

--- Wilson's interval.
---@param hits number 0 to n; need not be whole
---@param n number over 0; need not be whole
---@param confidence number 0.95
---@return number low
---@return number high
function M.wilson(hits, n, confidence)
  local z = normal_z(1 - confidence)
  local p, z2 = hits / n, z * z
  local middle = (p + z2 / (2 * n)) / (1 + z2 / n)
  local reach = z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
  return math.max(0, middle - reach), math.min(1, middle + reach)
end

---@class lload.Share
---@field hits number failed requests
---@field n number requests
---@field effective_n number as many independent ones would tell as much
---@field share number

--- Counts of windows as one share. How much the windows' shares differ beyond chance is the design
--- effect: variance between windows over that of independent requests, at least 1.
---@param windows { hits: number, n: number }[] windows without requests say nothing
---@return lload.Share|nil share nil without requests
function M.of_windows(windows)
  local hits, n, used = 0, 0, 0
  for _, window in ipairs(windows) do
    hits, n = hits + window.hits, n + window.n
    if window.n > 0 then used = used + 1 end
  end
  if n == 0 then return nil end
  local p, squares = hits / n, 0
  for _, window in ipairs(windows) do squares = squares + (window.hits - p * window.n) ^ 2 end
  local effect = 1
  if used > 1 and p > 0 and p < 1 then
    effect = math.max(1, squares * used / (used - 1) / (n * p * (1 - p)))
  end
  return { hits = hits, n = n, effective_n = n / effect, share = p }
end

--- The difference of two shares, second less first, by Newcombe's method 10.
---@param first lload.Share
---@param second lload.Share
---@param confidence number 0.95
---@return { difference: number, low: number, high: number }
function M.difference(first, second, confidence)
  local n1, n2 = first.effective_n, second.effective_n
  local low1, high1 = M.wilson(first.share * n1, n1, confidence)
  local low2, high2 = M.wilson(second.share * n2, n2, confidence)
  local p1, p2 = first.share, second.share
  return {
    difference = p2 - p1,
    low = p2 - p1 - math.sqrt((p2 - low2) ^ 2 + (high1 - p1) ^ 2),
    high = p2 - p1 + math.sqrt((high2 - p2) ^ 2 + (p1 - low1) ^ 2),
  }
end

--- The chance of so large a difference without a true one: the score test of two shares.
---@param first lload.Share
---@param second lload.Share
---@return number p two-sided
function M.p_value(first, second)
  local n1, n2 = first.effective_n, second.effective_n
  local pooled = (first.share * n1 + second.share * n2) / (n1 + n2)
  local variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
  if variance == 0 then return 1 end
  return trend_test.two_sided_p((second.share - first.share) / math.sqrt(variance))
end

return M
