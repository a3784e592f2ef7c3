--- Where a series of results changed its level.
--
-- E-divisive means (D. S. Matteson, N. A. James, "A nonparametric approach for multiple change
-- point analysis of multivariate data", Journal of the American Statistical Association 109, 2014,
-- 334-345) finds the most telling split of a segment; as in MongoDB's and Apache Otava's use of it
-- (D. Daly et al., ICPE 2020; P. Fleming et al., ICPE 2023) a t test, not a permutation test,
-- decides whether to believe it: the same answer every time, and keen with few points.

local sample = require "lload.statistics.sample"

local M = {}

--- Splits less sure than this are not believed, by default.
M.MOST_P = 0.001
--- A level needs this many points.
M.FEWEST = 2

-- Sums of |x - y| over pairs within the first part, within the second, and across; kept up to date
-- while the border moves.
local function distances_from(xs, first, last)
  local within = 0
  for i = first, last do
    for j = i + 1, last do within = within + math.abs(xs[i] - xs[j]) end
  end
  return { left = 0, right = within, across = 0 }
end

local function move_border(sums, xs, first, index, last)
  for i = first, index - 1 do
    local distance = math.abs(xs[i] - xs[index])
    sums.left, sums.across = sums.left + distance, sums.across - distance
  end
  for i = index + 1, last do
    local distance = math.abs(xs[index] - xs[i])
    sums.right, sums.across = sums.right - distance, sums.across + distance
  end
end

local function pairs_of(n) return math.max(1, n * (n - 1) / 2) end

-- The energy distance between both parts, scaled by their sizes.
local function energy(sums, n, m)
  return n * m / (n + m)
    * (2 * sums.across / (n * m) - sums.left / pairs_of(n) - sums.right / pairs_of(m))
end

-- The index at which the second part of the best split begins; nil when too short.
local function best_split(xs, first, last)
  local sums, best, split = distances_from(xs, first, last), 0, nil
  for index = first, last - M.FEWEST do
    move_border(sums, xs, first, index, last)
    local n, m = index - first + 1, last - index
    local value = energy(sums, n, m)
    if n >= M.FEWEST and value > best then best, split = value, index + 1 end
  end
  return split
end

local function part(xs, first, last)
  local values = {}
  for i = first, last do values[#values + 1] = xs[i] end
  return values
end

local function judge(xs, first, split, last)
  local before, after = part(xs, first, split - 1), part(xs, split, last)
  local test = sample.pooled(before, after, 0.95)
  return {
    index = split, before = sample.mean(before), after = sample.mean(after),
    p_value = test and test.p_value or 1,
  }
end

local function split_up(xs, first, last, most_p, found)
  local split = best_split(xs, first, last)
  if not split or judge(xs, first, split, last).p_value > most_p then return end
  split_up(xs, first, split - 1, most_p, found)
  found[#found + 1] = split
  split_up(xs, split, last, most_p, found)
end

local function judge_all(xs, splits)
  local points = {}
  for i, split in ipairs(splits) do
    points[i] = judge(xs, splits[i - 1] or 1, split, (splits[i + 1] or #xs + 1) - 1)
  end
  return points
end

---@class lload.ChangePoint
---@field index integer the first value of the new level
---@field before number mean of the level before
---@field after number mean of the level that begins
---@field p_value number of the t test between both

--- The change points of a series, in order. A split that was telling for a long segment may not be
--- for the two levels beside it: the least sure one goes until all are sure.
---@param xs number[] in order of time
---@param most_p? number default 0.001
---@return lload.ChangePoint[]
function M.find(xs, most_p)
  most_p = most_p or M.MOST_P
  local splits = {}
  split_up(xs, 1, #xs, most_p, splits)
  local points = judge_all(xs, splits)
  while true do
    local worst
    for i, point in ipairs(points) do
      if point.p_value > (worst and points[worst].p_value or most_p) then worst = i end
    end
    if not worst then return points end
    table.remove(splits, worst)
    points = judge_all(xs, splits)
  end
end

return M
