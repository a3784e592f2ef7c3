--- `lload budget`: runs, judges, lets a command change something, runs again until a target holds.

local bound = require "lload.budget.bound"
local budget = require "lload.budget.loop"
local common = require "lload.command.common"
local console = require "lload.report.budget_console"
local exit_codes = require "lload.exit_codes"
local json = require "lload.report.json"
local options = require "lload.options"
local run = require "lload.command.run"
local settings = require "lload.settings"
local shell = require "lload.shell"
local sources = require "lload.compare.sources"
local target_of = require "lload.budget.target"
local threshold = require "lload.threshold"

local M = {}

local REPORTS = { { option = "json", render = json.render_budget } }
local MOST = 10
local CONFIDENCE = 0.95
-- A run that ended so has measured something; with any other code the loop cannot go on.
local MEASURED = {
  [exit_codes.PASSED] = true, [exit_codes.THRESHOLD] = true, [exit_codes.INCONCLUSIVE] = true,
}

-- What the command line says of the runs themselves: all but what belongs to the loop.
local function given_to_run(request, target, folder)
  local given = {}
  for _, option in ipairs(options.of "run") do
    local key = options.key(option)
    given[key] = request.given[key]
  end
  given.json, given.out = nil, folder
  given.threshold = { target.key .. ": " .. target.expression }
  for index, text in ipairs(request.given.threshold or {}) do
    table.insert(given.threshold, index, text)
  end
  return given
end

-- The endpoint whose p95 is the highest: where to look first.
local function worst_endpoint(result)
  local worst
  for _, row in ipairs(result.requests) do
    local p95 = row.duration and row.duration["p(95)"]
    if p95 and (not worst or p95 > worst.p95) then worst = { name = row.name, p95 = p95 } end
  end
  return worst and worst.name
end

-- What a run says of the target.
local function attempt_of(target, measured, file)
  local result = measured.result
  local t = target_of.verdict(target, result)
  local attempt = { result = file, valid = true, endpoint = worst_endpoint(result) }
  if not t or t.actual == nil then
    attempt.valid, attempt.why, attempt.met = false, "there is no data for the target", false
    return attempt
  end
  local subject = { metric = t.metric, tags = t.tags, agg = target.agg, x = target.x }
  attempt.actual = t.actual
  attempt.low, attempt.high = bound.of(subject, t.actual, measured, CONFIDENCE)
  attempt.gap = t.actual - target.limit
  attempt.broken = target_of.broken(target, result)
  attempt.met = #attempt.broken == 0
    and target_of.met(target, attempt.low, attempt.high, target.limit)
  if result.validity.verdict == "invalid" then
    attempt.valid, attempt.why = false, "the measurement is invalid"
  end
  return attempt
end

-- The limit in the unit of the metric, known once the run has told what kind it is.
local function learn_limit(target, result)
  local t = target_of.verdict(target, result)
  local parsed = threshold.parse(target.expression)
  local metric = t and result.metrics[t.metric]
  if parsed and metric and threshold.check_kind(parsed, metric.type) then
    target.limit = parsed.limit
  else
    target.limit = parsed and parsed.number
  end
end

local function measure(request, target, folder, world)
  local inner = setmetatable({ stdout = world.stderr }, { __index = world })
  local code = run.run({
    command = "run", files = request.files, given = given_to_run(request, target, folder),
  }, inner)
  if not MEASURED[code] then return nil, code end
  local runs, message = sources.read(folder, world.engine)
  if not runs then return nil, common.fail({ message }, world, exit_codes.INTERNAL) end
  learn_limit(target, runs[1].result)
  return attempt_of(target, runs[1], folder .. "/result.json")
end

local function change(command, target, attempt, world)
  if not command then return true end
  local code = shell.run(command, {
    LLOAD_BUDGET_JSON = attempt.result, LLOAD_BUDGET_GAP = ("%.6g"):format(attempt.gap),
    LLOAD_BUDGET_ACTUAL = ("%.6g"):format(attempt.actual),
    LLOAD_BUDGET_TARGET = ("%.6g"):format(target.limit),
    LLOAD_BUDGET_ENDPOINT = attempt.endpoint or "",
    LLOAD_BUDGET_BROKEN = table.concat(attempt.broken, "\n"),
    LLOAD_BUDGET_ITERATION = tostring(attempt.number),
  }, world.execute)
  attempt.between_exit_code = code
  return code == 0
end

-- The whole loop; nil and an exit code when a run could not be made.
local function iterate(request, chosen, target, folder, world)
  local loop, verdict = budget.new(chosen:value("max", nil, MOST)), nil
  while not verdict do
    local number = #loop.attempts + 1
    world.stderr:write(("budget: measurement %d of at most %d%s\n"):format(number, loop.most,
      loop:confirms() and ", to confirm the last one" or ""))
    local attempt, code = measure(request, target, ("%s/%d"):format(folder, number), world)
    if not attempt then return nil, code end
    local step
    step, verdict = loop:take(attempt)
    world.stderr:write(console.line(attempt, target), "\n")
    if step == "change" and not change(chosen:value "between", target, attempt, world) then
      verdict = "between_failed"
    end
  end
  return loop, verdict
end

local function reason_of(verdict, last)
  local words = budget.meaning(verdict).words
  if verdict ~= "between_failed" then return words end
  return ("%s with exit code %d"):format(words, last.between_exit_code)
end

local function model_of(loop, verdict, target)
  local meaning = budget.meaning(verdict)
  return {
    schema = "lload/budget/1", verdict = verdict, exit_code = meaning.code,
    reason = reason_of(verdict, loop.attempts[#loop.attempts]),
    target = { metric = target.key, expression = target.expression, limit = target.limit },
    confidence = CONFIDENCE, iterations = loop.attempts,
  }
end

local function publish(model, chosen, world)
  local unwritten, to_stdout = common.write(REPORTS, model, chosen, world)
  if not to_stdout then world.stdout:write(console.render(model, common.view(chosen, world))) end
  if #unwritten > 0 then return common.fail(unwritten, world, exit_codes.INTERNAL) end
  return model.exit_code
end

-- What can be said before anything is run.
local function problems_of(chosen, folder, world)
  local problems = {}
  local text = chosen:value "until"
  local target, message
  if text then
    target, message = target_of.parse(text)
  else
    message = "lload budget needs a target: --until 'http_req_duration p(95)<200'"
  end
  if not target then problems[1] = text and "--until: " .. message or message end
  common.probe(problems, REPORTS, chosen)
  local ok
  ok, message = world.engine.mkdir(folder)
  if not ok then
    problems[#problems + 1] = ("--out: cannot create %s: %s"):format(folder, message)
  end
  return target, problems
end

---@param request lload.Request
---@param world table
---@return integer exit_code
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  local folder = chosen:value "out" or world.tmpname() .. ".budget"
  local target, more = problems_of(chosen, folder, world)
  for _, problem in ipairs(more) do problems[#problems + 1] = problem end
  if #problems > 0 then return common.fail(problems, world) end
  local loop, verdict = iterate(request, chosen, target, folder, world)
  if not loop then return verdict end
  return publish(model_of(loop, verdict, target), chosen, world)
end

return M
