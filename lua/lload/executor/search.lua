--- search: looks for the highest load (rate or users) that still meets the thresholds.
--
-- The load of a search is not planned but found (see lload.search), so its plan is one segment as
-- long as the search may take.

local limits = require "lload.limits"
local units = require "lload.units"
local words = require "lload.search.words"

local M = { name = "search" }

local MAX_RATE = 1e6
local SHORTEST_HOLD_S = 1 -- levels are looked at about once a second
local FINEST, COARSEST = 0.001, 0.5
local MAX_SAMPLES = 1e6

---@class lload.SearchFields
---@field of "rate"|"vus"
---@field from number users, or a rate a second
---@field to number
---@field hold number seconds; how long a level is measured at least
---@field settle number seconds before each measurement that are left out
---@field resolution number the widest gap between good and bad, as a share of good
---@field samples integer how many requests a level needs at least
---@field max_vus integer|nil of a rate: the most users that may share its work
---@field max_duration number seconds; how long the whole search may take

local function read_of(r)
  local of = r:typed("of", "string", { default = "rate" })
  if of == nil or of == "rate" or of == "vus" then return of end
  r:problem("of", ('"%s" is neither "rate" nor "vus"'):format(of))
  return nil
end

local function within(parse, min, max, show)
  return function(raw)
    local value, message = parse(raw)
    if value and (value < min or value > max) then
      return nil, ("%s is out of range, %s to %s"):format(show(value), show(min), show(max))
    end
    return value, message
  end
end

local function positive_rate(raw)
  local rate, message = units.rate(raw)
  if rate == 0 then return nil, "must be above 0; a search doubles it" end
  if rate and rate > MAX_RATE then
    return nil, ("%s is out of range, at most %s"):format(
      words.load("rate", rate), words.load("rate", MAX_RATE))
  end
  return rate, message
end

local function read_load(r, key, of)
  if of == "vus" then
    return r:whole(key, { required = true, min = 1, max = limits.MAX_VUS })
  end
  return r:parsed(key, { required = true }, positive_rate)
end

local function read_max_vus(r, of)
  if of == "rate" then
    return r:whole("max_vus", {
      required = true, min = 1, max = limits.MAX_VUS,
      remedy = "; a search for a rate needs to know the most users it may start",
    })
  elseif r:take("max_vus") ~= nil and of == "vus" then
    r:problem("max_vus", 'is for of = "rate"; the most users of this search is "to"')
  end
  return nil
end

local function check_order(r, f)
  if not (f.of and f.from and f.to) or f.from < f.to then return end
  r:problem("to", ("%s is not above from = %s; a search goes up"):format(
    words.load(f.of, f.to), words.load(f.of, f.from)))
end

local function check_times(r, f)
  if not (f.hold and f.settle and f.max_duration) then return end
  if f.hold < SHORTEST_HOLD_S then
    r:problem("hold", ("%s is too short; a level is held for at least %s"):format(
      units.format_duration(f.hold), units.format_duration(SHORTEST_HOLD_S)))
  end
  local level = f.settle + f.hold
  if f.max_duration <= level then
    r:problem("max_duration", ("%s is too short; one level alone takes %s (settle + hold)"):format(
      units.format_duration(f.max_duration), units.format_duration(level)))
  end
end

---@param r lload.Reader
---@return lload.SearchFields fields
function M.read(r)
  local of = read_of(r)
  local f = {
    of = of,
    from = read_load(r, "from", of),
    to = read_load(r, "to", of),
    hold = r:duration("hold", { default = 10, positive = true }),
    settle = r:duration("settle", { default = 3 }),
    resolution = r:parsed("resolution", { default = 0.05 },
      within(units.share, FINEST, COARSEST, units.format_share)),
    samples = r:whole("samples", { default = 100, min = 1, max = MAX_SAMPLES }),
    max_vus = read_max_vus(r, of),
    max_duration = r:duration("max_duration", { default = 3600, positive = true }),
  }
  check_order(r, f)
  check_times(r, f)
  return f
end

--- What carries the load: users that stay, or arrivals.
---@param f lload.SearchFields
---@return "vus"|"arrivals"
function M.kind(f)
  return f.of == "vus" and "vus" or "arrivals"
end

---@param f lload.SearchFields
---@return table[] segments
function M.segments(f)
  return {
    { from = f.from, to = f.from, duration_s = f.max_duration, step = 1, label = "search" },
  }
end

--- Why these thresholds cannot be searched with; nil when they can.
---@param thresholds table[]
---@return string|nil message
function M.problem(thresholds)
  if #thresholds > 0 then return nil end
  return "search needs thresholds: without them every load is good; add some, such as "
    .. 'thresholds = { http_req_duration = "p(95)<800" }'
end

return M
