--- Between the engine and a search: what a tick tells it, and what it wants of the run.

local judge = require "lload.judge"
local judged = require "lload.judged"
local search = require "lload.search"
local validity = require "lload.validity"
local words = require "lload.search.words"

local M = {}

---@class lload.SearchDriver
---@field run lload.SearchRun
---@field profile integer number of the profile that searches
---@field start_s number when that profile begins
---@field current number the load that was set last
---@field thresholds table[]
local Driver = {}
Driver.__index = Driver

--- The driver of a plan's search; nil when no profile of the stage searches.
---@param plan lload.Plan
---@return lload.SearchDriver|nil
function M.new(plan)
  for index, profile in ipairs(plan.stage.profiles) do
    if profile.search then
      return setmetatable({
        run = search.new(profile.search), profile = index, thresholds = plan.thresholds,
        start_s = profile.start_s or 0, current = profile.search.from,
      }, Driver)
    end
  end
  return nil
end

local function actual_text(t, actual)
  return judged.actual { metric = t.metric, expression = t.expression, actual = actual }
end

local function describe(t, actual)
  return {
    label = judged.label(t.metric, t.tags), expression = t.expression,
    actual_text = actual_text(t, actual),
  }
end

-- Every threshold over the samples of this level alone.
local function judge_level(thresholds, snapshot)
  local failed, closest = {}, nil
  for index, t in ipairs(thresholds) do
    local actual = snapshot.value(index, t.agg, t.x, "level")
    local ok, room = judge.holds(t, actual)
    if not ok then
      failed[#failed + 1] = describe(t, actual)
    elseif room and (not closest or room < closest.room) then
      closest = { room = room, text = ("%s %s: %s"):format(
        judged.label(t.metric, t.tags), t.expression, actual_text(t, actual)) }
    end
  end
  return failed, closest and closest.text
end

local function seen_of(self, snapshot)
  local level = snapshot.level()
  local failed, closest = judge_level(self.thresholds, snapshot)
  local dropped = level.health.arrivals_dropped or 0
  return {
    in_flight = snapshot.profile_vus[self.profile] or 0, samples = level.requests,
    dropped = dropped, failed = failed, closest = closest,
    generator = validity.generator_fault(level.health, #failed == 0 and dropped == 0),
    p95_ms = level.duration and level.duration["p(95)"], rps = level.rps,
  }
end

--- Takes a look at the run and does what the search wants.
---@param snapshot table
---@return "finished"|nil
function Driver:step(snapshot)
  if snapshot.phase ~= "run" or snapshot.elapsed_s < self.start_s then return nil end
  local action = self.run:step(snapshot.elapsed_s, seen_of(self, snapshot))
  if not action then return nil end
  if action.load then
    self.current = action.load
    snapshot.set_load(self.profile, action.load)
  end
  if action.begin then snapshot.begin_level() end
  return action.done and "finished" or nil
end

--- The load that the search has set: of a level, or 0 while it rests.
---@return number
function Driver:load() return self.current end

--- Where the search is, for the progress.
---@return string
function Driver:progress() return self.run:progress() end

--- What came out.
---@return lload.SearchResult
function Driver:result() return self.run:result() end

local function reason_at(result, level)
  local reason = validity.fault_reason(level.why) or { code = "GENERATOR", hint = level.why }
  reason.hint = ("at %s lload itself was the limit, not the server: %s"):format(
    words.load(result.of, level.load), reason.hint)
  return reason
end

--- The validity of a search: its levels speak for themselves, unless lload itself was the limit.
---@param result lload.SearchResult
---@return table
function M.validity(result)
  local found = { verdict = "ok", reasons = {} }
  if result.outcome ~= "generator" then return found end
  found.verdict = "invalid"
  for index = #result.levels, 1, -1 do
    if result.levels[index].generator then
      found.reasons[1] = reason_at(result, result.levels[index])
      break
    end
  end
  return found
end

return M
