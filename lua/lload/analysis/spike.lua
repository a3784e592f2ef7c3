--- What a spike did: how fast it was before, how slow at the worst, how soon it was as before.
--
--   p95                    ___  peak: the worst window from the rise on
--                         /   \___
--         base           /        \__________  limit: base + tolerance
--   ____________________/            \_________
--         before         rise hold fall|recovery
--                                      |-->| recovery_s

local sample = require "lload.statistics.sample"
local units = require "lload.units"
local windows = require "lload.analysis.windows"

local M = {}

-- The first part of `before` in which users arrive and connections are opened.
local SETTLING_SHARE = 0.2
local SHORTEST_BASE_S = 3
-- A p95 of 200 samples has ten beyond it; fewer say little (console tables leave it blank).
local ENOUGH_SAMPLES = 200
-- Both ends of a comparison have at least so many windows, and the longest no more than that.
local FEWEST_WINDOWS, MOST_WINDOWS = 6, 120
local TOLERANCE, LARGEST_TOLERANCE = 0.1, 1
-- Less than half a millisecond more is within what a scheduler does, whatever share it is.
local SMALLEST_MARGIN_MS = 0.5
-- So many deviations away is noise once in hundreds of windows, for figures with long tails too.
local DEVIATIONS, NORMAL_PER_MAD = 3, 1.4826
-- A window without an answer tells that the target hangs, where the base had at least these.
local ALWAYS_ANSWERED = 5

---@class lload.SpikePart
---@field from_s number
---@field to_s number
---@field requests integer
---@field rps? number
---@field error_rate? number
---@field p95? number

---@class lload.SpikeResult
---@field base_p95? number
---@field peak_p95? number of the worst window
---@field peak_at_s? number when that window began
---@field recovery_s? number from the end of the fall; absent when it did not recover
---@field recovered? boolean absent when there is nothing to compare
---@field tolerance? number share above the base that counts as recovered: 0.1, or what the base
---itself varies by if that is more, 1 at the most
---@field limit_p95? number the base with the tolerance
---@field window_s number
---@field window_samples? number requests in a window of the base, at the median
---@field watched_s? number how long the recovery was watched
---@field base? lload.SpikePart
---@field peak? lload.SpikePart
---@field recovery? lload.SpikePart
---@field detail string

-- When each part began and ended, as far as the run came.
local function parts_of(profile, elapsed_s)
  local at, parts = profile.start_s or 0, {}
  for _, segment in ipairs(profile.segments) do
    local to = at + segment.duration_s
    parts[segment.label] = { from = math.min(at, elapsed_s), to = math.min(to, elapsed_s) }
    at = to
  end
  local before = parts.before
  local settling = (before.to - before.from) * SETTLING_SHARE
  local base_from = math.ceil(before.from + settling)
  if before.to - base_from < SHORTEST_BASE_S then base_from = math.ceil(before.from) end
  return {
    base = { from = base_from, to = math.floor(before.to) },
    peak = { from = math.floor(before.to), to = math.ceil(parts.fall.to) },
    recovery = { from = math.ceil(parts.recovery.from), to = math.floor(parts.recovery.to) },
    fall_end = parts.fall.to,
  }
end

local function length(part) return math.max(0, part.to - part.from) end

-- One part as a whole; nil when it did not take place or nothing happened in it.
local function sum_up(range, part)
  local w = length(part) > 0 and range(part.from, part.to)
  if not w or w.requests == 0 then return nil end
  return {
    from_s = w.from_s, to_s = w.to_s, requests = w.requests, rps = w.rps,
    error_rate = w.error_rate, p95 = w.duration and w.duration["p(95)"],
  }
end

--- How wide the windows are: a second, doubled until a window of the base has enough samples, as
--- long as base and recovery still have enough windows; wider for a spike of many minutes.
---@param base_rps number requests a second
---@param base_s number
---@param recovery_s number 0 when there is none
---@return integer seconds
function M.window_width(base_rps, base_s, recovery_s)
  local shorter = recovery_s > 0 and math.min(base_s, recovery_s) or base_s
  local width = 1
  while base_rps * width < ENOUGH_SAMPLES and 2 * width * FEWEST_WINDOWS <= shorter do
    width = 2 * width
  end
  while math.max(base_s, recovery_s) / width > MOST_WINDOWS and 2 * width <= shorter do
    width = 2 * width
  end
  return width
end

local function p95s_of(list)
  local p95s = {}
  for _, w in ipairs(list) do p95s[#p95s + 1] = windows.p95(w) end
  return p95s
end

-- How far above the base its own windows come: what two in a row held at the most, or three
-- deviations (by the median deviation, which one wild window does not move) if that is more.
local function own_spread(list, base_p95)
  local held, p95s = 0, p95s_of(list)
  for i = 2, #p95s do
    held = math.max(held, math.min(p95s[i - 1], p95s[i]) / base_p95 - 1)
  end
  local sorted = { unpack(p95s) }
  local middle, distances = sample.median(sorted), {}
  for i, p95 in ipairs(p95s) do distances[i] = math.abs(p95 - middle) / base_p95 end
  return math.max(held, DEVIATIONS * NORMAL_PER_MAD * (sample.median(distances) or 0))
end

-- Is the window as the base was? A window without answers is not, unless the base had such too.
local function is_within(w, limit, base_samples)
  local p95 = windows.p95(w)
  if p95 then return p95 <= limit end
  return base_samples < ALWAYS_ANSWERED
end

-- The first window from which on it stays within the limit. A single window above is no relapse, as
-- one such in the base was no spike; two in a row are. One window at the end proves nothing.
local function first_steady(list, limit, base_samples)
  local within, first = {}, 1
  for i, w in ipairs(list) do
    within[i] = is_within(w, limit, base_samples)
    if i > 1 and not within[i] and not within[i - 1] then first = i + 1 end
  end
  while list[first] and not within[first] do first = first + 1 end
  local proof = 0
  for i = first, #list do proof = proof + (within[i] and 1 or 0) end
  return proof >= 2 and first or nil
end

-- The window with the highest p95 of a part, its last seconds included.
local function worst_of(range, part, width)
  width = math.min(width, length(part))
  if width <= 0 then return nil end
  local list, worst = windows.cut(range, part.from, part.to, width), nil
  if part.to - part.from > #list * width then
    list[#list + 1] = windows.cut(range, part.to - width, part.to, width)[1]
  end
  for _, w in ipairs(list) do
    local p95 = windows.p95(w)
    if p95 and (not worst or p95 > worst.p95) then worst = { p95 = p95, from_s = w.from_s } end
  end
  return worst
end

local function median_samples(list)
  local counts = {}
  for i, w in ipairs(list) do counts[i] = w.sums and w.sums.requests or 0 end
  return sample.median(counts) or 0
end

-- Puts the recovery into the result: its limit by the base, and when it stayed within.
local function add_recovery(result, range, parts)
  local width = result.window_s
  local before = windows.cut(range, parts.base.from, parts.base.to, width)
  local samples = median_samples(before)
  result.window_samples = samples
  result.tolerance = math.max(TOLERANCE,
    math.min(LARGEST_TOLERANCE, own_spread(before, result.base_p95)))
  result.limit_p95 = result.base_p95
    + math.max(result.base_p95 * result.tolerance, SMALLEST_MARGIN_MS)
  local after = windows.cut(range, parts.recovery.from, parts.recovery.to, width)
  if #after < 2 then return end
  result.watched_s = length(parts.recovery)
  local first = first_steady(after, result.limit_p95, samples)
  result.recovered = first ~= nil
  if first == 1 then
    result.recovery_s = 0
  elseif first then
    result.recovery_s = after[first].from_s - parts.fall_end
  end
end

local function seconds(value) return units.format_duration(math.floor(value * 10 + 0.5) / 10) end

local function times(peak, base)
  if base <= 0 or peak < 2 * base then return "" end
  local factor = peak / base
  return (" (%s times as much)"):format(
    factor < 10 and ("%.2g"):format(factor) or units.count(factor))
end

local function peak_sentence(r)
  if not r.base_p95 then
    return ("p95 was %s at the peak; there is no base to compare it with"):format(
      units.format_ms(r.peak_p95))
  elseif not r.peak_p95 then
    return ("p95 was %s before the spike"):format(units.format_ms(r.base_p95))
  end
  return ("p95 was %s before the spike and %s at its worst%s"):format(
    units.format_ms(r.base_p95), units.format_ms(r.peak_p95), times(r.peak_p95, r.base_p95))
end

local function recovery_sentence(r)
  if r.recovered == nil then
    return r.base_p95 and "; the run ended before a recovery could be seen" or ""
  end
  local within = ("back within %s"):format(units.format_ms(r.limit_p95))
  if r.recovered and r.recovery_s == 0 then
    return ("; %s as soon as the load had fallen"):format(within)
  elseif r.recovered then
    return ("; %s %s after the fall"):format(within, seconds(r.recovery_s))
  end
  return ("; not %s for good in the %s after the fall"):format(within, seconds(r.watched_s))
end

-- What a reader must know to weigh these numbers.
local function caveats(r)
  local text = ""
  if r.tolerance and r.tolerance > TOLERANCE then
    text = (". The base itself varies by %.0f %%, so that counts as recovered"):format(
      r.tolerance * 100)
  end
  local failing = r.recovery and r.recovery.error_rate
  local failed_before = r.base and r.base.error_rate or 0
  if failing and failing > failed_before + 0.01 then
    text = ("%s. After the fall %s of the requests still failed"):format(
      text, units.format_share(failing))
  end
  return text
end

-- What piled up at the peak is answered last: the worst may come after the fall.
local function worst_of_all(range, parts, width)
  local at_peak = worst_of(range, parts.peak, width)
  local later = worst_of(range, parts.recovery, width)
  if not at_peak or not later then return at_peak or later end
  return later.p95 > at_peak.p95 and later or at_peak
end

--- What a spike did; nil when the run ended before there was anything to say.
---@param profile table
---@param range lload.Range
---@param elapsed_s number how long the stage really ran
---@return lload.SpikeResult|nil
function M.analyse(profile, range, elapsed_s)
  local parts = parts_of(profile, elapsed_s)
  local base, peak = sum_up(range, parts.base), sum_up(range, parts.peak)
  local base_p95 = base and base.p95
  local known = base or peak
  local width = M.window_width(
    known and known.rps or 0, length(parts.base), length(parts.recovery))
  local worst = worst_of_all(range, parts, width)
  if not base_p95 and not worst then return nil end
  local result = {
    base_p95 = base_p95, peak_p95 = worst and worst.p95, peak_at_s = worst and worst.from_s,
    window_s = width, base = base, peak = peak, recovery = sum_up(range, parts.recovery),
  }
  if base_p95 and base_p95 > 0 then add_recovery(result, range, parts) end
  result.detail = peak_sentence(result) .. recovery_sentence(result) .. caveats(result)
  return result
end

return M
