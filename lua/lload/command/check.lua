--- `lload check`: validates scenario files and prints the plan of each stage; sends nothing.

local common = require "lload.command.common"
local exit_codes = require "lload.exit_codes"
local json = require "lload.report.json"
local plan = require "lload.plan"
local preflight = require "lload.preflight"
local preview = require "lload.preview"
local scenario = require "lload.scenario"
local settings = require "lload.settings"
local text = require "lload.text"

local M = {}

-- The stages to show: the one asked for, else all, else the one a run would make up.
local function stages_of(test, chosen)
  local wanted = chosen:value("stage")
  if wanted or #test.stage_names == 0 then
    local stage, problems = plan.stage(test, chosen)
    return stage and { stage }, problems
  end
  local stages = {}
  for index, name in ipairs(test.stage_names) do stages[index] = test.stages[name] end
  return stages
end

-- What a run of these stages would refuse. That a search has no thresholds is not known here: they
-- may come with the run.
local function problems_of(test, stages)
  local problems = {}
  for _, stage in ipairs(stages) do
    problems[#problems + 1] = plan.search_problem(test, stage)
  end
  return #problems > 0 and problems or nil
end

local function check_file(file, chosen, world)
  local test, problems = scenario.load(file, chosen:map("env"), world.loader)
  local stages
  if test then stages, problems = stages_of(test, chosen) end
  if stages then problems = problems_of(test, stages) end
  local problem = stages and not problems and preflight.tls_problem(test, world.engine)
  if problem then problems = { problem } end
  if problems then return { file = file, problems = problems } end
  local result = { file = file, test = test, stages = stages, previews = {} }
  local options = { arrivals = chosen:value("arrivals"), seed = chosen:value("seed") }
  for _, stage in ipairs(stages) do
    result.previews[stage.name] = preview.build(stage, world.engine, options)
  end
  return result
end

local function print_json(results, world)
  local plans = {}
  for index, result in ipairs(results) do
    plans[index] = { file = result.file, problems = result.problems, stages = result.previews }
  end
  world.stdout:write(json.render_plans(plans))
end

local function print_plan(result, world)
  local test = result.test
  local journeys = {}
  for index, journey in ipairs(test.journeys) do
    journeys[index] = #test.journeys > 1 and ("%s (weight %g)"):format(journey.name, journey.weight)
      or journey.name
  end
  world.stdout:write(("%s: valid; %d %s, %d %s, journeys: %s\n"):format(
    result.file, #result.stages, #result.stages == 1 and "stage" or "stages",
    #test.thresholds, #test.thresholds == 1 and "threshold" or "thresholds",
    table.concat(journeys, ", ")))
  for _, stage in ipairs(result.stages) do
    local is_default = test.default_stage == stage.name and #result.stages > 1
    world.stdout:write("\n")
    for _, line in ipairs(preview.describe(stage, result.previews[stage.name], is_default)) do
      world.stdout:write(line == "" and "" or "  ", line, "\n")
    end
  end
end

local function print_text(results, world)
  for index, result in ipairs(results) do
    if index > 1 and not result.problems then world.stdout:write("\n") end
    if result.problems then
      for _, problem in ipairs(result.problems) do
        world.stderr:write(text.lines(problem), "\n")
      end
    else
      print_plan(result, world)
    end
  end
end

---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  if #problems > 0 then return common.fail(problems, world) end
  local results, code = {}, exit_codes.PASSED
  for index, file in ipairs(request.files) do
    results[index] = check_file(file, chosen, world)
    if results[index].problems then code = exit_codes.INVALID_INPUT end
  end
  local show = chosen:value("json") and print_json or print_text
  show(results, world)
  return code
end

return M
