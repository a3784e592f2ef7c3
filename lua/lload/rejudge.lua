--- Judges a stored result by other thresholds than those it was run with.

local exit_codes = require "lload.exit_codes"
local judge = require "lload.judge"
local metrics = require "lload.metrics"
local reader = require "lload.reader"
local stored_values = require "lload.stored_values"
local threshold = require "lload.threshold"
local verdict = require "lload.verdict"

local M = {}

-- All metrics that a result knows; built-in ones without data are not in it.
local function kinds_of(model)
  local kinds = {}
  for name, kind in pairs(metrics.BUILT_IN) do kinds[name] = kind end
  for name, metric in pairs(model.metrics) do kinds[name] = metric.type end
  return kinds
end

local function read_all(model, pairs_given)
  local list, problems = {}, reader.problems "--threshold"
  local kinds = kinds_of(model)
  for _, item in ipairs(pairs_given) do
    threshold.read(list, item.key, item.expression, "--threshold", kinds, problems)
  end
  return judge.place(list, model.steps, model.duration_s), problems.lines
end

local function has_sliding(list)
  for _, t in ipairs(list) do
    if t.over_s then return true end
  end
  return false
end

-- Looks at a run again, window by window, as the judge did when it went on. What is about the whole
-- run matters at its end only.
local function replay(list, values, model)
  local judging, at_s, is_over = judge.new(list), 0, false
  local source = { duration_s = model.duration_s }
  function source.value(index, _, _, span)
    if not span and not is_over then return nil end
    return values:value(list[index], span, at_s)
  end
  for _, moment in ipairs(has_sliding(list) and values:moments() or {}) do
    at_s, source.elapsed_s = moment, moment
    judging:look(source)
  end
  at_s, is_over = math.max(at_s, model.duration_s), true
  return judging:verdicts(source)
end

--- Puts the verdicts of these thresholds in the place of those of the run, and what follows from
--- them: the exit code and the verdict.
---@param model table a run's result
---@param windows table|nil of engine.open_windows
---@param given { key: string, expression: string }[]
---@return string[] problems none when it was judged
function M.judge(model, windows, given)
  if model.search then
    return { "--threshold: a search judges each of its levels; its result cannot be judged anew" }
  end
  local list, problems = read_all(model, given)
  if #problems > 0 then return problems end
  local values = stored_values.new(model, windows)
  for _, t in ipairs(list) do problems[#problems + 1] = values:problem(t) end
  if #problems > 0 then return problems end
  model.thresholds = replay(list, values, model)
  model.exit_code = verdict.exit_code(model)
  model.verdict = exit_codes.verdict(model.exit_code)
  return {}
end

return M
