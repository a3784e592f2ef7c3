--- Where the limits are: between which two levels each is crossed, and at about which load.
--
-- A limit splits the levels, by load, into those that hold and those that do not. When noise makes
-- them change places, the split is the one with the fewest levels on the wrong side, the lowest of
-- several; how many are on the wrong side is told. Between the two levels around the split the
-- value is taken to follow a straight line, and where that meets the limit is the crossing.

local judge = require "lload.judge"
local judged = require "lload.judged"
local knee = require "lload.statistics.knee"
local metrics = require "lload.metrics"
local threshold = require "lload.threshold"

local M = {}

local MOST_ERRORS = 0.05
local UNDER = 0.95

---@class lload.CapacityLimit
---@field kind "threshold"|"errors"|"achieved"|"search"|"knee"
---@field label string
---@field limit number|nil
---@field load number|nil where it is crossed, about
---@field good number|nil the load of the level below
---@field bad number|nil of the one above; nil when it is not crossed
---@field rps number|nil throughput at the crossing
---@field p95 number|nil
---@field disagree integer|nil levels on the wrong side
---@field judged integer how many levels could be judged

-- The number of levels at the bottom that hold; those above do not.
local function split_of(points)
  local wrong = 0
  for _, point in ipairs(points) do
    if point.holds then wrong = wrong + 1 end -- all fail
  end
  local best, least = 0, wrong
  for index, point in ipairs(points) do
    wrong = wrong + (point.holds and -1 or 1)
    if wrong < least then best, least = index, wrong end
  end
  return best, least
end

-- How far the limit lies on the way from one value to the next; the middle when they do not tell.
local function fraction(from, to, limit)
  if not from or not to or not limit or from == to then return 0.5 end
  local share = (limit - from) / (to - from)
  return share >= 0 and share <= 1 and share or 0.5
end

local function between(a, b, share)
  return a and b and a + (b - a) * share or a or b
end

local function is_told(point) return point.holds ~= nil end

local function crossing_of(limit, points)
  local told = {}
  for _, point in ipairs(points) do
    if is_told(point) then told[#told + 1] = point end
  end
  limit.judged = #told
  if #told == 0 then return limit end
  local split, wrong = split_of(told)
  local below, above = told[split], told[split + 1]
  limit.good, limit.bad = below and below.level.load, above and above.level.load
  limit.disagree = wrong > 0 and wrong or nil
  if below and above then
    local share = fraction(below.value, above.value, limit.limit)
    limit.load = between(below.level.load, above.level.load, share)
    limit.rps = between(below.level.rps, above.level.rps, share)
    limit.p95 = between(below.level.p95, above.level.p95, share)
  end
  return limit
end

local function points_of(levels, value_of, holds)
  local points = {}
  for index, level in ipairs(levels) do
    local value = value_of(level)
    points[index] = { level = level, value = value }
    if value ~= nil then points[index].holds = holds(value) end
  end
  return points
end

-- ------------------------------------------------------------- thresholds

-- The stored expression with its meaning; nil when it has none here.
local function parsed_of(stored)
  local parsed = threshold.parse(stored.expression)
  local kind = metrics.BUILT_IN[stored.metric] or stored.expression:find "p%(" and "trend"
  if not parsed or not kind or not threshold.check_kind(parsed, kind) then return nil end
  parsed.metric, parsed.tags, parsed.kind = stored.metric, stored.tags or {}, kind
  return parsed
end

local function field_of(t)
  if t.agg == "p" then return t.x == 50 and "med" or ("p(%g)"):format(t.x) end
  return t.agg
end

local function without_stage(model, tags)
  local rest = {}
  for tag, value in pairs(tags) do
    if tag ~= "stage" or value ~= model.scenario.stage then rest[tag] = value end
  end
  return rest
end

-- What a threshold looks at, at one level.
local function threshold_value(model, level, t)
  local tags = without_stage(model, t.tags)
  if not next(tags) then
    if t.metric == "http_req_failed" and t.agg == "rate" then return level.error_rate end
    if t.metric == "http_reqs" and t.agg == "rate" then return level.rps end
    if t.metric == "http_req_duration" and level.duration then
      local value = level.duration[field_of(t)]
      if value then return value end
    end
  end
  if t.kind ~= "trend" then return nil end
  return level.ask(judged.label(t.metric, tags), t.agg, t.x)
end

local function of_threshold(stored, levels, model)
  local limit = {
    kind = "threshold", label = judged.label(stored.metric, stored.tags),
    expression = stored.expression, judged = 0, metric = stored.metric,
  }
  local t = parsed_of(stored)
  if not t or stored.tags and stored.tags.step then return limit end
  limit.limit = t.limit
  return crossing_of(limit, points_of(levels,
    function(level) return threshold_value(model, level, t) end,
    function(value) return (judge.holds(t, value)) end))
end

-- ------------------------------------------------------------- the others

local function of_errors(levels)
  return crossing_of({ kind = "errors", label = "errors", limit = MOST_ERRORS },
    points_of(levels, function(level) return level.error_rate end,
      function(value) return value <= MOST_ERRORS end))
end

local function of_achieved(levels)
  return crossing_of({ kind = "achieved", label = "achieved", limit = UNDER },
    points_of(levels, function(level) return level.achieved end,
      function(value) return value >= UNDER end))
end

-- A search said itself which of its levels were good.
local function of_search(levels, model)
  local limit = crossing_of({ kind = "search", label = "search" },
    points_of(levels, function(level) return level.passed end,
      function(value) return value end))
  limit.why = model.search.reason
  return limit
end

local function of_knee(levels)
  local xs, ys = {}, {}
  for index, level in ipairs(levels) do xs[index], ys[index] = level.load, level.rps end
  local index = knee.find(xs, ys)
  local limit = { kind = "knee", label = "knee", judged = #levels }
  if index then
    limit.load, limit.rps, limit.p95 = xs[index], ys[index], levels[index].p95
    limit.good, limit.bad = xs[index - 1], xs[index + 1]
  end
  return limit
end

--- All limits of the levels.
---@param levels lload.CapacityLevel[] usable ones, by load
---@param set lload.CapacityLevels
---@param model table the result
---@return lload.CapacityLimit[]
function M.all(levels, set, model)
  local list = {}
  if set.source == "search" then list[1] = of_search(levels, model) end
  for _, stored in ipairs(model.thresholds) do
    list[#list + 1] = of_threshold(stored, levels, model)
  end
  list[#list + 1] = of_errors(levels)
  if set.of == "rate" then list[#list + 1] = of_achieved(levels) end
  list[#list + 1] = of_knee(levels)
  return list
end

local BREAKS = { threshold = true, errors = true, achieved = true, search = true }

--- The first limit that the load crosses; nil when none is.
---@param limits lload.CapacityLimit[]
---@return lload.CapacityLimit|nil
function M.first(limits)
  local first
  for _, limit in ipairs(limits) do
    local at = BREAKS[limit.kind] and limit.bad and (limit.load or limit.bad)
    if at and (not first or at < (first.load or first.bad)) then first = limit end
  end
  return first
end

return M
