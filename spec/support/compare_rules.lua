--- How often the rules of a comparison raise an alarm, over simulated runs whose truth is known.

local comparison = require "lload.compare.comparison"
local simulated = require "spec.support.simulated_runs"

local M = {}

local TRIES = 400
local LEVEL_MS = 200

local NATURES = {
  steady = { windows = 0.1, kept = 0, runs = 0, drift = 0 },
  autocorrelated = { windows = 0.1, kept = 0.8, runs = 0, drift = 0 },
  runs_differ = { windows = 0.1, kept = 0.5, runs = 0.05, drift = 0 },
  machine_drifts = { windows = 0.1, kept = 0.5, runs = 0.03, drift = 0.01 },
}

-- So many runs a side; alternately, or the base first.
local function sides(run, base_count, new_count, is_interleaved, change)
  local base, new = {}, {}
  local function add_base() base[#base + 1] = run(LEVEL_MS) end
  local function add_new() new[#new + 1] = run(LEVEL_MS * (1 + change)) end
  if is_interleaved then
    for round = 1, new_count do
      if round % 2 == 1 then add_base() end
      add_new()
      if round % 2 == 0 then add_base() end
    end
  else
    for _ = 1, base_count do add_base() end
    for _ = 1, new_count do add_new() end
  end
  return base, new
end

local RULES = {
  one_to_one = { base = 1, new = 1 },
  five_before = { base = 5, new = 1 },
  ten_before = { base = 10, new = 1 },
  five_each = { base = 5, new = 5 },
  five_interleaved = { base = 5, new = 5, is_interleaved = true },
}

--- The share of tries that a rule calls a regression.
---@param rule_name string
---@param nature_name string how runs vary
---@param change number true change of the new runs: 0.2
---@return number 0 to 1
function M.alarms(rule_name, nature_name, change)
  local rule, alarmed = RULES[rule_name], 0
  for seed = 1, TRIES do
    local run = simulated.new(seed, NATURES[nature_name])
    local base, new = sides(run, rule.base, rule.new, rule.is_interleaved, change)
    local verdict = comparison.compare(base, new).verdict
    if verdict == "regression" then alarmed = alarmed + 1 end
  end
  return alarmed / TRIES
end

return M
