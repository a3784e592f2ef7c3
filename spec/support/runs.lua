--- Result models of made-up runs for specs of reports: good ones, odd ones, and hostile ones.

local fake = require "spec.support.fake_engine"
local judge = require "lload.judge"
local reader = require "lload.reader"
local summary = require "lload.summary"
local threshold = require "lload.threshold"

local M = {}

-- All that Markdown, XML, CSV or a workflow command could take for more than text.
M.HOSTILE = 'a<b>&"c\'d\1\27[31m\r\n]]> \255 \237\160\128 é </testcase><!-- 😀 | `x` ``|`` '
  .. '@octocat #12 ![i](http://evil.example/i.png) [l](http://evil.example) www.evil.example '
  .. 'me@evil.example <img src=x onerror=alert(1)> *b* _i_ ~~s~~ :tada: \226\128\174\\| '
  .. '::error::x %0A,y </details>'

M.FACTS = {
  version = "0.1.0", commit = {
    sha = ("a1b2c3d4"):rep(5), branch = "main", dirty = false,
    run_url = "https://github.com/shop/api/actions/runs/77",
  },
  ci = {
    provider = "github", run_url = "https://github.com/shop/api/actions/runs/77", run = "77",
    job = "load",
  },
  now_ms = 1769853600000,
  machine = { cpu = "Test CPU", cpus = 2, memory_mb = 4096, os = "Linux", hostname = "tester" },
}

local KINDS = {
  http_req_duration = "trend", order_latency = "trend", checks = "rate", http_req_failed = "rate",
  http_reqs = "counter", iteration_errors = "counter",
}

-- What a selector of the engine reads, tags or not.
local function value_reader(final, list)
  return function(index, agg, x)
    local metric = final.metrics[list[index].metric]
    return metric and metric[agg == "p" and ("p(%g)"):format(x) or agg]
  end
end

--- The model of a run that ended with this final table.
---@param final table the engine's
---@param thresholds string[][] key and expression
---@param parts? { name?: string, base_url?: string, plan?: table, beside?: table,
---  looks?: table[] } what differs; `looks` are the snapshots of the run
---@return table model
function M.model(final, thresholds, parts)
  parts = parts or {}
  local list, problems = {}, reader.problems("a.lua")
  for _, t in ipairs(thresholds) do
    threshold.read(list, t[1], t[2], t[1], KINDS, problems)
  end
  assert(#problems.lines == 0, problems.lines[1])
  final.value = value_reader(final, list)
  local plan = {
    test = { file = "scenarios/checkout.lua", name = parts.name or "checkout" },
    stage = { name = "spike" }, thresholds = list,
    spec = { seed = 42, threads = 2, tags = {}, selectors = list,
      base_url = parts.base_url or "http://127.0.0.1:8080" },
  }
  for key, value in pairs(parts.plan or {}) do plan[key] = value end
  local judging = judge.new(list)
  for _, look in ipairs(parts.looks or {}) do judging:look(look) end
  return summary.build(plan, final, judging, M.FACTS, parts.beside)
end

local function window(t_s, vus, requests, failed, scale)
  return {
    t_s = t_s, to_s = t_s + 1, vus = vus, rps = requests, requests = requests, failed = failed,
    errors = requests > 0 and failed / requests or nil, offered = 150,
    p50 = requests > 0 and 50.5 * scale or nil, p95 = requests > 0 and 120 * scale or nil,
    p99 = requests > 0 and 300.25 * scale or nil, max = requests > 0 and 900 * scale or nil,
    sent = requests * 250, received = requests * 9000,
  }
end

local LIMITS = {
  { "checks", "rate>99%" }, { "http_req_duration", "p(95)<800" },
  { "http_req_duration{name:POST /api/cart/add}", "p(99) < 1s" },
}

-- A final table without a request.
local function empty(stop, detail)
  return {
    stop = stop, stop_detail = detail, started_ms = M.FACTS.now_ms, duration_s = 0.25,
    metrics = {
      http_reqs = { type = "counter", count = 0, rate = 0 },
      iterations = { type = "counter", count = 0, rate = 0 },
      checks = { type = "rate", rate = 0, passes = 0, fails = 0 },
    },
    validity = { verdict = "ok", reasons = {} },
  }
end

--- All went well; the warm-up is on record.
function M.good()
  local model = M.model(fake.final(), LIMITS)
  model.steps[2].from_vus, model.steps[2].to_vus = 50, 500
  model.warmup_windows = { window(-2, 10, 30, 0, 2), window(-1, 50, 90, 1, 1.5) }
  model.windows = {
    window(0, 50, 120, 0, 1), window(1, 50, 121, 12, 0.333), window(2, 50, 0, 0, 1),
  }
  return model
end

--- Two limits do not hold; the generator was busy.
function M.suspect()
  local final = fake.final()
  final.validity = { verdict = "suspect", reasons = {
    { code = "CPU_SAT", value = 0.97, limit = 0.9, hint = "use more threads or machines" } } }
  return M.model(final, {
    { "http_req_duration", "p(95)<200" }, { "http_req_failed", "rate<0.1%" },
    { "http_req_duration", "max<5s" },
  })
end

--- The generator falsified the measurement.
function M.invalid()
  local final = fake.final()
  final.validity = { verdict = "invalid", reasons = {
    { code = "SEND_LAG", value = 61.25, limit = 50, hint = "requests left too late" },
    { code = "RATE_MISS", value = 0.12, limit = 0.05 } } }
  return M.model(final, LIMITS)
end

--- Nothing was sent.
function M.zero_requests()
  return M.model(empty "finished", LIMITS)
end

--- lload.abort in setup.
function M.aborted_in_setup()
  local detail = "no database\nstack traceback:\n\tscenarios/checkout.lua:3: in setup"
  return M.model(empty("aborted", detail), LIMITS)
end

--- Ctrl-C after a second.
function M.interrupted()
  local final = fake.final()
  final.stop, final.duration_s = "interrupted", 1.5
  return M.model(final, LIMITS)
end

--- A run of one second: few samples, one window.
function M.one_second()
  local final = fake.final()
  local few = fake.trend(12, 1)
  final.duration_s = 1
  final.metrics.http_req_duration, final.metrics.iteration_duration = few, few
  final.metrics.http_reqs = { type = "counter", count = 12, rate = 12 }
  final.requests = { { name = "GET /", count = 12, rate = 12, failed = 0, duration = few,
    status = { ["200"] = 12 }, total_ms = 1200 } }
  final.steps, final.errors, final.checks, final.iteration_failures = {}, {}, {}, {}
  final.windows, final.warmup_windows = { window(0, 2, 12, 0, 1) }, nil
  return M.model(final, { { "http_req_duration", "p(95)<800" } })
end

--- Refused before the run: nothing was sent.
function M.refused()
  return summary.refused("scenarios/checkout.lua", "checkout", {
    'scenarios/checkout.lua: thresholds.http_req_duratio: unknown metric "http_req_duratio", '
      .. 'did you mean "http_req_duration"?',
    "scenarios/checkout.lua:7: unexpected symbol near '}'",
  }, M.FACTS)
end

--- Everything that people can name is hostile, or has the name that is given.
---@param name? string
function M.hostile(name)
  local final, evil = fake.final(), name or M.HOSTILE
  final.stop, final.stop_detail = "aborted", evil
  final.script_errors = { { message = "lib/a b.lua:12: " .. evil, count = 1200,
    traceback = "stack traceback:\n\t" .. evil } }
  final.checks[1].name, final.requests[2].name, final.steps[1].label = evil, evil, evil
  final.errors[1].sample, final.iteration_failures[1].reason = evil, evil
  return M.model(final, {
    { "http_req_duration{name:" .. evil .. "}", "max<5ms" }, { "order_latency", "avg<100ms" },
    { "http_req_duration", "p(95)<200" }, { "http_req_duration", "p(95)<200" },
  }, { name = evil })
end

--- Five hundred endpoints with names of 200 characters, each with a limit that does not hold.
function M.crowd()
  local final, limits = fake.final(), {}
  for index = 1, 500 do
    local name = ("GET /é😀/%03d/"):format(index)
    name = name .. ("x|`"):rep(67):sub(1, 200 - 13)
    final.requests[index] = {
      name = name, count = 1000 + index, rate = 50, failed = 1, duration = fake.trend(1000, 1),
      status = { ["200"] = 1000 }, total_ms = 1000 - index,
    }
    limits[index] = { "http_req_duration{name:" .. name .. "}", "p(95)<200" }
  end
  return M.model(final, limits)
end

--- Three runs of one invocation, by their models.
function M.several()
  local third = M.refused()
  third.scenario.name = "=sum(a)"
  return summary.combine { M.good(), M.suspect(), third }
end

return M
