--- Student's t distribution: how far the mean of few values may lie from the truth.
--
-- The distribution function is a regularised incomplete beta function (Abramowitz and Stegun
-- 26.7.1, 26.5), computed by its continued fraction (26.5.8) with the method of Lentz (1976); the
-- logarithm of the gamma function is Lanczos's approximation (1964). Quantiles are found by
-- bisection, which cannot fail and is quick enough for a handful of them a report.

local M = {}

-- Lanczos's coefficients for g = 7, n = 9.
local LANCZOS = {
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
}

--- The natural logarithm of the gamma function.
---@param x number at least 0.5
---@return number
function M.log_gamma(x)
  local sum, base = LANCZOS[1], x + 6.5
  for i = 2, #LANCZOS do sum = sum + LANCZOS[i] / (x + i - 2) end
  return 0.5 * math.log(2 * math.pi) + (x - 0.5) * math.log(base) - base + math.log(sum)
end

-- No divisor of Lentz's method may be zero.
local TINY = 1e-300
local MOST_TERMS = 10000

local function away_from_zero(x) return math.abs(x) < TINY and TINY or x end

-- The continued fraction of the incomplete beta function: quick for x < (a + 1) / (a + b + 2).
local function beta_fraction(x, a, b)
  local c, d = 1, 1 / away_from_zero(1 - (a + b) * x / (a + 1))
  local fraction = d
  for m = 1, MOST_TERMS do
    local even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away_from_zero(1 + even * d)
    c = away_from_zero(1 + even / c)
    fraction = fraction * d * c
    local odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away_from_zero(1 + odd * d)
    c = away_from_zero(1 + odd / c)
    fraction = fraction * d * c
    if math.abs(d * c - 1) < 1e-15 then break end
  end
  return fraction
end

--- The regularised incomplete beta function I_x(a, b).
---@param x number 0 to 1
---@param a number over 0
---@param b number over 0
---@return number 0 to 1
function M.incomplete_beta(x, a, b)
  if x <= 0 then return 0 end
  if x >= 1 then return 1 end
  local front = math.exp(M.log_gamma(a + b) - M.log_gamma(a) - M.log_gamma(b)
    + a * math.log(x) + b * math.log(1 - x))
  if x < (a + 1) / (a + b + 2) then return front * beta_fraction(x, a, b) / a end
  return 1 - front * beta_fraction(1 - x, b, a) / b
end

--- The chance of a deviate at least this far from 0, either way.
---@param t number
---@param freedom number degrees of freedom, over 0; need not be whole
---@return number p
function M.two_sided_p(t, freedom)
  if t ~= t then return 1 end
  if math.abs(t) == math.huge then return 0 end
  return M.incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)
end

--- The t beyond which, either way, lies this share of the distribution.
---@param p number over 0, below 1
---@param freedom number
---@return number t at least 0
function M.two_sided_t(p, freedom)
  local low, high = 0, 1
  while M.two_sided_p(high, freedom) > p do low, high = high, high * 2 end
  for _ = 1, 100 do
    local middle = (low + high) / 2
    if M.two_sided_p(middle, freedom) > p then low = middle else high = middle end
  end
  return (low + high) / 2
end

return M
