--- Runs whose truth is known: windows that vary and resemble their neighbours, runs that differ
--- from each other, a machine that slowly changes. Results as far as a comparison reads them.

local noise_of = require "spec.support.noise"

local M = {}

---@class spec.Nature how a simulated world varies, as relative standard deviations
---@field windows number windows of a run around the run's level
---@field kept number share of the deviation that the next window keeps
---@field runs number levels of runs around the truth
---@field drift number the machine: how far the level moves per run, in one direction

local SECONDS = 60

local function mean_at(values, indices)
  local sum = 0
  for _, index in ipairs(indices) do sum = sum + values[index] end
  return sum / #indices
end

-- The histograms beside a result: one series, whose percentile is the mean of the windows drawn.
local function windows_of(values)
  local times, all = {}, {}
  for i = 1, #values do
    times[i], all[i] = { i - 1, i }, i
  end
  return {
    times = function() return times end,
    value_of = function(_, series, how, _, indices)
      if how == "count" then return series:find "failed" and 0 or #indices * 100 end
      return mean_at(values, indices)
    end,
  }, mean_at(values, all)
end

--- A source of runs.
---@param seed integer
---@param nature spec.Nature
function M.new(seed, nature)
  local noise, count = noise_of.new(seed), 0
  return function(level_ms)
    count = count + 1
    local level = level_ms * math.exp(nature.runs * noise:normal() + nature.drift * count)
    local values = noise:series(SECONDS, nature.kept)
    for i, x in ipairs(values) do values[i] = level * math.exp(nature.windows * x) end
    local windows, p95 = windows_of(values)
    return {
      file = ("run %d"):format(count), windows = windows,
      result = {
        schema = "lload/result/1", lload = "0.1.0", verdict = "passed", exit_code = 0,
        scenario = { name = "simulated", stage = "steady" }, validity = { verdict = "ok" },
        thresholds = {}, metrics = { http_reqs = { type = "counter", count = 6000 } },
        requests = {
          { name = "GET /", count = 6000, failed = 0, rate = 100,
            duration = { count = 6000, ["p(95)"] = p95 } },
        },
      },
    }
  end
end

return M
