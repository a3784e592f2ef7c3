--- How far a figure of one run may be off, judged from the run's own windows.
--
-- Neighbouring windows are alike: a slow second follows a slow second. Drawing single windows with
-- repeats would take them for independent and promise too much, so whole blocks of neighbours are
-- drawn (H. R. Künsch, "The jackknife and the bootstrap for general stationary observations",
-- Annals of Statistics 17, 1989, 1217-1241). Drawn circularly, every window has the same chance
-- (D. N. Politis, J. P. Romano, 1992). What one run cannot know is how runs differ from each other:
-- the result is weak evidence, and whoever shows it says so.

local M = {}

--- More windows than these are merged into parts.
M.MOST_PARTS = 120

-- The minimal standard generator (S. K. Park, K. W. Miller, 1988): exact in doubles, the same
-- numbers on every machine.
local function generator(seed)
  local state = seed % 2147483646 + 1
  return function()
    state = state * 16807 % 2147483647
    return state / 2147483647
  end
end

--- Windows a block has: long enough to hold what neighbours share, n^(1/3) grown for strong ties.
---@param n integer windows
---@return integer
function M.block_length(n)
  return math.max(1, math.min(math.floor(n / 4), math.ceil(2 * n ^ (1 / 3))))
end

-- One resample: as many windows as there are, in blocks of neighbours.
local function draw(n, length, random)
  local indices = {}
  while #indices < n do
    local first = math.floor(random() * n)
    for i = 0, math.min(length, n - #indices) - 1 do
      indices[#indices + 1] = (first + i) % n + 1
    end
  end
  return indices
end

-- The last draws of each seed: every endpoint of a run asks for the same ones.
local kept = {}

--- Resamples of so many windows: lists of their numbers, with repeats. Not to be changed.
---@param n integer windows
---@param options { resamples: integer, seed: integer }
---@return integer[][]
function M.draws(n, options)
  local last = kept[options.seed]
  if last and last.n == n and #last.draws == options.resamples then return last.draws end
  local random, length, draws = generator(options.seed), M.block_length(n), {}
  for i = 1, options.resamples do draws[i] = draw(n, length, random) end
  kept[options.seed] = { n = n, draws = draws }
  return draws
end

---@class lload.Resampled a run whose windows can be drawn from
---@field count integer windows, or parts of neighbouring ones
---@field figures_of fun(draws: integer[][]): number[] the figure over each draw that has one

--- A series of stored windows to draw from. Many windows are merged into parts of neighbours first:
--- a block of them is what is drawn anyway.
---@param windows lload.Windows
---@param series string
---@param agg string "p"
---@param x number|nil 95
---@return lload.Resampled
function M.of_windows(windows, series, agg, x)
  return {
    count = math.min(#windows:times(), M.MOST_PARTS),
    figures_of = function(draws)
      return windows:resampled(series, agg, x, M.MOST_PARTS, draws)
    end,
  }
end

return M
