--- search: drives the load from level to level until it knows the highest one that is still good.
--
-- | phase  | load | until                                    | then                       |
-- |--------|------|------------------------------------------|----------------------------|
-- | rest   | 0    | nobody is busy any more, or 30 s passed  | settle                     |
-- | settle | x    | the settle time passed                   | drop the samples; hold     |
-- | hold   | x    | the level is judged (lload.search.level) | next level, rest, or done  |
--
-- The rest comes after a level that was not good: what piled up in the server would falsify the
-- next one. Which level is next is the bracket's business (lload.search.bracket).

local bracket = require "lload.search.bracket"
local exit_codes = require "lload.exit_codes"
local level = require "lload.search.level"
local words = require "lload.search.words"

local M = {}

local LONGEST_REST_S = 30
local MOST_LEVELS = 60
local LAST_LOOKS_S = 2 -- the search ends itself so long before its time is over

---@class lload.SearchAction
---@field load number|nil the load from now on
---@field begin boolean|nil a measurement begins now: what was sampled before is dropped
---@field done boolean|nil the search is over

---@class lload.SearchRun
---@field fields lload.SearchFields
---@field phase "start"|"rest"|"settle"|"hold"|"done"
---@field since_s number when the phase began
---@field levels table[] the judged ones
local Search = {}
Search.__index = Search

--- A search that has not begun.
---@param fields lload.SearchFields
---@return lload.SearchRun
function M.new(fields)
  return setmetatable({
    fields = fields, bracket = bracket.new(fields), phase = "start", levels = {}, busy = 0,
  }, Search)
end

function Search:enter(phase)
  self.phase, self.since_s = phase, self.now_s
end

function Search:elapsed()
  return self.now_s - self.start_s
end

-- How long the search may take, less what keeps the run from ending under it.
function Search:time_limit()
  local most = self.fields.max_duration
  return math.max(most - LAST_LOOKS_S, 0.9 * most)
end

function Search:finish(outcome, gave_up)
  self.outcome, self.gave_up = outcome, gave_up
  self:enter("done")
  return { done = true }
end

function Search:hold(in_flight)
  self:enter("hold")
  self.level = level.new(self.fields, self.load, in_flight)
end

-- The load is set now; without a settle time it is measured from now on as well.
function Search:settle(seen)
  self:enter("settle")
  self.level_at_s, self.leftover = self:elapsed(), seen.in_flight
  if self.fields.settle > 0 then return { load = self.load } end
  self:hold(seen.in_flight)
  return { load = self.load, begin = true }
end

function Search:out_of_bounds()
  if #self.levels >= MOST_LEVELS then return words.out_of_levels(MOST_LEVELS) end
  if self:elapsed() + self.fields.settle + self.fields.hold > self.fields.max_duration then
    return words.out_of_time(self.fields.max_duration)
  end
  return nil
end

-- On to the next level, by way of a rest when the last one left a mess.
function Search:advance(seen, mess)
  local load, outcome = self.bracket:next()
  if not load then return self:finish(outcome) end
  local gave_up = self:out_of_bounds()
  if gave_up then return self:finish("unconfirmed", gave_up) end
  self.load, self.again = load, self.bracket:knows(load)
  if not mess then return self:settle(seen) end
  self:enter("rest")
  return { load = 0 }
end

local function thousandths(s)
  return math.floor(s * 1000 + 0.5) / 1000
end

-- Users left over from an overload speak against a bad verdict; of a good one they take nothing.
function Search:note_level(verdict, why, held_s, seen)
  if verdict == "bad" and self.rested_in_vain then
    why = ("%s; %s"):format(why, words.leftover(self.leftover))
  end
  self.levels[#self.levels + 1] = {
    load = self.load, ok = verdict == "ok", why = why, p95 = seen.p95_ms,
    rps = seen.rps or (held_s > 0 and seen.samples / held_s or nil), samples = seen.samples,
    held_s = thousandths(held_s), at_s = thousandths(self.level_at_s),
    retest = self.again or nil, generator = verdict == "generator" or nil,
  }
end

local PHASE = {}

function PHASE.start(self, seen)
  return self:advance(seen, false)
end

function PHASE.rest(self, seen)
  local over = level.is_over(self.now_s - self.since_s, LONGEST_REST_S)
  if seen.in_flight > 0 and not over then return nil end
  self.rested_in_vain = seen.in_flight > 0
  return self:settle(seen)
end

function PHASE.settle(self, seen)
  if not level.is_over(self.now_s - self.since_s, self.fields.settle) then return nil end
  self:hold(seen.in_flight)
  return { begin = true }
end

function PHASE.hold(self, seen)
  local held_s = self.now_s - self.since_s
  local verdict, why = self.level:look(held_s, seen)
  if not verdict then return nil end
  self:note_level(verdict, why, held_s, seen)
  self.bracket:add(self.load, verdict)
  self.rested_in_vain = nil
  return self:advance(seen, verdict ~= "ok")
end

--- Takes a look, about once a second, and says what to do; nil is to go on as before.
---@param now_s number
---@param seen lload.SearchSeen
---@return lload.SearchAction|nil
function Search:step(now_s, seen)
  if self.outcome then return nil end
  self.start_s, self.now_s = self.start_s or now_s, now_s
  self.busy = seen.in_flight
  local action = PHASE[self.phase](self, seen)
  if not self.outcome and self:elapsed() >= self:time_limit() then
    return self:finish("unconfirmed", words.out_of_time(self.fields.max_duration))
  end
  return action
end

---@class lload.SearchResult
---@field of "rate"|"vus"
---@field unit "/s"|"users"
---@field good number|nil the highest load that passes
---@field bad number|nil the lowest load that fails
---@field generator_at number|nil instead of bad: the lowest load that was too much for lload itself
---@field confirmed boolean the bracket was tested twice
---@field outcome "found"|"above_to"|"from_failed"|"generator"|"unconfirmed"|"interrupted"
---@field reason string one sentence
---@field levels table[] { load, ok, why, p95, rps, samples, held_s, at_s, retest, generator }

--- What came out; before the end, what is known so far of a search that was interrupted.
---@return lload.SearchResult
function Search:result()
  local good, limit = self.bracket:ends()
  local by_generator = limit and self.bracket:standing(limit) == "generator"
  local outcome = self.outcome or "interrupted"
  local f = self.fields
  local result = {
    of = f.of, unit = f.of == "rate" and "/s" or "users", from = f.from, to = f.to,
    good = good, bad = not by_generator and limit or nil,
    generator_at = by_generator and limit or nil,
    confirmed = outcome == "found" or outcome == "above_to", outcome = outcome,
    resolution = f.resolution, hold_s = f.hold, settle_s = f.settle, min_samples = f.samples,
    levels = self.levels,
  }
  result.reason = words.reason(result, self.gave_up)
  return result
end

--- Where the search is, in short; "" before its first look and after its end.
---@return string
function Search:progress()
  if self.phase == "start" or self.phase == "done" then return "" end
  local good, limit = self.bracket:ends()
  return words.progress {
    of = self.fields.of, fields = self.fields, number = #self.levels + 1, load = self.load,
    again = self.again, phase = self.phase, passed_s = self.now_s - self.since_s,
    busy = self.busy, good = good, limit = limit,
  }
end

local CODE = {
  found = exit_codes.PASSED,
  above_to = exit_codes.PASSED,
  from_failed = exit_codes.THRESHOLD,
}

--- The exit code of a search. An interrupted one is inconclusive: what interrupted it has its own
--- code, which goes before.
---@param result table
---@return integer
function M.exit_code(result)
  return CODE[result.outcome] or exit_codes.INCONCLUSIVE
end

return M
