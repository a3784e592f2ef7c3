--- One level of a search: is this load good? It sees the samples of the hold, never the settling.
--
-- Good takes the whole hold, enough samples, and that no backlog piles up. A server that falls
-- behind slowly breaks any limit, only later; so while the busy users of a rate grow, the hold goes
-- on, until a threshold fails or the growth ends. At five times the hold a level fails for what
-- it still lacks: samples, or a level number of busy users. Bad may come sooner.

local judged = require "lload.judged"
local words = require "lload.search.words"

local M = {}

local LONGEST_HOLD = 5 -- times the hold
local DROPPED_MOST = 0.01 -- share of the arrivals
local WORSE_LOOKS = 3 -- so many in a row, too slow and getting slower, cut a level short
local FILLING = 0.75 -- see is_filling
local EARLY_S = 0.05 -- looks come about once a second: one that is this early is in time

---@alias lload.FailedThreshold { label: string, expression: string, actual_text: string }

--- What a look at a search is told; all but in_flight is about the time since the hold began.
---@class lload.SearchSeen
---@field in_flight integer users that are busy right now
---@field samples integer requests
---@field failed lload.FailedThreshold[] those without data too
---@field generator string|nil why the generator cannot be trusted
---@field dropped integer|nil arrivals that found no free user
---@field closest string|nil the threshold with the least room, in words
---@field p95_ms number|nil
---@field rps number|nil

---@class lload.SearchLevel
---@field looks { [1]: number, [2]: integer }[] seconds held, busy users
---@field worse integer looks in a row at which it was too slow and p95 rose
local Level = {}
Level.__index = Level

--- Is it time? A look that comes slightly early counts, or a hold would last a second more.
---@param passed_s number
---@param wanted_s number
---@return boolean
function M.is_over(passed_s, wanted_s)
  return passed_s >= wanted_s - EARLY_S
end

--- A level whose hold begins now.
---@param fields lload.SearchFields
---@param load number
---@param in_flight integer
---@return lload.SearchLevel
function M.new(fields, load, in_flight)
  return setmetatable({
    fields = fields, load = load, looks = { { 0, in_flight } }, worse = 0, p95_ms = 0,
  }, Level)
end

-- After the settling about as many users are busy as arrived in it: iterations are longer than it,
-- and it is they who fill up the level, not a backlog.
local function is_filling(self)
  return self.looks[1][2] >= FILLING * self.load * self.fields.settle
end

-- The last look that is at least so old.
local function look_before(looks, held_s)
  local found = looks[1]
  for _, look in ipairs(looks) do
    if look[1] <= held_s then found = look end
  end
  return found
end

-- Over the last hold's time (or half of a longer one), more than half a resolution of the arrivals
-- stayed in the system, and more than chance explains: about a root of their number. Chance that
-- explains more costs a look or two; to fail a level it would have to do so at every look.
local function growth(self, held_s, in_flight)
  if self.fields.of ~= "rate" or is_filling(self) then return nil end
  local start = look_before(self.looks, held_s - math.max(held_s / 2, self.fields.hold))
  local grown, span = in_flight - start[2], held_s - start[1]
  local least = self.fields.resolution / 2 * self.load * span
  if grown <= math.max(least, math.sqrt(in_flight)) then return nil end
  return words.growing(start[2], in_flight, span)
end

-- What p95 says something about; a count that is not yet high enough is none of it.
local function is_too_slow(failed)
  for _, t in ipairs(failed) do
    if judged.is_time { metric = t.label:match("^[%w_.]+"), expression = t.expression } then
      return true
    end
  end
  return false
end

-- Cumulative values only get worse when what comes in is worse: a hiccup that is over stops that.
local function note(self, held_s, seen)
  self.looks[#self.looks + 1] = { held_s, seen.in_flight }
  local p95 = seen.p95_ms or 0
  self.worse = p95 > self.p95_ms and is_too_slow(seen.failed) and self.worse + 1 or 0
  self.p95_ms = p95
end

local function dropped_share(self, held_s, seen)
  if self.fields.of ~= "rate" or not seen.dropped or held_s <= 0 then return 0 end
  return seen.dropped / (self.load * held_s)
end

-- What is wrong with the samples so far: nil when nothing is.
local function fault(self, held_s, seen)
  if seen.generator then return "generator", seen.generator end
  if #seen.failed > 0 then return "bad", words.failed(seen.failed) end
  local dropped = dropped_share(self, held_s, seen)
  if dropped > DROPPED_MOST then return "bad", words.dropped(dropped, self.fields.max_vus) end
  return nil
end

local function too_few(self, held_s, seen)
  local verdict, why = fault(self, held_s, seen)
  if verdict == "generator" then return verdict, why end
  local text = words.too_few(seen.samples, self.fields.samples, held_s)
  return "bad", verdict and text .. "; " .. why or text
end

-- Bad before its time: past half of the hold, and not about to recover.
local function cut_short(self, held_s, seen)
  if not M.is_over(held_s, self.fields.hold / 2) then return nil end
  local verdict, why = fault(self, held_s, seen)
  local clear = verdict == "generator"
    or (verdict and self.worse >= WORSE_LOOKS and seen.samples >= self.fields.samples)
  if not clear then return nil end
  return verdict, ("%s; %s"):format(why, words.cut_short(held_s))
end

-- The whole hold is over, and there are samples enough.
local function complete(self, held_s, seen, last)
  local verdict, why = fault(self, held_s, seen)
  if verdict then return verdict, why end
  local growing = growth(self, held_s, seen.in_flight)
  if not growing then return "ok", words.held(seen) end
  if last then return "bad", growing end
  return nil
end

--- Looks at the level; nil as long as it needs more time.
---@param held_s number
---@param seen lload.SearchSeen
---@return lload.SearchVerdict|nil verdict
---@return string|nil why
function Level:look(held_s, seen)
  note(self, held_s, seen)
  local hold, enough = self.fields.hold, seen.samples >= self.fields.samples
  local last = M.is_over(held_s, LONGEST_HOLD * hold)
  if enough and M.is_over(held_s, hold) then return complete(self, held_s, seen, last) end
  if last then return too_few(self, held_s, seen) end
  return cut_short(self, held_s, seen)
end

return M
