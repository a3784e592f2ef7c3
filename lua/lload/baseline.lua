--- A folder of earlier results that a run is compared with, and joins.

local comparison = require "lload.compare.comparison"
local exit_codes = require "lload.exit_codes"
local fingerprint = require "lload.compare.fingerprint"
local sample = require "lload.statistics.sample"
local side = require "lload.compare.side"
local sources = require "lload.compare.sources"
local stored_values = require "lload.stored_values"
local words = require "lload.compare.words"

local M = {}

--- So many of the newest comparable results are compared with.
M.NEWEST = 10

local NO_SUCH_FOLDER = 2 -- ENOENT

---@class lload.Baseline
---@field folder string
---@field runs lload.Run[] newest first
---@field is_required boolean
---@field notes string[]
local Baseline = {}
Baseline.__index = Baseline

--- Reads a folder; one that is not there yet has no results. One that cannot be read is an error:
--- it may hold the baseline that a run would miss.
---@param folder string
---@param is_required boolean
---@param engine table
---@return lload.Baseline|nil
---@return string|nil message
function M.open(folder, is_required, engine)
  local runs, notes, errno = sources.in_folder(folder, engine)
  if not runs and errno and errno ~= NO_SUCH_FOLDER then
    return nil, ("--baseline: cannot read %s: %s"):format(folder, notes[1])
  end
  return setmetatable({
    folder = folder, runs = runs or {}, is_required = is_required, notes = runs and notes or {},
  }, Baseline)
end

-- A result that was found worse than its baseline is no part of the next one, until one is
-- accepted: then everything older is not.
local function belongs(result)
  local judged = result.comparison
  return not judged or judged.verdict ~= "regression" or judged.accepted
end

--- The newest results that can be compared with one.
---@param runs lload.Run[] newest first
---@param like table a result, or what is known of one that will be
---@param most integer
---@return lload.Run[]
function M.comparable(runs, like, most)
  local kept = {}
  for _, run in ipairs(runs) do
    local result = run.result
    local is_alike = not fingerprint.unusable(result)
      and #fingerprint.differences(result, like) == 0
    if is_alike and belongs(result) then
      kept[#kept + 1] = run
      if #kept == most or (result.comparison or {}).accepted then break end
    end
  end
  return kept
end

-- A copy of a run elsewhere is the same run.
local function is_one_of(run, others)
  for _, other in ipairs(others) do
    if fingerprint.same_run(run.result, other.result) then return true end
  end
  return false
end

--- The newest results that can be compared with new runs. A new run that is stored, too, is no
--- evidence against itself; a result that is comparable with several counts once.
---@param stored lload.Run[] newest first
---@param new lload.Run[]
---@param most integer for each new run
---@return lload.Run[]
function M.before(stored, new, most)
  local earlier, base, taken = {}, {}, {}
  for _, run in ipairs(stored) do
    if not is_one_of(run, new) then earlier[#earlier + 1] = run end
  end
  for _, run in ipairs(new) do
    for _, alike in ipairs(M.comparable(earlier, run.result, most)) do
      if not taken[alike] then base[#base + 1] = alike end
      taken[alike] = true
    end
  end
  return base
end

-- What of a result is known before its run.
local function likeness(spec, digest, facts)
  return {
    lload = facts.version, machine = facts.machine,
    scenario = { name = spec.name, stage = spec.stage, source = digest },
    settings = { target = spec.target, base_url = spec.base_url },
  }
end

-- The middle of what the runs measured.
local function typical(runs, t)
  local values = {}
  for _, run in ipairs(runs) do
    values[#values + 1] = stored_values.new(run.result, side.windows(run)):value(t)
  end
  return sample.median(values)
end

--- Gives thresholds that name the baseline their limits. Those without one are left out.
---@param thresholds table[]
---@param spec table of the run
---@param digest string of the scenario's source
---@param facts table
---@return table[] thresholds
---@return string[] notes
function Baseline:resolve(thresholds, spec, digest, facts)
  local runs = M.comparable(self.runs, likeness(spec, digest, facts), M.NEWEST)
  local kept, notes = {}, {}
  for _, t in ipairs(thresholds) do
    local value = t.baseline and typical(runs, t)
    if value then t.limit = value * t.baseline end
    if value or not t.baseline then
      kept[#kept + 1] = t
    else
      notes[#notes + 1] = ("%s %s is not judged: there is no baseline for it yet"):format(
        t.metric, t.expression)
    end
  end
  return kept, notes
end

local function without_base(self)
  local text = ("there is no comparable result in %s"):format(self.folder)
  if self.is_required then
    return {
      verdict = "no_baseline", exit_code = exit_codes.INCONCLUSIVE, base = 0, lines = { text },
    }
  end
  return {
    verdict = "no_baseline", exit_code = exit_codes.PASSED, base = 0,
    lines = { "no baseline yet: " .. text .. "; this one is the first" },
  }
end

local function worse_of(compared)
  local names = {}
  for _, one in ipairs(compared.endpoints) do
    if one.verdict == "regression" then names[#names + 1] = one.name end
  end
  return #names > 0 and names or nil
end

local function lines_of(compared)
  local lines = {}
  for _, one in ipairs(compared.endpoints) do
    if one.verdict ~= "unchanged" then
      for _, line in ipairs(words.lines(one)) do lines[#lines + 1] = line end
    end
  end
  for _, name in ipairs(compared.gone) do lines[#lines + 1] = "gone since the base: " .. name end
  return lines
end

--- Compares a run with its baseline.
---@param model table the result so far; gets a note when it cannot be compared
---@param windows table|nil the run's histograms
---@param accept boolean whether a regression is to be the new baseline
---@return table|nil summary what the result tells of the comparison
function Baseline:judge(model, windows, accept)
  local reason = fingerprint.unusable(model)
  if reason then
    model.notes[#model.notes + 1] = "not compared with the baseline: " .. reason
    return nil
  end
  local base = M.comparable(self.runs, model, M.NEWEST)
  if #base == 0 then return without_base(self) end
  local ok, compared = pcall(comparison.compare, base,
    { { result = model, file = "this run", windows = windows } })
  if not ok and type(compared) == "table" then
    model.notes[#model.notes + 1] = "not compared with the baseline: " .. compared.problem
    return nil
  end
  if not ok then error(compared, 0) end
  local summary = {
    verdict = compared.verdict, base = #base, weak = compared.weak, lines = lines_of(compared),
    reason = words.reason(compared), exit_code = compared.exit_code, worse = worse_of(compared),
  }
  if compared.verdict == "inconclusive" and not self.is_required then
    summary.exit_code = exit_codes.PASSED
  end
  if accept and compared.verdict == "regression" then
    summary.accepted, summary.exit_code = true, exit_codes.PASSED
  end
  return summary
end

return M
