--- `lload capacity`: where a system breaks, over a stored result, and what a target would take.

local common = require "lload.command.common"
local console = require "lload.report.capacity_console"
local exit_codes = require "lload.exit_codes"
local json = require "lload.report.capacity_json"
local markdown = require "lload.report.capacity_markdown"
local model_of = require "lload.capacity.model"
local plan = require "lload.capacity.plan"
local scenario = require "lload.scenario"
local settings = require "lload.settings"
local sources = require "lload.compare.sources"
local trust = require "lload.capacity.trust"
local verify = require "lload.capacity.verify"

local M = {}

local REPORTS = {
  { option = "json", render = json.render },
  { option = "markdown", render = markdown.render },
}

-- Files to be written: those of the reports, and the verification.
local function files(verification_text)
  local list = { { option = "write_verify", render = function() return verification_text end } }
  for _, report in ipairs(REPORTS) do table.insert(list, #list, report) end
  return list
end

local function read_run(path, engine)
  local runs, message = sources.read(path, engine)
  if not runs then return nil, message end
  if #runs ~= 1 then
    return nil, ("%s: holds %d runs; name the result of one"):format(path, #runs)
  end
  return runs[1]
end

local function source_of(path)
  local handle, message = io.open(path, "rb")
  local source = handle and handle:read "*a"
  if handle then handle:close() end
  if source then return source end
  return nil, ("%s: cannot read: %s"):format(path,
    message and message:gsub("^.*: ", "") or "it is a directory")
end

local function read_plan(path, world)
  local source, message = source_of(path)
  if not source then return nil, { message } end
  local raw
  raw, message = world.loader.load(path, source, {})
  if raw == nil and message then return nil, { message } end
  return plan.read(raw, path)
end

-- What the options want of each other.
local function usage_problems(chosen)
  local target, growth = chosen:value "target", chosen:value "growth"
  local problems = {}
  if target and growth then
    problems[1] = "--target and --growth are both given; keep one"
  elseif chosen:value "plan" and not target and not growth then
    problems[1] = "--plan needs a target: --target 540/s, or --growth 3x"
  elseif (target or growth) and not chosen:value "plan" and not chosen:value "write_verify" then
    problems[1] = "a target is for --plan or --write-verify; give one of them"
  elseif chosen:value "write_verify" and not target and not growth then
    problems[1] = "--write-verify needs a target: --target 540/s, or --growth 3x"
  end
  return problems
end

local function iteration_s(model)
  local duration = model.metrics.iteration_duration
  return duration and duration["p(95)"] and duration["p(95)"] / 1000 or 1
end

-- Nobody's own file is overwritten.
local function overwrite_problem(file)
  local text = file ~= "-" and source_of(file)
  if not text or verify.is_own(text) then return nil end
  return ("%s: exists, and is no verification that lload wrote; it is not overwritten"):format(file)
end

-- The measured scenario, as it is now.
local function load_scenario(run, file, world)
  local path = run.result.scenario.file
  if not path then return nil, { run.file .. ": does not say which scenario it is of" } end
  local module, message = verify.module_of(path, file)
  message = message or overwrite_problem(file)
  if message then return nil, { message } end
  local test, problems = scenario.load(path, {}, world.loader)
  if not test then return nil, problems end
  return test, nil, module
end

-- What `lload check` would say of it.
local function problems_with(file, text, world)
  local raw, message = world.loader.load(file, text, {})
  if raw == nil and message then return { message } end
  local _, problems = scenario.validate(raw, {
    file = file, source = text, declared = world.loader.declared(),
  }, world.loader.guard)
  return problems
end

local function verification(run, target, headroom, chosen, world)
  local file = chosen:value "write_verify"
  local test, problems, module = load_scenario(run, file, world)
  if not test then return nil, problems end
  local text = verify.text(test, {
    file = file, scenario = run.result.scenario.file, module = module, target = target,
    headroom = headroom, per_iteration = trust.requests_per_iteration(run.result),
    iteration_s = iteration_s(run.result),
  })
  problems = problems_with(file, text, world)
  if problems then return nil, problems end
  return text
end

-- What no shape tells may still be wrong with the file of a result, or of windows.
local function guarded(file, f, ...)
  local ok, result, message = pcall(f, ...)
  if ok then return result, message and ("%s: %s"):format(file, message) end
  return nil, ("%s: cannot use: %s"):format(file, (tostring(result):gsub("^%S+:%d+: ", "")))
end

-- Requests a second that are wanted.
local function target_of(chosen, facts, model)
  if chosen:value "target" then return chosen:value "target" end
  local now = facts and facts.load_now or model.ceiling.rps
  return chosen:value "growth" * now
end

local function show(model, chosen, world)
  local view = common.view(chosen, world)
  view.verbose = chosen:value "verbose"
  world.stdout:write(console.render(model, view))
end

-- What is wanted beyond the measured: adds the plan to the model, and gives the verification.
local function look_ahead(run, model, facts, chosen, world)
  if not (chosen:value "target" or chosen:value "growth") then return nil, {} end
  if not model.capacity or model.capacity.rps <= 0 then
    return nil, { run.file .. ": its lowest level breaks already, so nothing can be planned with "
      .. "it; start lower" }
  end
  if facts then
    model.plan = plan.work_out(facts,
      { target = chosen:value "target", growth = chosen:value "growth" }, model.capacity, model.fit)
  end
  if not chosen:value "write_verify" then return nil, {} end
  local text, problems = verification(run, target_of(chosen, facts, model),
    facts and facts.headroom or plan.HEADROOM, chosen, world)
  return text, problems or {}
end

---@param request lload.Request
---@param world table
---@return integer exit_code
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  local function add(more)
    for _, problem in ipairs(more or {}) do problems[#problems + 1] = problem end
  end
  add(usage_problems(chosen))
  common.probe(problems, files(), chosen)
  local run, message = read_run(request.files[1], world.engine)
  if not run then add { message } end
  local facts, mistakes
  if chosen:value "plan" then facts, mistakes = read_plan(chosen:value "plan", world) end
  add(mistakes)
  if #problems > 0 then return common.fail(problems, world) end
  local model
  model, message = guarded(run.file, model_of.of, run, facts and facts.headroom)
  if not model then return common.fail({ message }, world) end
  local text
  text, problems = look_ahead(run, model, facts, chosen, world)
  if #problems > 0 then return common.fail(problems, world) end
  local unwritten, to_stdout = common.write(text and files(text) or REPORTS, model, chosen, world)
  if not to_stdout then show(model, chosen, world) end
  if #unwritten > 0 then return common.fail(unwritten, world, exit_codes.INTERNAL) end
  return exit_codes.PASSED
end

return M
