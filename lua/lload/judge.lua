--- Judges thresholds second by second while a run goes on, and finally.
--
-- Where the numbers come from does not matter. A source tells elapsed_s, the moment it is about,
-- and value(index, agg, x, span): of the threshold at that index, over the whole run so far when
-- span is nil, else over the span seconds before the moment. The engine's snapshots and its final
-- table are sources; so are stored windows, looked at second by second.

local judged = require "lload.judged"
local units = require "lload.units"

local M = {}

local EARLY_S = 0.05 -- looks come about once a second: one that is this early is in time

local COMPARE = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
  ["=="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
}

-- Which direction is bad.
local WORSE = { ["<"] = 1, ["<="] = 1, [">"] = -1, [">="] = -1 }

-- Distance to the limit as a share of it; positive is room left, negative is over the limit.
local function margin(threshold, actual)
  local sign = WORSE[threshold.operator]
  if not sign or threshold.limit == 0 then return nil end
  return sign * (threshold.limit - actual) / math.abs(threshold.limit)
end

--- Judges one threshold against a value; nil is no data.
---@param threshold table
---@param actual number|nil
---@return boolean ok
---@return number|nil margin
function M.holds(threshold, actual)
  if actual == nil or actual ~= actual then return threshold.on_no_data == "pass" end
  return COMPARE[threshold.operator](actual, threshold.limit), margin(threshold, actual)
end

--- Says over which part of the stage the windows of thresholds slide: the whole of it, or the step
--- that a threshold names.
---@param thresholds table[]
---@param steps { step: integer, from_s: number, to_s: number }[]
---@param total_s number what the stage is planned to last
---@return table[] placed copies, with from_s and until_s where there is a window
function M.place(thresholds, steps, total_s)
  local placed = {}
  for index, t in ipairs(thresholds) do
    local copy = {}
    for key, value in pairs(t) do copy[key] = value end
    if t.over_s then
      for _, step in ipairs(steps) do
        if tostring(step.step) == t.tags.step then
          copy.from_s = math.min(copy.from_s or step.from_s, step.from_s)
          copy.until_s = math.max(copy.until_s or step.to_s, step.to_s)
        end
      end
      copy.from_s, copy.until_s = copy.from_s or 0, copy.until_s or total_s
    end
    placed[index] = copy
  end
  return placed
end

---@class lload.Judge
---@field thresholds table[]
---@field seen table[] of each threshold: latest, worst, at_s, samples, since_s, breached_s
---@field tripped table<integer, { actual: number, at_s: number }> those that stopped the run
local Judge = {}
Judge.__index = Judge

--- A judge of a run's thresholds; it remembers the worst of each, and what stopped the run.
---@param thresholds table[]
---@return lload.Judge
function M.new(thresholds)
  local seen = {}
  for index in ipairs(thresholds) do seen[index] = { breached_s = 0 } end
  return setmetatable({ thresholds = thresholds, seen = seen, tripped = {} }, Judge)
end

local function is_worse(t, actual, than)
  local sign = WORSE[t.operator]
  if sign then return sign * actual > sign * than end
  return M.holds(t, than) and not M.holds(t, actual)
end

-- Before that the window is not yet as wide as it should be.
local function has_window(t, elapsed_s)
  local full_s = math.min((t.from_s or 0) + t.over_s, t.until_s or math.huge)
  return elapsed_s >= full_s - EARLY_S
end

-- A window without data neither begins a breach nor ends one, and none lasts beyond the part.
local function note_window(t, index, seen, source)
  local actual = seen.latest
  if actual == nil or actual ~= actual then return end
  local elapsed_s = math.min(source.elapsed_s or source.duration_s or 0, t.until_s or math.huge)
  if seen.worst == nil or is_worse(t, actual, seen.worst) then
    seen.worst, seen.at_s = actual, elapsed_s
    seen.samples = t.agg == "p" and source.value(index, "count", nil, t.over_s) or nil
  end
  if M.holds(t, actual) then
    seen.since_s = nil
  else
    seen.since_s = seen.since_s or elapsed_s
    seen.breached_s = math.max(seen.breached_s, elapsed_s - seen.since_s)
  end
end

--- Takes a look at the moment of a source.
---@param source { elapsed_s: number, value: function }
function Judge:look(source)
  for index, t in ipairs(self.thresholds) do
    local seen = self.seen[index]
    seen.latest = source.value(index, t.agg, t.x, t.over_s)
    if t.over_s and has_window(t, source.elapsed_s) then
      note_window(t, index, seen, source)
    end
  end
end

-- Of a window the worst counts, whatever came later.
local function decisive(t, seen)
  if t.over_s then return seen.worst end
  return seen.latest
end

local function fails(t, seen)
  local actual = decisive(t, seen)
  if actual == nil or actual ~= actual then return false end
  if t.for_s then return seen.breached_s >= t.for_s - EARLY_S and seen.breached_s > 0 end
  return not M.holds(t, actual)
end

--- Should the run stop now because a threshold with abort_on_fail fails? Takes a look.
---@param snapshot table
---@return "threshold"|nil
function Judge:wants_stop(snapshot)
  if snapshot.phase ~= "run" then return nil end
  self:look(snapshot)
  local stop
  for index, t in ipairs(self.thresholds) do
    if t.abort_on_fail and not self.tripped[index] and snapshot.elapsed_s >= t.delay_abort_s
      and fails(t, self.seen[index]) then
      self.tripped[index] =
        { actual = decisive(t, self.seen[index]), at_s = snapshot.elapsed_s }
      stop = "threshold"
    end
  end
  return stop
end

-- A breach that was too short leaves a share of the time it might have lasted.
local function margin_of(t, seen, actual)
  local holds, room = M.holds(t, actual)
  if holds or not t.for_s or fails(t, seen) then return room end
  return (t.for_s - seen.breached_s) / t.for_s
end

-- How a threshold stands: what failed once stays so, with the value that did it. A window that is
-- not full yet says nothing.
local function standing(t, seen)
  local failed = fails(t, seen)
  local actual = seen.latest
  if t.over_s and failed then actual = seen.worst end
  if not actual or t.over_s and not seen.worst then return nil end
  return {
    threshold = t, actual = actual, ok = not failed, margin = margin_of(t, seen, actual),
    at_s = failed and seen.at_s or nil,
  }
end

local function rank(worst)
  return (worst.ok and 1e9 or 0) + (worst.margin or 0)
end

--- The threshold that is worst off after the last look, for the progress; nil without data.
---@return table|nil worst { threshold, actual, ok, margin, at_s } at_s of a window that failed
function Judge:worst()
  local worst
  for index, t in ipairs(self.thresholds) do
    local now = standing(t, self.seen[index])
    if now and (not worst or rank(now) < rank(worst)) then worst = now end
  end
  return worst
end

local function verdict_of(t, seen, tripped)
  local actual = decisive(t, seen)
  if actual ~= actual then actual = nil end
  local ok = M.holds(t, nil)
  if actual then ok = not fails(t, seen) end
  return {
    metric = t.metric, tags = next(t.tags) and t.tags or nil, expression = t.expression,
    actual = actual, ok = ok and not tripped, data = actual ~= nil,
    margin = actual and margin_of(t, seen, actual),
    over_s = t.over_s, for_s = t.for_s, at_s = seen.at_s,
    breached_s = seen.breached_s > 0 and seen.breached_s or nil,
  }
end

--- The final verdict of every threshold, in their order. The last window counts as it is: a run may
--- be shorter than the window.
---@param final table
---@return table[]
function Judge:verdicts(final)
  local verdicts = {}
  for index, t in ipairs(self.thresholds) do
    local seen = self.seen[index]
    seen.latest = final.value(index, t.agg, t.x, t.over_s)
    if t.over_s then
      note_window(t, index, seen, final)
    elseif t.agg == "p" then
      seen.samples = final.value(index, "count")
    end
    verdicts[index] = verdict_of(t, seen, self.tripped[index])
  end
  return verdicts
end

--- How many samples each percentile was taken of, after the verdicts; nil without data, and for
--- other aggregations.
---@param index integer
---@return number|nil
function Judge:samples(index)
  return self.seen[index].samples
end

--- What stopped the run, as one sentence; nil when no threshold did.
---@return string|nil
function Judge:stop_detail()
  for index, t in ipairs(self.thresholds) do
    local trip = self.tripped[index]
    if trip then
      return ("%s %s was %s after %s"):format(judged.label(t.metric, t.tags), t.expression,
        t.is_time and units.format_ms(trip.actual) or units.format_number(trip.actual),
        units.format_duration(math.floor(trip.at_s + 0.5)))
    end
  end
  return nil
end

return M
