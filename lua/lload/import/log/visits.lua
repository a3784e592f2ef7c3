--- Visits: requests of one visitor, told by a cookie or by address and agent, with no more than
--- half an hour between two.
--
-- Memory holds those of the last hour at most, in two generations of half an hour.

local M = {}

M.GAP_S = 30 * 60
local MOST_VISITORS = 300000 -- of one generation

---@class lload.import.log.Visits
local Visits = {}
Visits.__index = Visits

function M.new()
  return setmetatable({ young = {}, old = {}, count = 0, since = nil, crowded = 0 }, Visits)
end

local function turn(self, at)
  self.old = at - self.since >= 2 * M.GAP_S and {} or self.young
  self.young, self.count, self.since = {}, 0, at
end

local function keep(self, key, visit, at)
  self.since = self.since or at
  if at - self.since >= M.GAP_S then turn(self, at) end
  if self.count >= MOST_VISITORS then
    self.crowded = self.crowded + 1
    turn(self, at)
  end
  if self.young[key] then return end
  self.young[key], self.count = visit, self.count + 1
end

--- The visit of a visitor, as a table that lives as long; nil if a new one begins.
---@param key string
---@param at number
---@return table|nil visit
function Visits:find(key, at)
  local visit = self.young[key] or self.old[key]
  if not visit or at - visit.at > M.GAP_S then return nil end
  keep(self, key, visit, at)
  return visit
end

--- Begins a visit.
---@param key string
---@param at number
---@return table visit with `at`, the time of its last request
function Visits:begin(key, at)
  local visit = { at = at }
  self.young[key] = nil
  keep(self, key, visit, at)
  self.young[key] = visit
  return visit
end

return M
