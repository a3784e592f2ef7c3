--- Turns the engine's final table into the result model: the one shape that all reports read.

local exit_codes = require "lload.exit_codes"
local notes = require "lload.notes"
local search_driver = require "lload.search.driver"
local soak = require "lload.analysis.soak"
local spike = require "lload.analysis.spike"
local text = require "lload.text"
local validity = require "lload.validity"
local verdict = require "lload.verdict"

local M = {}

--- A moment as ISO 8601 with milliseconds, in UTC.
---@param wall_ms number ms since the epoch
---@return string
function M.timestamp(wall_ms)
  local seconds = math.floor(wall_ms / 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds)
    .. (".%03dZ"):format(math.floor(wall_ms - seconds * 1000))
end

-- A finished run needs no reason; every other one carries it, and what is known about it.
local function stop_of(final, judge)
  if final.stop == "finished" then return nil end
  local detail = final.stop_detail
  if final.stop == "threshold" then detail = judge:stop_detail() or detail end
  return { reason = final.stop, detail = detail }
end

local function conclude(model)
  model.exit_code = verdict.exit_code(model)
  model.verdict = exit_codes.verdict(model.exit_code)
  return model
end

local function scenario_of(plan)
  return {
    file = plan.test.file, name = plan.test.name, stage = plan.stage.name,
    source = plan.test.digest,
  }
end

local function settings_of(spec)
  return {
    seed = spec.seed, threads = spec.threads,
    base_url = spec.base_url and text.without_passwords(spec.base_url), target = spec.target,
    tags = next(spec.tags) and spec.tags or nil,
  }
end

-- The first exchanges of each class of errors, as far as --debug kept them: several workers may
-- have kept more than were asked for.
local function with_exchanges(errors, exchanges, most)
  local by_class = {}
  for _, item in ipairs(errors) do by_class[item.class] = item end
  for _, exchange in ipairs(exchanges or {}) do
    local item = by_class[exchange.class]
    if item then
      item.exchanges = item.exchanges or {}
      if #item.exchanges < (most or 0) then item.exchanges[#item.exchanges + 1] = exchange.text end
    end
  end
  return errors
end

-- The sample of an error shows the address of its request.
local function without_passwords(errors)
  for _, item in ipairs(errors) do
    item.sample = item.sample and text.without_passwords(item.sample)
  end
  return errors
end

-- The engine knows steps by number; what they are called, and from which load to which they lead,
-- is known here.
local function labelled(steps, profiles)
  for _, step in ipairs(steps) do
    local profile = profiles and profiles[step.profile or 1]
    local of = profile and profile.kind == "arrivals" and "rate" or "vus"
    for _, segment in ipairs(profile and profile.segments or {}) do
      if segment.step == step.step then
        step.label = step.label or segment.label
        step["from_" .. of] = step["from_" .. of] or segment.from
        step["to_" .. of] = segment.to
      end
    end
  end
  return steps
end

local function is_open_model(profiles)
  for _, profile in ipairs(profiles or {}) do
    if profile.kind == "arrivals" then return true end
  end
  return false
end

local function profile_of(plan, executor)
  for _, profile in ipairs(plan.stage.profiles or {}) do
    if profile.executor == executor then return profile end
  end
  return nil
end

-- The windows of a run that never began are empty.
local function spike_of(plan, final)
  local profile = profile_of(plan, "spike")
  if not profile or not final.range then return nil end
  return spike.analyse(profile, final.range, final.duration_s)
end

local function soak_of(plan, final, target)
  local profile = profile_of(plan, "soak")
  if not profile or not final.range then return nil end
  local result = soak.analyse(profile, final.range, final.duration_s, plan.thresholds, target)
  if result then result.on_drift = profile.on_drift end
  return result
end

-- Once the judge has its verdicts.
local function validity_of(plan, final, judge, found)
  if found then return search_driver.validity(found) end
  return validity.judge(final.health, {
    is_open_model = is_open_model(plan.spec.profiles), duration_s = final.duration_s,
    thresholds = plan.thresholds, samples_of = function(index) return judge:samples(index) end,
  })
end

--- The model of a run that took place.
---@param plan lload.Plan
---@param final table the engine's
---@param judge lload.Judge
---@param facts { version: string, commit: table|nil, machine: table, now_ms: number }
---@param beside? { driver?: lload.SearchDriver, target?: table, sinks?: table[],
---  concerning?: function, compare?: function } a search, whose levels were judged, not the run
--- as a whole; what the metrics page of the target said; how those fared who were told of the run;
--- which verdicts of a suite concern this run; what the baseline says of the model
---@return table model
function M.build(plan, final, judge, facts, beside)
  beside = beside or {}
  local found = beside.driver and beside.driver:result()
  local verdicts = found and {} or judge:verdicts(final)
  if beside.concerning then verdicts = beside.concerning(verdicts) end
  local model = {
    schema = "lload/result/1", lload = facts.version,
    scenario = scenario_of(plan),
    started = M.timestamp(final.started_ms or facts.now_ms), duration_s = final.duration_s or 0,
    settings = settings_of(plan.spec), commit = facts.commit, ci = facts.ci,
    machine = facts.machine,
    stop = stop_of(final, judge),
    validity = final.validity or validity_of(plan, final, judge, found),
    generator = final.health,
    thresholds = verdicts,
    search = found, spike = spike_of(plan, final),
    soak = soak_of(plan, final, beside.target),
    metrics = final.metrics or {},
    requests = final.requests or {}, steps = labelled(final.steps or {}, plan.spec.profiles),
    journeys = final.journeys or {},
    checks = final.checks or {},
    errors = with_exchanges(without_passwords(final.errors or {}), final.exchanges,
      plan.spec.debug_failures),
    iteration_failures = final.iteration_failures or {},
    script_errors = final.script_errors or {},
    distribution = final.distribution, windows = final.windows or {},
    warmup_windows = final.warmup_windows, outside = final.outside,
    notes = notes.of(plan.spec.profiles or {}, final), connections = final.connections,
    sinks = beside.sinks,
  }
  for _, note in ipairs(plan.notes or {}) do model.notes[#model.notes + 1] = note end
  if beside.compare then model.comparison = beside.compare(conclude(model)) end
  return conclude(model)
end

--- The model of a file that was never run, because something was wrong before.
---@param file string
---@param name string
---@param problems string[]
---@param facts { version: string, commit: table|nil, machine: table, now_ms: number }
---@return table model
function M.refused(file, name, problems, facts)
  return conclude {
    schema = "lload/result/1", lload = facts.version,
    scenario = { file = file, name = name },
    started = M.timestamp(facts.now_ms), duration_s = 0,
    commit = facts.commit, ci = facts.ci, machine = facts.machine,
    stop = { reason = "invalid_input", detail = table.concat(problems, "\n") },
    validity = { verdict = "ok", reasons = {} },
    thresholds = {}, metrics = {}, requests = {}, steps = {}, journeys = {}, checks = {},
    errors = {}, iteration_failures = {}, script_errors = {}, windows = {}, notes = {},
  }
end

--- What stands for the engine's final table when the run could not even begin.
---@param message string
---@return table final
function M.unusable(message)
  return { stop = "invalid_input", stop_detail = message, value = function() return nil end }
end

--- What stands for the engine's final table when the engine itself failed.
---@param message string
---@return table final
function M.engine_failed(message)
  return { stop = "internal", stop_detail = message, value = function() return nil end }
end

--- Several runs as one result; their code is the first that applies over all of them.
---@param models table[]
---@return table results
function M.combine(models)
  local codes = {}
  for index, model in ipairs(models) do codes[index] = model.exit_code end
  local code = exit_codes.first(codes)
  return {
    schema = "lload/results/1", verdict = exit_codes.verdict(code), exit_code = code, runs = models,
  }
end

return M
