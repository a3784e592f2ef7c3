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
---@field effect number the design effect: so many requests tell as much as one independent one
---@field effective_n number as many independent ones would tell as much
---@field share number

-- How much the shares of clusters differ beyond chance: their variance over that of independent
-- requests, at least 1.
local function design_effect(clusters)
  local hits, n, used, squares = 0, 0, 0, 0
  for _, one in ipairs(clusters) do
    hits, n = hits + one.hits, n + one.n
    if one.n > 0 then used = used + 1 end
  end
  local p = hits / n
  if used < 2 or p <= 0 or p >= 1 then return 1 end
  for _, one in ipairs(clusters) do squares = squares + (one.hits - p * one.n) ^ 2 end
  return math.max(1, squares * used / (used - 1) / (n * p * (1 - p)))
end

local function with_effect(share, effect)
  return {
    hits = share.hits, n = share.n, share = share.share, effect = effect,
    effective_n = share.n / effect,
  }
end

--- Counts as one share. Requests may share their fate within a window, and all windows that of
--- their run, so several ways to cluster the same requests are looked at: the worst counts.
---@param total { hits: number, n: number }
---@param ... { hits: number, n: number }[] clusters; those without requests say nothing
---@return lload.Share|nil share nil without requests
function M.share(total, ...)
  if total.n == 0 then return nil end
  local effect = 1
  for _, clusters in ipairs { ... } do effect = math.max(effect, design_effect(clusters)) end
  return with_effect({ hits = total.hits, n = total.n, share = total.hits / total.n }, effect)
end

--- The same of windows, which are all there is.
---@param windows { hits: number, n: number }[]
---@return lload.Share|nil
function M.of_windows(windows)
  local total = { hits = 0, n = 0 }
  for _, window in ipairs(windows) do
    total.hits, total.n = total.hits + window.hits, total.n + window.n
  end
  return M.share(total, windows)
end

-- So few hits do not show whether they come in bursts.
local FEW = 10

local function shows_how(share) return math.min(share.hits, share.n - share.hits) >= FEW end

--- Two shares that are to be compared. Without a true difference both come alike, so the one that
--- is too small to show its bursts is taken to have those of the other: a single bad second against
--- none at all is one event, not hundreds.
---@param first lload.Share
---@param second lload.Share
---@return lload.Share first
---@return lload.Share second
function M.alike(first, second)
  local effect = math.max(first.effect, second.effect)
  if not shows_how(first) then first = with_effect(first, effect) end
  if not shows_how(second) then second = with_effect(second, effect) end
  return first, second
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
