--- One endpoint: what its latency and its errors did, and how sure that is.

local allowed = require "lload.compare.allowed"
local evidence = require "lload.compare.evidence"
local proportion = require "lload.statistics.proportion"
local side = require "lload.compare.side"
local symptom = require "lload.compare.symptom"

local M = {}

local PERCENTILE = 95
-- What is told beside p95, and gates nothing.
local INFORMING = { p50 = "med", p99 = "p(99)", max = "max" }

local function change(before, after)
  return before and after and before > 0 and after / before - 1 or nil
end

local function of_side(all_runs, name)
  local runs = side.having(all_runs, name)
  local rows = side.rows(runs, name)
  return { runs = runs, rows = rows, p95 = side.figures(rows, "p(95)") }
end

local function latency(base, new, name, limits)
  if #base.p95 == 0 or #new.p95 == 0 then return nil end
  local one_each = #base.p95 == 1 and #new.p95 == 1
  local known = evidence.of(base.p95, new.p95, {
    confidence = limits.confidence,
    base_windows = one_each and side.resampled(base.runs[1], name, PERCENTILE) or nil,
    new_windows = one_each and side.resampled(new.runs[1], name, PERCENTILE) or nil,
  })
  local before, after = side.typical(base.p95), side.typical(new.p95)
  return {
    base = before, new = after, change = known.change, low = known.low, high = known.high,
    p_value = known.p_value, rule = known.rule, weak = known.weak,
    is_large = math.abs(known.change) >= limits.effect
      and math.abs(after - before) >= limits.floor_ms,
  }
end

local function errors(base, new, name, limits)
  local before, after = side.failures(base.runs, name), side.failures(new.runs, name)
  if not before or not after then return nil end
  before, after = proportion.alike(before, after)
  local difference = proportion.difference(before, after, limits.confidence)
  return {
    base = before.share, new = after.share, change = difference.difference,
    low = difference.low, high = difference.high, p_value = proportion.p_value(before, after),
    rule = "wilson",
    is_large = math.abs(difference.difference) >= limits.error_floor
      and math.abs(difference.difference) >= limits.effect * before.share,
  }
end

local function throughput(rows)
  local sum = 0
  for _, row in ipairs(rows) do sum = sum + (row.rate or 0) end
  return #rows > 0 and sum / #rows or nil
end

local function informing(base, new)
  local told = {}
  for name, figure in pairs(INFORMING) do
    local before, after = side.figures(base.rows, figure), side.figures(new.rows, figure)
    if #before > 0 and #after > 0 then
      before, after = side.typical(before), side.typical(after)
      told[name] = { base = before, new = after, change = change(before, after) }
    end
  end
  local before, after = throughput(base.rows), throughput(new.rows)
  told.rps = { base = before, new = after, change = change(before, after) }
  return told
end

--- What is known about an endpoint that both sides have. Its verdict comes later, when the doubts
--- of all endpoints are known.
---@param name string
---@param base_runs lload.Run[]
---@param new_runs lload.Run[]
---@param limits lload.CompareLimits
---@return table
function M.compare(name, base_runs, new_runs, limits)
  local base, new = of_side(base_runs, name), of_side(new_runs, name)
  local p95 = latency(base, new, name, limits)
  return {
    name = name, p95 = p95, errors = errors(base, new, name, limits),
    informs = informing(base, new), symptom = symptom.of(base.rows, new.rows, p95 and p95.change),
    threshold = allowed.p95(new_runs[1].result, name),
  }
end

return M
