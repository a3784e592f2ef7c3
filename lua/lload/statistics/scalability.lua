--- The Universal Scalability Law: X(N) = λN / (1 + σ(N-1) + κN(N-1)).
--
-- N. J. Gunther, "Guerrilla Capacity Planning", Springer, 2007, chapters 4 to 6. N is how many
-- requests are in flight, X the throughput, λ what one alone achieves, σ the share that is
-- serialised (contention), κ the cost of agreement between each two (coherency).
--
-- N/X is linear in (1, N-1, N(N-1)), which gives the start; errors of X, not of N/X, are then
-- made least by K. Levenberg's and D. W. Marquardt's method (SIAM Journal 11, 1963, 431-441).

local M = {}

--- The throughput that the law foretells.
---@param law { lambda: number, sigma: number, kappa: number }
---@param n number in flight
---@return number
function M.throughput(law, n)
  return law.lambda * n / (1 + law.sigma * (n - 1) + law.kappa * n * (n - 1))
end

-- Solves a·x = b for a small symmetric matrix by elimination with pivots; nil when it is singular.
local function solve(a, b)
  local n, rows = #b, {}
  for i = 1, n do
    rows[i] = { unpack(a[i], 1, n) }
    rows[i][n + 1] = b[i]
  end
  for column = 1, n do
    local pivot = column
    for i = column + 1, n do
      if math.abs(rows[i][column]) > math.abs(rows[pivot][column]) then pivot = i end
    end
    rows[column], rows[pivot] = rows[pivot], rows[column]
    if math.abs(rows[column][column]) < 1e-300 then return nil end
    for i = 1, n do
      local factor = i ~= column and rows[i][column] / rows[column][column] or 0
      for j = column, n + 1 do rows[i][j] = rows[i][j] - factor * rows[column][j] end
    end
  end
  local x = {}
  for i = 1, n do x[i] = rows[i][n + 1] / rows[i][i] end
  return x
end

-- Jᵀ·J and Jᵀ·r of rows { gradient, residual }.
local function normal_equations(rows, n)
  local a, b = {}, {}
  for i = 1, n do
    a[i], b[i] = {}, 0
    for j = 1, n do a[i][j] = 0 end
  end
  for _, row in ipairs(rows) do
    for i = 1, n do
      for j = 1, n do a[i][j] = a[i][j] + row.gradient[i] * row.gradient[j] end
      b[i] = b[i] + row.gradient[i] * row.residual
    end
  end
  return a, b
end

-- The linear start. An error of X shows in N/X as N/X²; the weights undo that.
local function linear_start(points, free)
  local rows = {}
  for i, point in ipairs(points) do
    local n, weight = point.n, point.x * point.x / point.n
    local gradient = { weight }
    if free.sigma then gradient[#gradient + 1] = weight * (n - 1) end
    if free.kappa then gradient[#gradient + 1] = weight * n * (n - 1) end
    rows[i] = { gradient = gradient, residual = weight * n / point.x }
  end
  local solution = solve(normal_equations(rows, #rows[1].gradient))
  if not solution or solution[1] <= 0 then return nil end
  local law = { lambda = 1 / solution[1], sigma = 0, kappa = 0 }
  if free.sigma then law.sigma = solution[2] / solution[1] end
  if free.kappa then law.kappa = solution[free.sigma and 3 or 2] / solution[1] end
  return law
end

local function squares(points, law)
  local sum = 0
  for _, point in ipairs(points) do sum = sum + (point.x - M.throughput(law, point.n)) ^ 2 end
  return sum
end

-- How X answers to each free parameter, at each point.
local function linearised(points, law, free)
  local rows = {}
  for i, point in ipairs(points) do
    local n, x = point.n, M.throughput(law, point.n)
    local slope = -x * x / (law.lambda * n) -- dX/d(denominator)
    local gradient = { x / law.lambda }
    if free.sigma then gradient[#gradient + 1] = slope * (n - 1) end
    if free.kappa then gradient[#gradient + 1] = slope * n * (n - 1) end
    rows[i] = { gradient = gradient, residual = point.x - x }
  end
  return rows
end

local function moved(law, step, free)
  return {
    lambda = law.lambda + step[1],
    sigma = free.sigma and law.sigma + step[2] or law.sigma,
    kappa = free.kappa and law.kappa + step[free.sigma and 3 or 2] or law.kappa,
  }
end

local ROUNDS = 200

local function refine(points, law, free)
  local damping, error = 1e-3, squares(points, law)
  for _ = 1, ROUNDS do
    local rows = linearised(points, law, free)
    local a, b = normal_equations(rows, #rows[1].gradient)
    for i = 1, #b do a[i][i] = a[i][i] * (1 + damping) end
    local step = solve(a, b)
    local next_law = step and moved(law, step, free)
    local next_error = next_law and squares(points, next_law) or math.huge
    if next_error <= error then
      local gained = error - next_error
      law, error, damping = next_law, next_error, damping / 10
      if gained <= 0 then break end
    else
      damping = damping * 10
      if damping > 1e12 then break end
    end
  end
  return law, error
end

-- Least squares with some parameters held at 0; nil when there is no such law.
local function fit(points, free)
  local law = linear_start(points, free)
  if not law then return nil end
  local error
  law, error = refine(points, law, free)
  local is_sound = law.lambda > 0 and law.sigma >= 0 and law.kappa >= 0
  return is_sound and law or nil, error
end

-- A negative share of contention or coherency means nothing: such a parameter is 0.
local FREE = {
  { sigma = true, kappa = true }, { sigma = true }, { kappa = true }, {},
}

local function r_squared(points, error)
  local mean, spread = 0, 0
  for _, point in ipairs(points) do mean = mean + point.x / #points end
  for _, point in ipairs(points) do spread = spread + (point.x - mean) ^ 2 end
  return spread > 0 and 1 - error / spread or 1
end

---@class lload.Scalability
---@field lambda number throughput of one in flight
---@field sigma number contention, at least 0
---@field kappa number coherency, at least 0
---@field peak_n number|nil in flight at the highest throughput; nil when it rises for ever
---@field peak_x number|nil
---@field limit_x number|nil what throughput tends to when kappa is 0 and sigma is not
---@field r_squared number share of the spread that the law explains

--- Fits the law; nil with fewer than three loads.
---@param points { n: number, x: number }[] mean requests in flight (over 0), throughput (over 0)
---@return lload.Scalability|nil
function M.fit(points)
  if #points < 3 then return nil end
  local best, least
  for _, free in ipairs(FREE) do
    local law, error = fit(points, free)
    if law and (not least or error < least) then best, least = law, error end
    if best and free.sigma and free.kappa then break end
  end
  if not best then return nil end
  best.r_squared = r_squared(points, least)
  if best.kappa > 0 and best.sigma < 1 then
    best.peak_n = math.sqrt((1 - best.sigma) / best.kappa)
    best.peak_x = M.throughput(best, best.peak_n)
  elseif best.sigma > 0 then
    best.limit_x = best.lambda / best.sigma
  end
  return best
end

--- The share that is serialised if contention is all that slows things down: G. M. Amdahl's law,
-- the one above without coherency (AFIPS spring joint computer conference, 1967, 483-485).
---@param points { n: number, x: number }[]
---@return number|nil sigma nil with fewer than three loads; 0 when nothing is serialised
function M.contention(points)
  if #points < 3 then return nil end
  local law = fit(points, { sigma = true })
  return law and law.sigma or 0
end

return M
