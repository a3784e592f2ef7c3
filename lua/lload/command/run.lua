--- `lload run`: load, plan, run, judge, report; the exit code says how it went.

local baseline = require "lload.baseline"
local commit = require "lload.commit"
local exit_codes = require "lload.exit_codes"
local followed = require "lload.followed"
local judges = require "lload.judge"
local live_run = require "lload.live_run"
local outputs = require "lload.outputs"
local plan = require "lload.plan"
local preflight = require "lload.preflight"
local progress = require "lload.progress"
local publish = require "lload.publish"
local scenario = require "lload.scenario"
local search_driver = require "lload.search.driver"
local settings = require "lload.settings"
local sinks = require "lload.sinks"
local suite = require "lload.suite"
local summary = require "lload.summary"
local terminal = require "lload.terminal"
local text = require "lload.text"

local M = {}

local function append(list, items)
  for _, item in ipairs(items or {}) do list[#list + 1] = item end
end

-- What is the same for every file of this invocation.
local function gather_facts(world, chosen)
  local engine = world.engine
  return {
    version = engine.version,
    seed = chosen:value("seed") or engine.random_seed(),
    threads = chosen:value("threads", nil, engine.cpus()),
    commit = commit.detect(world.getenv, world.popen),
    ci = commit.ci(world.getenv),
    machine = engine.machine(),
    now_ms = engine.wall_ms(),
  }
end

-- All files are loaded before any is run, so that a mistake in the last one costs no time.
local function load_tests(files, chosen, world, problems)
  local tests, runs = {}, {}
  for index, file in ipairs(files) do
    local test, mistakes = scenario.load(file, chosen:map("env"), world.loader)
    tests[index] = test
    runs[index] = { file = file, name = test and test.name or scenario.default_name(file) }
    append(problems, mistakes)
  end
  return tests, runs
end

-- How many servers listen.
local function servers_of(chosen)
  return (chosen:value "control" and 1 or 0) + (chosen:value "prometheus" and 1 or 0)
end

-- Plans need sound tests and settings; from unsound ones follow only more messages.
local function compile_all(tests, chosen, facts, engine, problems)
  local plans = {}
  for index, test in ipairs(#problems == 0 and tests or {}) do
    local mistakes
    plans[index], mistakes = plan.compile(test, chosen, facts)
    append(problems, mistakes)
    problems[#problems + 1] = preflight.tls_problem(test, engine)
    append(problems, plans[index]
      and preflight.problems(plans[index].spec, engine, servers_of(chosen)))
  end
  return plans
end

-- What the engine returns; when it fails, what stands for that.
local function run_engine(engine, spec, on_tick, on_control)
  local ok, final = xpcall(engine.run, debug.traceback, spec, on_tick, on_control)
  return ok and final or summary.engine_failed(tostring(final))
end

-- What the baseline says of a run, whose histograms are not in their place yet.
local function comparer(compiled, facts, world)
  local base = facts.baseline
  return base and function(model)
    local windows = compiled.spec.hlog and world.engine.open_windows(compiled.spec.hlog)
    return base:judge(model, windows, facts.accepts)
  end
end

-- Which thresholds of a suite concern a run.
local function filter_of(compiled, facts)
  return facts.suite and function(verdicts)
    return facts.suite:concerning(verdicts, compiled.thresholds, compiled.is_last)
  end
end

local function run_one(compiled, facts, screen, world, sink)
  local judge, driver = judges.new(compiled.thresholds), search_driver.new(compiled)
  local control = live_run.new(compiled, driver)
  local shown = progress.new(compiled, judge, screen, control)
  local page, message = followed.new(compiled, world.engine)
  if message then return summary.build(compiled, summary.unusable(message), judge, facts) end
  shown:start()
  local final = run_engine(world.engine, compiled.spec, function(snapshot)
    local wish
    if driver then wish = driver:step(snapshot) else wish = judge:wants_stop(snapshot) end
    if page then page:look(snapshot) end
    sink:tick(snapshot)
    shown:show(snapshot)
    return wish
  end, function(request, snapshot)
    local asked = request.server == "control" and control or sink
    return asked:answer(request, snapshot)
  end)
  local told = sink:finish(final)
  shown:finish(final.duration_s)
  sink:tell_rest()
  control:annotate(final)
  return summary.build(compiled, final, judge, facts, {
    driver = driver, target = page and page:finish(), sinks = told,
    concerning = not driver and filter_of(compiled, facts) or nil,
    compare = comparer(compiled, facts, world),
  }), final.hlog_problem
end

local function screen_of(term, quiet, world)
  return {
    stream = world.stderr, live = term.live, unicode = term.unicode, quiet = quiet,
    color = term.color(term.STDERR),
    columns = function() return term.columns(term.STDERR) end,
  }
end

-- The server of live control, for all runs; nil with a message when it cannot listen.
local function open_control(chosen, world)
  local where = chosen:value "control"
  if not where then return nil end
  local server, port = world.engine.control(where.address, where.port)
  if not server then return nil, "--control: " .. port end
  if where.port == 0 or not chosen:value("quiet", nil, false) then
    world.stderr:write(("live control on http://%s:%d\n"):format(
      where.address:find ":" and "[" .. where.address .. "]" or where.address, port))
  end
  return server
end

local function run_all(plans, facts, reports, chosen, world, told)
  local term = terminal.new(world, chosen:value("no_color", nil, false))
  local screen = screen_of(term, chosen:value("quiet", nil, false), world)
  local publisher = publish.new(reports, chosen, term, world)
  for index, compiled in ipairs(plans) do
    compiled.is_last = index == #plans
    local sink = told:begin(compiled, screen)
    compiled.spec.hlog = reports:log_path(compiled.test.name)
    local model, log_problem = run_one(compiled, facts, screen, world, sink)
    publisher:run(model, log_problem)
    local stop = model.stop and model.stop.reason
    if model.exit_code == exit_codes.INTERRUPTED or stop == "hung" then break end
    sink:linger()
  end
  return publisher:finish(#plans)
end

-- What several runs have in common beyond their settings: thresholds of a file, earlier results.
local function add_common(facts, chosen, world, problems)
  local file, folder = chosen:value "thresholds", chosen:value "baseline"
  local message
  if file then facts.suite, message = suite.read(file, world.loader) end
  problems[#problems + 1] = message
  facts.accepts = chosen:value("accept", nil, false)
  local is_required = chosen:value("require_baseline", nil, false)
  if folder then
    facts.baseline, message = baseline.open(folder, is_required, world.engine)
    problems[#problems + 1] = message
    for _, note in ipairs(facts.baseline and facts.baseline.notes or {}) do
      world.stderr:write("lload: ", text.one_line(note), "\n")
    end
  elseif is_required or facts.accepts then
    problems[#problems + 1] = "--require-baseline and --accept need --baseline DIR"
  end
end

--- Runs the files of a request and returns the exit code.
---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  if chosen:value("verbose", nil, false) then world.engine.log_level "debug" end
  local facts = gather_facts(world, chosen)
  add_common(facts, chosen, world, problems)
  local reports = outputs.new(chosen, #request.files, world, facts)
  local tests, runs = load_tests(request.files, chosen, world, problems)
  local plans = compile_all(tests, chosen, facts, world.engine, problems)
  append(problems, reports:prepare(runs, world.engine.mkdir))
  if #problems > 0 then return publish.refuse(runs, problems, reports, facts, world) end
  local told, mistakes = sinks.open(chosen, world)
  local server, message = open_control(chosen, world)
  mistakes[#mistakes + 1] = message
  if #mistakes > 0 then return publish.refuse(runs, mistakes, reports, facts, world) end
  for _, compiled in ipairs(plans) do
    compiled.spec.control = server
    told:prepare(compiled.spec)
  end
  local code = run_all(plans, facts, reports, chosen, world, told)
  if server then server:close() end
  told:close()
  return code
end

return M
