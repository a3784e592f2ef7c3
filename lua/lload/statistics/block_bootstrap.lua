--- How far a figure of one run may be off, judged from the run's own windows.
--
-- Neighbouring windows are alike: a slow second follows a slow second. Drawing single windows with
-- repeats would take them for independent and promise too much, so whole blocks of neighbours are
-- drawn (H. R. Künsch, "The jackknife and the bootstrap for general stationary observations",
-- Annals of Statistics 17, 1989, 1217-1241). Drawn circularly, every window has the same chance
-- (D. N. Politis, J. P. Romano, 1992). What one run cannot know is how runs differ from each other:
-- the result is weak evidence, and whoever shows it says so.

local M = {}

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

--- The figure of many resamples, as they were drawn.
---@param n integer windows
---@param figure_of fun(indices: integer[]): number|nil the figure over these windows, with repeats
---@param options { resamples: integer, seed: integer }
---@return number[] figures those that exist
function M.figures(n, figure_of, options)
  local random, length, figures = generator(options.seed), M.block_length(n), {}
  for _ = 1, options.resamples do
    figures[#figures + 1] = figure_of(draw(n, length, random))
  end
  return figures
end

return M
