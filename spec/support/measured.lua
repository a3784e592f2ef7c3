--- What a run measured, as the engine hands it to the sinks: fixed numbers, hostile names.

local families = require "lload.sink.families"

local M = {}

local TREND = {
  avg = 12.5, min = 0.25, med = 10, max = 30.125, ["p(90)"] = 20, ["p(95)"] = 25, ["p(99)"] = 30,
  ["p(99.9)"] = 30.125,
}

-- So many values in the given buckets, of which there are as many as the ladder wants.
local function distribution(ladder, sum, at)
  local trend = { count = 0, sum = sum, buckets = {} }
  for key, value in pairs(TREND) do trend[key] = value end
  for index = 1, #ladder + 1 do
    trend.buckets[index] = at[index] or 0
    trend.count = trend.count + trend.buckets[index]
  end
  return trend
end

local function time(sum, at) return distribution(families.TIMES_MS, sum, at) end

local function metric(name, kind, rest)
  rest.name, rest.type = name, kind
  return rest
end

--- Names that every format has to do something about.
M.HOSTILE = 'POST /a b,c=d|"e"\\:f\n\255é'

--- A run of two names, with a metric of each kind.
function M.run()
  return {
    metrics = {
      metric("http_reqs", "counter", { is_builtin = true, value = 12 }),
      metric("http_req_failed", "rate", { is_builtin = true, samples = 12, passes = 2 }),
      metric("http_req_duration", "trend",
        { is_builtin = true, trend = time(125, { [6] = 4, [8] = 6 }) }),
      metric("http_req_waiting", "trend",
        { is_builtin = true, trend = time(100.5, { [6] = 10 }) }),
      metric("iterations", "counter", { is_builtin = true, value = 6 }),
      metric("checks", "rate", { is_builtin = true, samples = 6, passes = 5 }),
      metric("vus", "gauge", { is_builtin = true, value = 3 }),
      metric("orders.made", "counter", { value = 2.5 }),
      metric("depth", "gauge", { value = -3 }),
      metric("errors", "rate", { samples = 4, passes = 1 }),
      metric("order_latency", "trend",
        { trend = distribution(families.OTHERS, 30, { [7] = 1, [8] = 1, [20] = 1 }) }),
      metric("http_reqs_failed", "counter", { value = 1 }), -- called like a family of ours
    },
    requests = {
      {
        name = "GET /", count = 10, failed = 0, sent = 1000, received = 25000,
        status = { ["200"] = 9, ["304"] = 1 }, errors = {},
        duration = time(125, { [6] = 4, [8] = 6 }),
      },
      {
        name = M.HOSTILE, count = 2, failed = 2, sent = 150, received = 0, status = {},
        errors = { timeout = 1, refused = 1 },
        failed_duration = time(60000.5, { [1] = 1, [22] = 1 }),
      },
    },
    checks = { { name = 'is "ok"', passes = 5, fails = 1 } },
    iteration_failures = {},
  }
end

--- Who measured it, and when.
function M.facts()
  return {
    scenario = 'the "shop"', stage = "ramp",
    tags = { env = "ci", ["build.no"] = "7, b", name = "x" },
    version = "0.1.0", host = "tester", phase = "run", now_ms = 1769853603000,
    began_ms = 1769853600000, vus = 3, vus_max = 10, elapsed_s = 2.5, steps = { 1, 2 },
  }
end

return M
