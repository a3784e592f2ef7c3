--- What a search says: its loads, why a level passed or failed, what came out, where it is.

local units = require "lload.units"

local M = {}

-- With up to six digits: the ends of a fine bracket must not read the same.
local function rate(load)
  if load == math.floor(load) or load >= 1e5 then return units.count(load) .. "/s" end
  return ("%.6g/s"):format(load)
end

--- A load as people write it: "400/s", "412.5/s", "12 users".
---@param of "rate"|"vus"
---@param load number
---@return string
function M.load(of, load)
  if of == "rate" then return rate(load) end
  return ("%s %s"):format(units.count(load), load == 1 and "user" or "users")
end

local function seconds(s)
  return units.format_duration(math.floor(s + 0.5))
end

--- The thresholds that failed, with their values.
---@param failed table[]
---@return string
function M.failed(failed)
  local parts = {}
  for index, t in ipairs(failed) do
    parts[index] = ("%s %s: %s"):format(t.label, t.expression, t.actual_text)
  end
  return table.concat(parts, "; ")
end

local HELD = "all thresholds hold"

--- Every threshold held.
---@param seen table
---@return string
function M.held(seen)
  if not seen.closest then return HELD end
  return ("%s; closest: %s"):format(HELD, seen.closest)
end

--- The verdict on a level as one word.
---@param judged table a level of a result
---@return "PASS"|"FAIL"|"INVALID"
function M.verdict(judged)
  if judged.generator then return "INVALID" end
  return judged.ok and "PASS" or "FAIL"
end

--- Why a level has its verdict, beside that verdict.
---@param judged table a level of a result
---@return string
function M.why(judged)
  local why = judged.why or ""
  if judged.ok and why:sub(1, #HELD + 2) == HELD .. "; " then why = why:sub(#HELD + 3) end
  return judged.retest and "again: " .. why or why
end

--- Arrivals found no free user, so the load was not the load.
---@param share number of the arrivals
---@param max_vus integer
---@return string
function M.dropped(share, max_vus)
  return ("%s of the arrivals were dropped: all %s users (max_vus) were busy"):format(
    units.format_share(share), units.count(max_vus))
end

---@param samples integer
---@param wanted integer
---@param held_s number
---@return string
function M.too_few(samples, wanted, held_s)
  return ("too few samples: %s of %s in %s"):format(
    units.count(samples), units.count(wanted), seconds(held_s))
end

--- The thresholds hold as yet, but the queue grows and grows.
---@param from integer busy users
---@param to integer
---@param span_s number
---@return string
function M.growing(from, to, span_s)
  return ("cannot keep up: busy users still grew from %s to %s in %s"):format(
    units.count(from), units.count(to), seconds(span_s))
end

---@param held_s number
---@return string
function M.cut_short(held_s)
  return "cut at " .. seconds(held_s)
end

---@param busy integer
---@return string
function M.leftover(busy)
  return ("%s users were still busy with the level before"):format(units.count(busy))
end

---@param limit_s number
---@return string
function M.out_of_time(limit_s)
  return ("its time is over (max_duration = %s)"):format(units.format_duration(limit_s))
end

---@param most integer
---@return string
function M.out_of_levels(most)
  return ("the verdicts contradict each other; it gave up after %d levels"):format(most)
end

-- What is known of the limit so far, for a search that did not come to its end.
local function so_far(result)
  local known = {}
  local function add(load, what)
    if load then known[#known + 1] = ("%s %s"):format(M.load(result.of, load), what) end
  end
  add(result.good, "passed")
  add(result.bad, "failed")
  add(result.generator_at, "was more than the generator could do")
  if #known == 0 then return "no level was judged" end
  return "so far " .. table.concat(known, " and ")
end

-- Why a load did not pass when it last did not.
local function why_at(result, load)
  for index = #result.levels, 1, -1 do
    local level = result.levels[index]
    if level.load == load and not level.ok then return level.why end
  end
  return ""
end

local REASON = {}

function REASON.found(r)
  return ("%s passes, %s fails, both tested twice: %s"):format(
    M.load(r.of, r.good), M.load(r.of, r.bad), why_at(r, r.bad))
end

function REASON.above_to(r)
  return ("to = %s passes, tested twice: the limit lies beyond it"):format(M.load(r.of, r.good))
end

function REASON.from_failed(r)
  local text = ("from = %s already fails, tested twice: %s"):format(
    M.load(r.of, r.bad), why_at(r, r.bad))
  if r.levels[#r.levels].samples >= r.min_samples then return text end
  return text .. "; start higher, hold longer or ask for fewer samples"
end

function REASON.generator(r)
  local text = ("at %s the generator itself is the limit, tested twice: %s"):format(
    M.load(r.of, r.generator_at), why_at(r, r.generator_at))
  return r.good and ("%s passes, %s"):format(M.load(r.of, r.good), text) or text
end

function REASON.unconfirmed(r, gave_up)
  return ("the search did not finish: %s; %s"):format(gave_up, so_far(r))
end

function REASON.interrupted(r)
  return "the search was cut off; " .. so_far(r)
end

--- What came out, as one sentence.
---@param result table
---@param gave_up? string why an unconfirmed search gave up
---@return string
function M.reason(result, gave_up)
  return REASON[result.outcome](result, gave_up)
end

local function ends(of, good, limit)
  local known = {}
  if good then known[1] = "good " .. M.load(of, good) end
  if limit then known[#known + 1] = "bad " .. M.load(of, limit) end
  return #known > 0 and "; " .. table.concat(known, ", ") or ""
end

--- Where a search is, for the live line.
---@param at table of, number, load, again, phase, passed_s, fields, busy, good, limit
---@return string
function M.progress(at)
  local what
  if at.phase == "rest" then
    what = ("waiting for %s busy users"):format(units.count(at.busy))
  elseif at.phase == "settle" then
    what = ("settling %s of %s"):format(seconds(at.passed_s), seconds(at.fields.settle))
  elseif at.passed_s <= at.fields.hold then
    what = ("holding %s of %s"):format(seconds(at.passed_s), seconds(at.fields.hold))
  else
    what = ("holding on for %s"):format(seconds(at.passed_s))
  end
  return ("level %d: %s%s, %s%s"):format(at.number, M.load(at.of, at.load),
    at.again and " again" or "", what, ends(at.of, at.good, at.limit))
end

return M
