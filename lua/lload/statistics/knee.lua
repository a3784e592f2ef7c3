--- Where a curve stops rising as it did: the knee of throughput over load.
--
-- Kneedle (V. Satopää, J. Albrecht, D. Irwin, B. Raghavan, "Finding a 'kneedle' in a haystack",
-- ICDCS workshops 2011) for concave rising curves: both axes scaled to 0…1, the knee is a local
-- maximum of y - x after which the difference falls by S mean gaps of x before it rises again.
-- Points come from steps of seconds each, which is their smoothing.

local M = {}

local function scaled(values)
  local low, high = math.huge, -math.huge
  for _, value in ipairs(values) do low, high = math.min(low, value), math.max(high, value) end
  if high == low then return nil end
  local result = {}
  for i, value in ipairs(values) do result[i] = (value - low) / (high - low) end
  return result
end

--- The index of the knee; nil when the curve has none, or fewer than three points.
---@param xs number[] rising
---@param ys number[]
---@param sensitivity? number S of the paper, default 1; larger wants a clearer knee
---@return integer|nil
function M.find(xs, ys, sensitivity)
  local x, y = scaled(xs), scaled(ys)
  if #xs < 3 or not x or not y then return nil end
  local rise = {}
  for i = 1, #x do rise[i] = y[i] - x[i] end
  local fall = (sensitivity or 1) / (#x - 1)
  local candidate, limit
  for i = 2, #x do
    if candidate and rise[i] < limit then return candidate end
    local is_peak = rise[i] >= rise[i - 1] and (i == #x or rise[i] > rise[i + 1])
    if is_peak and i < #x then candidate, limit = i, rise[i] - fall end
  end
  return nil
end

return M
