--- The run under way as live control sees it: its state, and what can be done to it.

local live = require "lload.live"

local M = {}

---@class lload.Control
---@field plan lload.Plan
---@field loads table<integer, number> what was set by hand
---@field stopped boolean
local Control = {}
Control.__index = Control

--- Live control of one run.
---@param plan lload.Plan
---@return lload.Control
function M.new(plan)
  return setmetatable({ plan = plan, loads = {}, stopped = false }, Control)
end

local function planned_rate(profile, elapsed_s)
  local at_s = elapsed_s - profile.start_s
  for _, segment in ipairs(profile.segments) do
    if at_s >= 0 and at_s < segment.duration_s then
      return segment.from + (segment.to - segment.from) * at_s / segment.duration_s
    end
    at_s = at_s - segment.duration_s
  end
  return 0
end

local function show_profile(self, index, profile, snapshot)
  local is_open = profile.kind == "arrivals"
  return {
    index = index, executor = profile.executor, kind = profile.kind,
    vus = snapshot.profile_vus[index], max_vus = profile.vus, step = snapshot.steps[index],
    rate = is_open and (self.loads[index] or planned_rate(profile, snapshot.elapsed_s)) or nil,
  }
end

-- What live.lua calls a run, for the length of one request.
local Run = {}
Run.__index = Run

function Run:status()
  local s, profiles = self.snapshot, {}
  for index, profile in ipairs(self.control.plan.stage.profiles) do
    profiles[index] = show_profile(self.control, index, profile, s)
  end
  return {
    scenario = self.control.plan.test.name, stage = self.control.plan.stage.name,
    phase = s.is_paused and "paused" or s.phase, elapsed_s = s.elapsed_s, total_s = s.total_s,
    paused = s.is_paused, profiles = profiles,
  }
end

function Run:metrics() return self.snapshot.metrics_now() end

local function is_over(snapshot)
  return snapshot.stopping or snapshot.phase == "teardown" or snapshot.phase == "over"
end

local function set_paused(self, is_paused)
  if is_over(self.snapshot) then return nil, "the run is ending" end
  self.snapshot.pause(is_paused)
  self.snapshot.is_paused = is_paused
  return true
end

function Run:pause() return set_paused(self, true) end

function Run:resume() return set_paused(self, false) end

function Run:stop()
  self.control.stopped = true
  return true
end

function Run:set_load(index, load)
  local profile = self.control.plan.stage.profiles[index]
  if is_over(self.snapshot) then return nil, "the run is ending" end
  if profile.search then return nil, "a search sets its load itself" end
  if load.vus and load.vus > profile.vus then
    return nil, ("the stage has room for at most %d users; start it with more"):format(profile.vus)
  end
  self.control.loads[index] = load.rate
  self.snapshot.set_load(index, load.vus or load.rate)
  return true
end

--- Answers one request.
---@param request lload.LiveRequest
---@param snapshot table
---@return integer status
---@return string json
---@return "interrupted"|nil wish
function Control:answer(request, snapshot)
  local run = setmetatable({ control = self, snapshot = snapshot }, Run)
  local status, json = live.respond(request, run)
  return status, json, self.stopped and "interrupted" or nil
end

return M
