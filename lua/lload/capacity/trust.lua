--- Which levels say something about the server: not those at which lload itself was the limit, and
--- for the fit of a law not those that were on their way somewhere.
--
-- J. D. C. Little, "A proof for the queuing formula L = λW", Operations Research 9, 1961, 383-387:
-- what is in a system is what comes in a second times how long it stays, as long as neither grows.
-- Both sides are measured on their own: L is counted once a second, λW is had from all requests.
-- A few counts are off by chance. Arrivals that know nothing of each other are L in the mean with
-- a variance of L (Poisson); of N users, each busy for a share of the time, L·(1 - L/N) (binomial).
-- So a level is called not stationary when the counts are off by more than 5 % and 1.96 standard
-- errors of their mean.

local validity = require "lload.validity"

local M = {}

local OFF = 0.05
local CONFIDENCE_Z = 1.96
local UNDER = 0.95 -- achieved, of what was offered

-- What puts a limit to any throughput, and what makes arrivals late.
local SATURATES = { CPU_SAT = true, THROTTLED = true, PORTS_FDS = true }
local NEAR_THE_MOST = 0.9

local function chance_of(level)
  local mean = level.little
  if level.of == "vus" then
    return mean * math.max(0, 1 - mean / math.max(mean, level.vus or level.load))
  end
  return mean
end

local function is_stationary(level)
  local n = #level.counts
  if not level.little or not level.in_flight or n == 0 then return nil end
  local error = math.sqrt(chance_of(level) / n)
  level.little_off = level.little > 0 and level.in_flight / level.little - 1 or nil
  return math.abs(level.in_flight - level.little) <= OFF * level.little + CONFIDENCE_Z * error
end

--- What an iteration has in requests, over the whole run; 1 when nothing tells.
---@param model table
---@return number
function M.requests_per_iteration(model)
  local requests, iterations = model.metrics.http_reqs, model.metrics.iterations
  if not requests or not iterations or iterations.count == 0 then return 1 end
  return requests.count / iterations.count
end

-- The share of the offered load that was achieved.
local function achieved_share(level, per_iteration)
  local offered = level.of == "rate" and (level.offered or level.load)
  if not offered or offered <= 0 then return nil end
  return level.rps / (offered * per_iteration)
end

local function dropped(model)
  return (model.generator and model.generator.arrivals_dropped or 0) > 0
end

-- The faults of the generator are known for the run as a whole. They explain the levels that such
-- a fault can explain: of a rate those that fell behind though no arrival found all users busy; of
-- users those near the highest throughput.
local function generator_fault(model, levels)
  local fault = model.generator and validity.generator_fault(model.generator, false)
  if not fault then return end
  local saturates, most = SATURATES[fault:match "^%S+"], 0
  for _, level in ipairs(levels) do most = math.max(most, level.rps) end
  for _, level in ipairs(levels) do
    local near = saturates and level.rps >= NEAR_THE_MOST * most
    local behind = level.achieved and level.achieved < UNDER and not dropped(model)
    if near or behind then level.generator = fault end
  end
end

--- Judges the levels: sets `achieved`, `stationary` (nil when it cannot be told), `little_off`,
--- `generator` and `excluded` of each.
---@param set lload.CapacityLevels
---@param model table
function M.judge(set, model)
  local per_iteration = M.requests_per_iteration(model)
  for _, level in ipairs(set.list) do
    level.stationary = is_stationary(level)
    level.achieved = achieved_share(level, per_iteration)
  end
  -- A search asks after each level.
  if set.source ~= "search" then generator_fault(model, set.list) end
  for _, level in ipairs(set.list) do
    if level.generator then
      level.excluded = ("lload itself was the limit: %s"):format(
        type(level.generator) == "string" and level.generator or level.why or "its own fault")
    end
  end
end

--- The levels that speak for the server, by load; of one that was held several times the last.
---@param set lload.CapacityLevels
---@return lload.CapacityLevel[]
function M.usable(set)
  local latest, list = {}, {}
  for _, level in ipairs(set.list) do
    local known = latest[level.load]
    if not level.excluded and (not known or level.from_s > known.from_s) then
      latest[level.load] = level
    end
  end
  for _, level in ipairs(set.list) do
    if latest[level.load] == level then list[#list + 1] = level end
  end
  return list
end

return M
