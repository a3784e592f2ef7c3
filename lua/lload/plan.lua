--- From a valid scenario and the settings to what the engine runs: the stage, and the run spec.

local judge = require "lload.judge"
local profile = require "lload.profile"
local reader = require "lload.reader"
local scenario = require "lload.scenario"
local search_executor = require "lload.executor.search"
local threshold = require "lload.threshold"

local M = {}

-- With -r and no -u: enough for iterations of ten seconds, within reason.
local function users_for(rate)
  return math.min(10000, math.max(100, math.ceil(rate * 10)))
end

-- -r wins over -i wins over -d; a -d beside -i is then the longest it may take.
local function override_profile(vus, duration, iterations, rate)
  if rate then
    return profile.make("constant-arrival-rate",
      { rate = rate, duration = duration, max_vus = vus or users_for(rate) })
  elseif iterations then
    return profile.make("shared-iterations",
      { vus = vus or 1, iterations = iterations, max_duration = duration or 600 })
  elseif duration then
    return profile.make("constant-vus", { vus = vus or 1, duration = duration })
  end
  return profile.make("per-vu-iterations",
    { vus = vus or 1, iterations = 1, max_duration = 600 })
end

local function choose_stage(test, name, problems)
  local names = test.stage_names
  if name then
    local message = scenario.stage_problem(name, names)
    if not message then return test.stages[name] end
    if #names > 0 or name ~= "default" then problems:add("", message) end
  elseif #names == 1 then
    return test.stages[names[1]]
  elseif #names > 1 then
    problems:add("", ("has several stages and no default_stage; choose one with --stage: %s")
      :format(table.concat(names, ", ")))
  end
  return nil
end

--- The stage to run: chosen, overridden by -u, -d, -i and -r, or one user and one iteration.
---@param test table the normalised scenario
---@param settings lload.Settings
---@return table|nil stage { name, profiles }
---@return string[]|nil problems
function M.stage(test, settings)
  local problems = reader.problems(test.file)
  local stage = choose_stage(test, settings:value("stage", test.default_stage), problems)
  local vus, duration = settings:value("vus"), settings:value("duration")
  local iterations, rate = settings:value("iterations"), settings:value("rate")
  if rate and not duration then
    problems:add("", "--rate alone does not say how long; add --duration")
  elseif rate and iterations then
    problems:add("", "--rate and --iterations contradict each other; leave one out")
  elseif stage and vus and not duration and not iterations then
    problems:add("", "--vus alone does not say how long; add --duration or --iterations")
  end
  if #problems.lines > 0 then return nil, problems.lines end
  if stage and not duration and not iterations then return stage end
  return {
    name = stage and stage.name or "default",
    profiles = { override_profile(vus, duration, iterations, rate) },
  }
end

--- How long the stage warms up: as long as its profile that wants it longest.
---@param stage table
---@param settings lload.Settings
---@return number seconds
function M.warmup(stage, settings)
  local longest = 0
  for _, p in ipairs(stage.profiles) do longest = math.max(longest, p.warmup_s or 0) end
  return settings:value("warmup", longest)
end

--- How long a stage is planned to last, graceful stop not counted.
---@param stage table
---@return number seconds
function M.duration(stage)
  local longest = 0
  for _, p in ipairs(stage.profiles) do longest = math.max(longest, profile.duration(p)) end
  return longest
end

-- What happens at the same moment: a ramp reaches its end, then users leave, then others come.
local LAST_STEP, LEAVE, COME = 1, 2, 3

local function changes_of(schedule, end_ms, into)
  local before = 0
  for _, step in ipairs(schedule) do
    local by = step[2] - before
    local order = step[1] == end_ms and LAST_STEP or by < 0 and LEAVE or COME
    into[#into + 1] = { at = step[1], by = by, order = order }
    before = step[2]
  end
  into[#into + 1] = { at = end_ms, by = -before, order = LEAVE }
end

--- The most users at any one moment, from the exact schedules of the profiles.
---@param schedules table[] per profile its steps { {ms, n}, … }
---@param ends_ms number[] when each profile ends
---@return integer
function M.max_vus(schedules, ends_ms)
  local changes = {}
  for index, schedule in ipairs(schedules) do changes_of(schedule, ends_ms[index], changes) end
  table.sort(changes, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  local now, most = 0, 0
  for _, change in ipairs(changes) do
    now = now + change.by
    most = math.max(most, now)
  end
  return most
end

-- The profiles as the engine takes them: numbered, in their order.
local function spec_profiles(stage)
  local profiles = {}
  for index, p in ipairs(stage.profiles) do
    local copy = {}
    for key, value in pairs(p) do copy[key] = value end
    copy.index = index
    profiles[index] = copy
  end
  return profiles
end

--- The profiles of a stage as the engine takes them.
M.profiles = spec_profiles

-- Header names differ by case only for people; the later of two such wins.
local function merge_headers(from_file, from_settings)
  local by_name = {}
  for _, list in ipairs { from_file, from_settings } do
    for _, header in ipairs(list) do by_name[header.name:lower()] = header end
  end
  local merged = {}
  for _, key in ipairs(reader.sorted_keys(by_name)) do
    merged[#merged + 1] = { by_name[key].name, by_name[key].value }
  end
  return merged
end

local function spec_http(test, settings)
  return {
    timeout_s = test.http.timeout_s,
    headers = merge_headers(test.http.headers, settings:items("header")),
    max_body_bytes = test.http.max_body_bytes, discard_body = test.http.discard_body,
    insecure = settings:value("insecure", test.http.insecure, false),
    expect = test.http.expect,
    redirects = test.http.redirects, cookies = test.http.cookies,
    resolve = settings:items("resolve"),
    transport = settings:value("transport", nil, "auto"),
    tls = test.http.tls, connect_to = test.http.connect_to, dns = test.http.dns,
    proxy = test.http.proxy, block_hosts = test.http.block_hosts,
    reuse = test.http.reuse, http2 = test.http.http_version == "2",
    source_ip = settings:value("source_ip"), no_resumption = not test.http.tls_resumption,
  }
end

-- The steps of all profiles, with the time of the stage that they are planned for.
local function steps_of(stage)
  local steps = {}
  for _, p in ipairs(stage.profiles) do
    local at_s = p.start_s
    for _, segment in ipairs(p.segments) do
      steps[#steps + 1] =
        { step = segment.step, from_s = at_s, to_s = at_s + segment.duration_s }
      at_s = at_s + segment.duration_s
    end
  end
  return steps
end

-- A search judges its levels, each as a whole: its windows would mix them.
local function spec_selectors(thresholds, stage)
  local selectors, is_searched = {}, false
  for _, p in ipairs(stage.profiles) do is_searched = is_searched or p.search ~= nil end
  for index, t in ipairs(thresholds) do
    selectors[index] = { metric = t.metric, tags = t.tags }
    if t.over_s and not is_searched then
      local selector = selectors[index]
      selector.over_s, selector.from_s, selector.until_s = t.over_s, t.from_s, t.until_s
    end
  end
  return selectors
end

--- The thresholds of a run: those of the file, then those of the command line.
---@param test table
---@param settings lload.Settings
---@param suite? lload.Suite whose thresholds come after those
---@return table[]|nil thresholds
---@return string[]|nil problems
function M.thresholds(test, settings, suite)
  local list = {}
  for _, t in ipairs(test.thresholds) do list[#list + 1] = t end
  local problems = reader.problems(test.file)
  for _, item in ipairs(settings:items("threshold")) do
    threshold.read(list, item.key, item.expression, "--threshold", test.kinds, problems)
  end
  if suite then suite:add_to(list, test.kinds, problems) end
  local message = threshold.tags_problem(list)
  if message then problems:add("--threshold", "with those of the file, " .. message) end
  if #problems.lines > 0 then return nil, problems.lines end
  return list
end

--- Why a stage cannot be searched: a search needs something to judge its levels by, and no other
--- search beside it. Nil when nothing is wrong, or nothing is searched.
---@param test table
---@param stage table|nil
---@param thresholds table[]|nil nil while they are not known
---@return string|nil message
function M.search_problem(test, stage, thresholds)
  local searches = 0
  for _, p in ipairs(stage and stage.profiles or {}) do
    if p.search then searches = searches + 1 end
  end
  if searches == 0 then return nil end
  local where = ("%s: stages.%s: "):format(test.file, stage.name)
  if searches > 1 then return where .. "has more than one search; run them one after another" end
  local message = thresholds and search_executor.problem(thresholds)
  return message and where .. message
end

-- Thresholds that name the baseline get their limits from it.
local function with_baseline(thresholds, test, stage, settings, facts)
  if facts.baseline then
    return facts.baseline:resolve(thresholds, {
      name = test.name, stage = stage.name, target = settings:value "target",
      base_url = settings:value("base_url", test.base_url),
    }, test.digest, facts)
  end
  for _, t in ipairs(thresholds) do
    if t.baseline then
      return nil, { ("%s: thresholds.%s: %s needs --baseline DIR"):format(test.file, t.metric,
        t.expression) }
    end
  end
  return thresholds, {}
end

---@class lload.Plan
---@field test table
---@field stage table
---@field thresholds table[]
---@field duration_s number
---@field spec table what lload.engine.run takes

--- The run spec of a scenario.
---@param test table
---@param settings lload.Settings
---@param facts { seed: integer, threads: integer }
---@return lload.Plan|nil
---@return string[]|nil problems
function M.compile(test, settings, facts)
  local stage, problems = M.stage(test, settings)
  local thresholds, more = M.thresholds(test, settings, facts.suite)
  local misfit = M.search_problem(test, stage, thresholds)
  if not stage or not thresholds or misfit then
    local all = problems or {}
    for _, line in ipairs(more or {}) do all[#all + 1] = line end
    all[#all + 1] = misfit
    return nil, all
  end
  local notes
  thresholds, notes = with_baseline(thresholds, test, stage, settings, facts)
  if not thresholds then return nil, notes end
  thresholds = judge.place(thresholds, steps_of(stage), M.duration(stage))
  local debug = settings:value("debug", nil, {})
  local spec = {
    file = test.file, source = test.source, name = test.name, stage = stage.name,
    env = settings:map("env"), tags = settings:map("tag"),
    seed = facts.seed, threads = facts.threads, verbose = settings:value("verbose", nil, false),
    base_url = settings:value("base_url", test.base_url), target = settings:value("target"),
    http = spec_http(test, settings),
    max_busy_s = test.max_busy_s, max_memory_bytes = test.max_memory_bytes,
    warmup_s = M.warmup(stage, settings),
    segment = settings:value("segment"),
    debug_failures = debug.failures,
    debug_follow = debug.follow or settings:value("verbose") and "first" or "none",
    setup_timeout_s = test.setup_timeout_s, teardown_timeout_s = test.teardown_timeout_s,
    has_setup = test.has_setup, has_teardown = test.has_teardown,
    has_on_start = test.has_on_start, has_on_stop = test.has_on_stop,
    journeys = test.journeys, profiles = spec_profiles(stage), metrics = test.metrics,
    selectors = spec_selectors(thresholds, stage),
  }
  return {
    test = test, stage = stage, thresholds = thresholds, spec = spec, notes = notes,
    duration_s = M.duration(stage),
  }
end

return M
