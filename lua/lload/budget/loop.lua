--- Run, judge, change, run again: when to stop, and what the verdict is. Pure; runs nothing itself.
---
--- | after a measurement that | the loop |
--- |---|---|
--- | is invalid | stops: inconclusive (98) |
--- | meets the target with its whole interval, first time | confirms: runs again, changes nothing |
--- | does so right after such a one | stops: met (0) |
--- | does not, and no measurement is left | stops: not met (99) |
--- | does not, and three changes in a row lie within noise | stops: no progress (99) |
--- | does not | lets the change happen, and runs again |

local exit_codes = require "lload.exit_codes"

local M = {}

local STUCK_AFTER = 3
-- Runs of the same thing differ by more than the windows of each say: by this share at least.
local RUNS_DIFFER = 0.01

---@class lload.Attempt one measurement
---@field number integer
---@field actual number|nil
---@field low number
---@field high number
---@field valid boolean
---@field why? string why it is not valid
---@field confirms boolean whether it was only to confirm the one before
---@field met boolean whether its whole interval is on the right side of it, and nothing broke
---@field broken? string[] thresholds on other metrics that fail

---@class lload.BudgetLoop
---@field attempts lload.Attempt[]
---@field most integer
local Loop = {}
Loop.__index = Loop

--- A loop with nothing measured yet.
---@param most integer measurements at most
---@return lload.BudgetLoop
function M.new(most)
  return setmetatable({ attempts = {}, most = most }, Loop)
end

--- Is the measurement to come only there to confirm the last one?
---@return boolean
function Loop:confirms()
  local last = self.attempts[#self.attempts]
  return last ~= nil and last.met and not last.confirms
end

-- The last measurements that followed a change each.
local function latest_changes(attempts)
  local latest = {}
  for i = #attempts, 1, -1 do
    if not attempts[i].confirms then table.insert(latest, 1, attempts[i]) end
    if #latest == STUCK_AFTER then break end
  end
  return latest
end

-- Their intervals have a point in common: nothing tells them apart.
local function lie_within_noise(attempts)
  if #attempts < STUCK_AFTER then return false end
  local highest_low, lowest_high = -math.huge, math.huge
  for _, attempt in ipairs(attempts) do
    highest_low = math.max(highest_low, attempt.low * (1 - RUNS_DIFFER))
    lowest_high = math.min(lowest_high, attempt.high * (1 + RUNS_DIFFER))
  end
  return highest_low <= lowest_high
end

local VERDICTS = {
  met = { code = exit_codes.PASSED, words = "the budget is met, and a second run confirms it" },
  exhausted = { code = exit_codes.THRESHOLD, words = "the budget is not met" },
  no_progress = {
    code = exit_codes.THRESHOLD,
    words = "no progress: the last three measurements lie within noise",
  },
  inconclusive = { code = exit_codes.INCONCLUSIVE, words = "the last measurement is invalid" },
  between_failed = { code = exit_codes.THRESHOLD, words = "the command between runs failed" },
}

--- What a verdict means.
---@param verdict string
---@return { code: integer, words: string }
function M.meaning(verdict) return VERDICTS[verdict] end

--- Takes a measurement and says what is next.
---@param attempt { actual?: number, low?: number, high?: number, met: boolean, valid: boolean,
---  why?: string }
---@return "confirm"|"change"|nil next nil when the loop is over
---@return string|nil verdict "met", "exhausted", "no_progress" or "inconclusive"
function Loop:take(attempt)
  attempt.confirms = self:confirms()
  attempt.number = #self.attempts + 1
  self.attempts[attempt.number] = attempt
  if not attempt.valid then return nil, "inconclusive" end
  if attempt.met and attempt.confirms then return nil, "met" end
  if attempt.number >= self.most then return nil, "exhausted" end
  if attempt.met then return "confirm" end
  if lie_within_noise(latest_changes(self.attempts)) then return nil, "no_progress" end
  return "change"
end

return M
