--- The run under way as live control sees it: its state, and what can be done to it.

local live = require "lload.live"
local profiles = require "lload.profile"
local units = require "lload.units"
local words = require "lload.search.words"

local M = {}

local MOST_NOTES = 20

---@class lload.Control
---@field plan lload.Plan
---@field driver lload.SearchDriver|nil
---@field loads table<integer, number> rates that were set by hand
---@field changes string[] what was done to the run, for its notes
---@field stopped boolean
local Control = {}
Control.__index = Control

--- Live control of one run.
---@param plan lload.Plan
---@param driver? lload.SearchDriver of a search
---@return lload.Control
function M.new(plan, driver)
  return setmetatable({
    plan = plan, driver = driver, loads = {}, changes = {}, stopped = false,
  }, Control)
end

--- Arrivals a second that a profile of the open model is to have right now.
---@param index integer
---@param elapsed_s number
---@return number
function Control:rate(index, elapsed_s)
  local profile = self.plan.stage.profiles[index]
  if profile.search and self.driver then return self.driver:load() end
  local planned = profiles.planned_load(profile, elapsed_s)
  return planned and (self.loads[index] or planned) or 0
end

local function moment(snapshot)
  if snapshot.phase ~= "run" then return "in the " .. snapshot.phase end
  return ("after %s"):format(units.format_duration(math.floor(snapshot.elapsed_s + 0.5)))
end

function Control:note(snapshot, change, ...)
  self.changes[#self.changes + 1] =
    ("live control, %s: %s"):format(moment(snapshot), change:format(...))
end

--- Adds to what the engine returned what was done by hand: such a run is not the planned one.
---@param final table
function Control:annotate(final)
  if self.stopped and final.stop == "interrupted" then
    final.stop_detail = "stopped by live control"
  end
  local notes, hidden = {}, #self.changes - MOST_NOTES
  for _, note in ipairs(final.notes or {}) do notes[#notes + 1] = note end
  for index = 1, math.min(#self.changes, MOST_NOTES) do
    notes[#notes + 1] = self.changes[index]
  end
  if hidden > 0 then
    notes[#notes + 1] = ("live control: %s more changes"):format(units.count(hidden))
  end
  final.notes = notes
end

local function show_profile(self, index, profile, snapshot)
  return {
    index = index, executor = profile.executor, kind = profile.kind,
    vus = snapshot.profile_vus[index], max_vus = profile.vus, step = snapshot.steps[index],
    rate = profile.kind == "arrivals" and self:rate(index, snapshot.elapsed_s) or nil,
  }
end

-- What live.lua calls a run, for the length of one request.
local Run = {}
Run.__index = Run

function Run:status()
  local s, shown = self.snapshot, {}
  for index, profile in ipairs(self.control.plan.stage.profiles) do
    shown[index] = show_profile(self.control, index, profile, s)
  end
  return {
    scenario = self.control.plan.test.name, stage = self.control.plan.stage.name,
    phase = s.is_paused and "paused" or s.phase, elapsed_s = s.elapsed_s, total_s = s.total_s,
    paused = s.is_paused, profiles = shown,
  }
end

function Run:metrics() return self.snapshot.metrics_now() end

local function is_over(snapshot)
  return snapshot.stopping or snapshot.phase == "teardown" or snapshot.phase == "over"
end

-- Nobody would know what a level of a search was that stood still for a while.
local function set_paused(self, is_paused)
  local s = self.snapshot
  if is_over(s) then return nil, "the run is ending" end
  if self.control.driver then return nil, "a search cannot be paused: it measures all the time" end
  if is_paused ~= (s.is_paused or false) then
    self.control:note(s, is_paused and "paused" or "resumed")
    s.pause(is_paused)
    s.is_paused = is_paused
  end
  return true
end

function Run:pause() return set_paused(self, true) end

function Run:resume() return set_paused(self, false) end

function Run:stop()
  self.control.stopped = true
  return true
end

-- Why the load of a profile cannot be set now; nil when it can.
local function load_problem(profile, index, load, snapshot)
  if is_over(snapshot) then return "the run is ending" end
  if snapshot.phase == "setup" then return "the stage has not begun; ask again once it has" end
  if profile.search then return "a search sets its load itself" end
  if snapshot.elapsed_s >= profiles.duration(profile) then
    return ("profile %d is over"):format(index)
  end
  if load.vus and load.vus > profile.vus then
    return ("profile %d has room for at most %s, the most that the file plans for it"):format(
      index, words.load("vus", profile.vus))
  end
  return nil
end

function Run:set_load(index, load)
  local control, s = self.control, self.snapshot
  local problem = load_problem(control.plan.stage.profiles[index], index, load, s)
  if problem then return nil, problem end
  control.loads[index] = load.rate
  control:note(s, "profile %d set to %s", index,
    load.vus and words.load("vus", load.vus) or units.format_rate(load.rate))
  s.set_load(index, load.vus or load.rate)
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
