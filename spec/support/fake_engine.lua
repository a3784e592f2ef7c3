--- A pretend engine and loader: no traffic, no clock; runs what the control side asks for.

local M = {}

local START_MS = 1769853600000 -- 2026-01-31T10:00:00Z

--- The exact integer schedule of one profile: u users at t_end - d·(to-u)/(to-from).
---@param profile table
---@return number[][] steps
function M.vus_steps(profile)
  local steps, at = {}, profile.start_s
  local function add(seconds, users)
    local ms, last = math.floor(seconds * 1000 + 0.5), steps[#steps]
    if last and last[1] == ms then
      last[2] = users
    elseif not last or last[2] ~= users then
      steps[#steps + 1] = { ms, users }
    end
  end
  for _, s in ipairs(profile.segments) do
    local finish, direction = at + s.duration_s, s.to >= s.from and 1 or -1
    if at == profile.start_s then add(at, s.from) end
    for users = s.from + direction, s.to, direction do
      add(finish - s.duration_s * (s.to - users) / (s.to - s.from), users)
    end
    at = finish
  end
  return steps
end

-- After how many seconds of a straight line its area reaches `area`.
local function time_within(segment, area)
  local slope = segment.duration_s > 0 and (segment.to - segment.from) / segment.duration_s or 0
  return 2 * area / (segment.from + math.sqrt(segment.from ^ 2 + 2 * slope * area))
end

--- When the first arrivals of a profile are due, in ms, and the area under its rate. Poisson
--- arrivals come evenly here.
---@param profile table
---@param limit integer
---@return number[] times
---@return number expected
function M.arrivals(profile, limit)
  local times, before, at = {}, 0, profile.start_s
  for _, s in ipairs(profile.segments) do
    local whole = (s.from + s.to) / 2 * s.duration_s
    while #times < limit and #times + 1 <= before + whole + 1e-9 do
      times[#times + 1] = (at + time_within(s, #times + 1 - before)) * 1000
    end
    before, at = before + whole, at + s.duration_s
  end
  return times, before
end

local function trend(count, scale)
  return {
    type = "trend", count = count, avg = 100.125 * scale, min = 10 * scale, med = 95.5 * scale,
    max = 900 * scale, ["p(90)"] = 180 * scale, ["p(95)"] = 250 * scale, ["p(99)"] = 612 * scale,
    ["p(99.9)"] = 880.25 * scale,
  }
end
M.trend = trend

local function counter(count, seconds)
  return { type = "counter", count = count, rate = count / seconds }
end

--- The final table of a run in which all went well.
---@return table
function M.final()
  local values = {
    http_reqs = counter(5000, 20), iterations = counter(1000, 20),
    dropped_iterations = counter(0, 20), iterations_failed = counter(3, 20),
    iteration_errors = counter(0, 20), data_sent = counter(1234567, 20),
    data_received = counter(45678901, 20),
    http_req_failed = { type = "rate", rate = 0.0024, passes = 12, fails = 4988 },
    checks = { type = "rate", rate = 0.9998, passes = 4999, fails = 1 },
    vus = { type = "gauge", value = 50, min = 1, max = 500 },
    vus_max = { type = "gauge", value = 500, min = 500, max = 500 },
    http_req_duration = trend(5000, 1), http_req_waiting = trend(5000, 0.9),
    iteration_duration = trend(1000, 5), order_latency = trend(400, 1.5),
  }
  return {
    stop = "finished", started_ms = START_MS, duration_s = 20,
    metrics = values,
    requests = {
      {
        name = "POST /api/cart/add", count = 4000, rate = 200, failed = 12,
        duration = trend(3988, 1), phases = { waiting = trend(3988, 0.9) },
        status = { ["200"] = 3988, ["503"] = 2 }, errors = { timeout = 10 }, total_ms = 400000,
      },
      {
        name = "GET /api/orders/:id", count = 1000, rate = 50, failed = 0,
        duration = trend(1000, 0.5), phases = { waiting = trend(1000, 0.4) },
        status = { ["200"] = 1000 }, errors = {}, total_ms = 50000,
      },
    },
    steps = {
      {
        stage = "spike", step = 1, label = "before", profile = 1, from_s = 0, to_s = 4, vus = 50,
        rps = 120.5, count = 482, duration = trend(482, 0.5), error_rate = 0,
      },
      {
        stage = "spike", step = 2, label = "rise", profile = 1, from_s = 4, to_s = 6, vus = 500,
        rps = 512, count = 1024, duration = trend(1024, 1.25), error_rate = 0.0117,
      },
    },
    journeys = { {
      name = "buy", iterations = 1000, failed = 3, errors = 0, cut_off = 0,
      duration = trend(1000, 5), failures = { { reason = "params.id is nil", count = 3 } },
    } },
    checks = {
      { name = "cart add 200", passes = 3999, fails = 1, message = "expected 200, got 503" },
      { name = "order is shown", passes = 1000, fails = 0 },
    },
    errors = {
      { class = "status", count = 2, sample = "POST /api/cart/add: 503 Service Unavailable" },
      { class = "timeout", count = 10, sample = "POST /api/cart/add after 60 s" },
    },
    iteration_failures = { { reason = "params.id is nil", count = 3 } },
    script_errors = {},
    windows = {
      {
        t_s = 0, to_s = 10, vus = 50, requests = 2000, failed = 0, rps = 200, errors = 0,
        p50 = 50.5, p95 = 120, p99 = 300.25, max = 612.5, sent = 493826, received = 18271560,
      },
      {
        t_s = 10, to_s = 20, vus = 500, requests = 3000, failed = 12, rps = 300, errors = 0.004,
        p50 = 101.125, p95 = 318, p99 = 690, max = 900, sent = 740741, received = 27407341,
      },
    },
    warmup_windows = {
      {
        t_s = -5, to_s = 0, vus = 50, requests = 500, failed = 1, rps = 100, errors = 0.002,
        p50 = 150.5, p95 = 420, p99 = 800.25, max = 812.5, sent = 123456, received = 4567890,
      },
    },
    distribution = {
      { 0, 10 }, { 50, 95.5 }, { 75, 130 }, { 87.5, 170 }, { 93.75, 231 }, { 100, 900 },
    },
    notes = {}, validity = { verdict = "ok", reasons = {} }, connections = { opened = 500 },
  }
end

-- What a threshold's selector reads: the metric's own value, tags or not.
local function value_reader(spec, metrics)
  return function(index, agg, x)
    local metric = metrics[spec.selectors[index].metric]
    if not metric then return nil end
    if agg == "p" then return metric[("p(%g)"):format(x)] end
    return metric[agg]
  end
end

--- A fake engine. `script` may hold final (a table or a function), snapshots, tty, columns.
---@param script? table
---@return table engine
function M.engine(script)
  script = script or {}
  local engine = {
    version = "0.1.0", specs = {}, made = {}, vus_steps = M.vus_steps, arrivals = M.arrivals,
  }
  function engine.cpus() return 2 end
  function engine.wall_ms() return START_MS end
  function engine.now() return 0 end
  function engine.isatty() return script.tty or false end
  function engine.columns() return script.tty and script.columns or nil end
  function engine.random_seed() return 4242 end
  function engine.log_level() end
  function engine.descriptors() return 20000 end
  function engine.local_ports() return 28000 end
  function engine.memory_available() return 4e9 end
  function engine.source_problem() return nil end
  function engine.tls_problem() return nil end
  function engine.machine()
    return { cpu = "Test CPU", cpus = 2, memory_mb = 4096, os = "Linux", hostname = "tester" }
  end
  function engine.embedded(prefix)
    return { [prefix .. "lload"] = "---@meta lload\n\n", [prefix .. "http"] = "---@meta _\n" }
  end

  function engine.mkdir(path)
    engine.made[#engine.made + 1] = path
    return os.execute(("mkdir -p '%s' 2>/dev/null"):format(path)) == 0
  end
  function engine.run(spec, on_tick)
    engine.specs[#engine.specs + 1] = spec
    if spec.hlog then
      local log = assert(io.open(spec.hlog, "wb"))
      log:write("#[Histogram log format version 1.3]\n")
      log:close()
    end
    local final = script.final
    if type(final) == "function" then final = final(spec, #engine.specs) end
    final = final or M.final()
    final.value = final.value or value_reader(spec, final.metrics)
    for _, snapshot in ipairs(script.snapshots or {}) do
      snapshot.value = snapshot.value or value_reader(spec, snapshot.metrics or final.metrics)
      local stop = on_tick(snapshot)
      if stop then
        final.stop = stop
        break
      end
    end
    return final
  end
  return engine
end

--- A loader that runs a scenario with a stub of the `lload` module.
---@return table loader
function M.loader()
  local loader, declared = {}, {}
  local function metric(kind)
    return function(name)
      declared[#declared + 1] = { kind = kind, name = name }
      return { add = function() end }
    end
  end
  function loader.load(file, source, env)
    declared = {}
    local api = {
      counter = metric "counter", gauge = metric "gauge", rate = metric "rate",
      trend = metric "trend", http = {}, check = function() end, think = function() end,
      env = function(name, default) return env[name] or default end,
    }
    local chunk, message = loadstring(source, "@" .. file)
    if not chunk then return nil, message end
    setfenv(chunk, setmetatable({
      require = function(name) return name == "lload" and api or require(name) end,
    }, { __index = _G }))
    local ok, result = pcall(chunk)
    if not ok then return nil, result end
    return result
  end
  function loader.declared() return declared end
  return loader
end

-- Collects what is written, like a file handle.
local function stream()
  local s = { parts = {} }
  function s:write(...)
    for _, part in ipairs { ... } do self.parts[#self.parts + 1] = tostring(part) end
    return self
  end
  function s.flush() return true end
  function s:text() return table.concat(self.parts) end
  return s
end

--- A whole outside for main.main: engine, loader, streams, environment.
---@param script? table as for engine(); `env` are environment variables
---@return table world
function M.world(script)
  script = script or {}
  local env = script.env or {}
  return {
    engine = M.engine(script), loader = M.loader(), stdout = stream(), stderr = stream(),
    getenv = function(name) return env[name] end,
    popen = function() return nil end, tmpname = os.tmpname,
  }
end

--- Runs lload with these arguments in a fake world.
---@param argv string[]
---@param script? table
---@return integer code
---@return string stdout
---@return string stderr
---@return table world
function M.lload(argv, script)
  local world = M.world(script)
  local code = require("lload.main").main(argv, world)
  return code, world.stdout:text(), world.stderr:text(), world
end

return M
