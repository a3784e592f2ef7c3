--- The verdict between base results and new ones. A regression needs all three: a relative effect,
--- an absolute one, and significance that holds over all endpoints together.

local endpoint = require "lload.compare.endpoint"
local exit_codes = require "lload.exit_codes"
local false_discovery = require "lload.statistics.false_discovery"
local fingerprint = require "lload.compare.fingerprint"
local reader = require "lload.reader"
local side = require "lload.compare.side"

local M = {}

---@class lload.CompareLimits
---@field effect number smallest relative change: 0.1
---@field floor_ms number smallest change of p95 in ms
---@field error_floor number smallest change of an error rate: 0.005
---@field confidence number 0.95

---@type lload.CompareLimits
M.DEFAULTS = { effect = 0.1, floor_ms = 5, error_floor = 0.005, confidence = 0.95 }

-- A run that is named twice is still one.
local function twin(run, kept)
  for _, other in ipairs(kept) do
    if fingerprint.same_run(run.result, other.result) then
      return ("it is the same run as %s"):format(other.file)
    end
  end
  return nil
end

-- Keeps the runs that can be compared with the first usable new one.
local function usable(runs, model, against)
  local kept = {}
  for _, run in ipairs(runs) do
    local reason = fingerprint.unusable(run.result) or twin(run, kept)
    local differences = not reason and against and fingerprint.differences(against, run.result)
      or {}
    if reason then
      model.notes[#model.notes + 1] = ("%s is left out: %s"):format(run.file, reason)
    elseif #differences > 0 then
      for _, text in ipairs(differences) do
        model.differences[#model.differences + 1] = ("%s: %s"):format(run.file, text)
      end
    else
      kept[#kept + 1] = run
    end
  end
  return kept
end

-- Everything that is tested, in one list: the more there is, the surer each must be.
local function tests_of(endpoints)
  local tests, ps = {}, {}
  for _, one in ipairs(endpoints) do
    for _, figure in ipairs { "p95", "errors" } do
      if one[figure] and one[figure].p_value then
        tests[#tests + 1], ps[#ps + 1] = one[figure], one[figure].p_value
      end
    end
  end
  return tests, ps
end

local function judge_figure(figure, limits)
  if not figure.is_large then return "unchanged" end
  if not figure.adjusted_p then return "untested" end
  if figure.adjusted_p > 1 - limits.confidence then return "unclear" end
  return figure.change > 0 and "regression" or "improvement"
end

-- The first of these that one of an endpoint's figures has is the endpoint's.
local RANK = { "regression", "untested", "unclear", "improvement", "unchanged" }

local function judge_endpoint(one)
  for _, verdict in ipairs(RANK) do
    for _, figure in ipairs { "p95", "errors" } do
      if one[figure] and one[figure].verdict == verdict then return verdict end
    end
  end
  return "untested"
end

local function judge_all(endpoints, limits)
  local tests, ps = tests_of(endpoints)
  for index, p in ipairs(false_discovery.adjust(ps)) do tests[index].adjusted_p = p end
  for _, one in ipairs(endpoints) do
    for _, figure in ipairs { "p95", "errors" } do
      if one[figure] then one[figure].verdict = judge_figure(one[figure], limits) end
    end
    one.verdict = judge_endpoint(one)
    if one.verdict == "unchanged" then one.symptom = nil end
  end
end

-- The largest change first, whatever its direction.
local function by_change(a, b)
  local x = a.p95 and math.abs(math.log(1 + a.p95.change)) or 0
  local y = b.p95 and math.abs(math.log(1 + b.p95.change)) or 0
  if x ~= y then return x > y end
  return a.name < b.name
end

local function compare_endpoints(model, base, new, limits)
  local before, after = side.names(base), side.names(new)
  for _, name in ipairs(reader.sorted_keys(before)) do
    if after[name] then
      table.insert(model.endpoints, endpoint.compare(name, base, new, limits))
    else
      table.insert(model.gone, name)
    end
  end
  for _, name in ipairs(reader.sorted_keys(after)) do
    if not before[name] then table.insert(model.new_endpoints, name) end
  end
  judge_all(model.endpoints, limits)
  table.sort(model.endpoints, by_change)
end

local function count(endpoints, verdict)
  local n = 0
  for _, one in ipairs(endpoints) do
    if one.verdict == verdict then n = n + 1 end
  end
  return n
end

local function overall(model, base, new)
  if #new == 0 or #base == 0 then
    return #model.differences > 0 and "not_comparable" or "inconclusive"
  end
  if #model.differences > 0 then return "not_comparable" end
  if #model.endpoints == 0 then return "inconclusive" end
  if count(model.endpoints, "regression") > 0 then return "regression" end
  if count(model.endpoints, "untested") > 0 then return "inconclusive" end
  return count(model.endpoints, "improvement") > 0 and "improvement" or "unchanged"
end

local CODE = {
  regression = exit_codes.REGRESSION, not_comparable = exit_codes.INCONCLUSIVE,
  inconclusive = exit_codes.INCONCLUSIVE, improvement = exit_codes.PASSED,
  unchanged = exit_codes.PASSED,
}

local function described(runs)
  local list = {}
  for index, run in ipairs(runs) do
    list[index] = {
      file = run.file, started = run.result.started, commit = run.result.commit,
      requests = (run.result.metrics.http_reqs or {}).count,
    }
  end
  return list
end

-- How sure the whole comparison can be: the weakest rule of any endpoint.
local function weakest(endpoints)
  for _, one in ipairs(endpoints) do
    if one.p95 and one.p95.weak then return true end
  end
  return false
end

--- Compares new runs with base runs.
---@param base lload.Run[]
---@param new lload.Run[]
---@param limits? lload.CompareLimits
---@return table model `lload/compare/1`
function M.compare(base, new, limits)
  limits = limits or M.DEFAULTS
  local model = {
    schema = "lload/compare/1", limits = limits, endpoints = {}, gone = {}, new_endpoints = {},
    differences = {}, notes = {},
  }
  local kept_new = usable(new, model)
  local reference = kept_new[1] and kept_new[1].result
  kept_new = usable(kept_new, model, reference)
  local kept_base = usable(base, model, reference)
  model.base, model.new = described(kept_base), described(kept_new)
  if reference then model.fingerprint = fingerprint.of(reference) end
  if #kept_base > 0 and #kept_new > 0 then compare_endpoints(model, kept_base, kept_new, limits) end
  model.weak = weakest(model.endpoints)
  model.verdict = overall(model, kept_base, kept_new)
  model.exit_code = CODE[model.verdict]
  return model
end

return M
