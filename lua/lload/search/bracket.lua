--- Which load a search tests next, and what its answers add up to; it knows nothing of time.
--
--   from ─ 2·from ─ 4·from ─────── 8·from     the probe doubles as long as levels pass,
--    ok      ok      good  ├──┬─┬┤   bad      then the gap is halved to the resolution,
--                       good ┘  └ bad         then both ends are tested again
--
-- A load's verdict is its latest one; given twice it is settled, and the load is not tested any
-- more. Two verdicts are most often a hiccup, and are tested again at once, because to search below
-- for one costs more: a good end that fails when it is tested again, and a load that was too much
-- for the generator, which another program on its CPUs makes of any load. So a load that was
-- misjudged once is put right before the bracket is confirmed, none is tested more than four times,
-- and a search ends. At every moment what passes lies below what does not, as only the ends of the
-- bracket are ever tested again.

local M = {}

---@alias lload.SearchVerdict "ok"|"bad"|"generator" generator: not judged, it was the limit itself

---@class lload.Bracket
---@field votes table<number, table> load → how often each verdict was given, latest, settled
local Bracket = {}
Bracket.__index = Bracket

local FEWEST_DIGITS, MOST_DIGITS = 3, 6

--- The bracket of a search that has tested nothing yet.
---@param fields lload.SearchFields
---@return lload.Bracket
function M.new(fields)
  return setmetatable({
    from = fields.from, to = fields.to, resolution = fields.resolution,
    whole = fields.of == "vus", votes = {},
  }, Bracket)
end

--- Takes the verdict of one test.
---@param load number
---@param verdict lload.SearchVerdict
function Bracket:add(load, verdict)
  local votes = self.votes[load] or {}
  self.votes[load] = votes
  votes[verdict] = (votes[verdict] or 0) + 1
  votes.latest, self.last = verdict, load
  votes.settled = votes[verdict] == 2
end

--- Was this load tested before?
---@param load number
---@return boolean
function Bracket:knows(load)
  return self.votes[load] ~= nil
end

--- The verdict that counts for a load now.
---@param load number
---@return lload.SearchVerdict
function Bracket:standing(load)
  return self.votes[load].latest
end

--- The highest load that passes and the lowest that does not.
---@return number|nil good
---@return number|nil limit
function Bracket:ends()
  local good, limit
  for load in pairs(self.votes) do
    if self:standing(load) == "ok" then
      good = math.max(good or load, load)
    else
      limit = math.min(limit or load, load)
    end
  end
  return good, limit
end

local function rounded(value, digits)
  local unit = 10 ^ (math.floor(math.log10(value)) + 1 - digits)
  return math.floor(value / unit + 0.5) * unit
end

-- Rates get as few digits as still halve the gap more or less.
local function middle_rate(good, gap)
  local middle = good + gap / 2
  for digits = FEWEST_DIGITS, MOST_DIGITS do
    local round = rounded(middle, digits)
    if math.abs(round - middle) <= gap / 8 then return round end
  end
  return middle
end

-- A load between the two, or nil when they are close enough.
function Bracket:middle(good, limit)
  local gap = limit - good
  local widest = math.max(self.resolution * good, self.whole and 1 or 0)
  if gap <= widest * (1 + 1e-9) then return nil end
  return self.whole and math.floor(good + gap / 2) or middle_rate(good, gap)
end

function Bracket:is_settled(load)
  return self.votes[load].settled
end

-- Nothing passes: `from` is tested until that is sure.
function Bracket:at_the_bottom()
  if not self.votes[self.from] or not self:is_settled(self.from) then return self.from end
  return nil, self:standing(self.from) == "generator" and "generator" or "from_failed"
end

-- Nothing fails yet: upwards.
function Bracket:upwards(good)
  if good < self.to then return math.min(2 * good, self.to) end
  if not self:is_settled(good) then return good end
  return nil, "above_to"
end

-- The last test took back that its load is good, or was spoilt by the generator.
function Bracket:is_in_doubt(load)
  local votes = load and self.votes[load]
  if not votes or votes.settled then return false end
  return votes.latest == "generator" or votes.ok and votes.latest ~= "ok"
end

--- The load to test now; nil when all is known, then with what came out.
---@return number|nil load
---@return "found"|"above_to"|"from_failed"|"generator"|nil outcome
function Bracket:next()
  if self:is_in_doubt(self.last) then return self.last end
  local good, limit = self:ends()
  if not good then return self:at_the_bottom() end
  if not limit then return self:upwards(good) end
  local middle = self:middle(good, limit)
  if middle then return middle end
  if not self:is_settled(good) then return good end
  if not self:is_settled(limit) then return limit end
  return nil, self:standing(limit) == "bad" and "found" or "generator"
end

return M
