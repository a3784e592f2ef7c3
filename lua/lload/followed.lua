--- The metrics page of the target, followed while a soak runs.

local target = require "lload.analysis.target"

local M = {}

local EVERY_S = 5

---@class lload.Followed
---@field scraper table of the engine
---@field follower table of lload.analysis.target
---@field engine table
local Followed = {}
Followed.__index = Followed

-- The first address that a profile of the stage names.
local function address_of(plan)
  for _, profile in ipairs(plan.stage.profiles) do
    if profile.scrape then return profile.scrape end
  end
  return nil
end

--- Begins to follow the page that the stage names; nil when it names none.
---@param plan lload.Plan
---@param engine table lload.engine
---@return lload.Followed|nil
---@return string|nil message why it cannot be followed
function M.new(plan, engine)
  local url = address_of(plan)
  if not url then return nil end
  local scraper, message = engine.scrape(url, EVERY_S, plan.spec.http.insecure)
  if not scraper then return nil, ("%s: scrape: %s"):format(plan.test.file, message) end
  return setmetatable({
    scraper = scraper, follower = target.follower(), engine = engine,
  }, Followed)
end

local function problem_of(sample)
  if sample.error then return sample.error end
  return sample.status ~= 200 and ("the status was %d"):format(sample.status) or nil
end

--- Takes what was read since the last look.
---@param snapshot table
function Followed:look(snapshot)
  if snapshot.phase ~= "run" then return end
  self.began_s = self.began_s or self.engine.now() - snapshot.elapsed_s
  local sample = self.scraper:take()
  while sample do
    self.follower:add(sample.at_s - self.began_s, sample.body, problem_of(sample))
    sample = self.scraper:take()
  end
end

--- Ends it.
---@return table target what was found
function Followed:finish()
  self.scraper:close()
  return self.follower:target()
end

return M
