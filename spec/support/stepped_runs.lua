--- Stored results of servers whose capacity is known: a pool of workers of one service time, under
--- users without think time or under arrivals. No chance in them, so what is expected is exact.

local M = {}

local function trend(count, ms)
  return { type = "trend", count = count, avg = ms, min = ms, med = ms, max = ms, ["p(90)"] = ms,
    ["p(95)"] = ms, ["p(99)"] = ms, ["p(99.9)"] = ms }
end

--- What N users without think time get of a pool: { rps, ms, in_flight }.
function M.closed(pool, service_s)
  return function(users)
    local rps = math.min(users, pool) / service_s
    return { rps = rps, ms = users / rps * 1000, in_flight = users }
  end
end

--- What arrivals get of a pool: those that it cannot serve pile up, as long as the step lasts.
function M.open(pool, service_s, hold_s)
  return function(rate)
    local most = pool / service_s
    if rate <= most then
      return { rps = rate, ms = service_s * 1000, in_flight = rate * service_s, offered = rate }
    end
    local mean = (rate - most) * hold_s / 2 + pool
    return { rps = most, ms = mean / most * 1000, in_flight = mean, offered = rate }
  end
end

local function windows_of(list, from_s, hold_s, users, seen)
  for second = 0, hold_s - 1 do
    list[#list + 1] = {
      t_s = from_s + second, to_s = from_s + second + 1, vus = users, in_flight = seen.in_flight,
      offered = seen.offered, requests = seen.rps, rps = seen.rps,
      failed = (seen.error_rate or 0) * seen.rps, errors = seen.error_rate or 0,
    }
  end
end

--- A result with one step for each load, each held for so many seconds.
---@param of "vus"|"rate"
---@param loads number[]
---@param seen_at fun(load: number): table
---@param more? table fields of the result
function M.result(of, loads, seen_at, more)
  local hold_s = 10
  local result = {
    schema = "lload/result/1", exit_code = 0, duration_s = hold_s * #loads, verdict = "passed",
    lload = "0.1.0", scenario = { name = "shop", stage = "steps", file = "shop.lua" },
    validity = { verdict = "ok", reasons = {} }, thresholds = {}, steps = {}, windows = {},
    requests = {}, metrics = {}, checks = {}, errors = {}, notes = {}, journeys = {},
    iteration_failures = {}, script_errors = {},
  }
  local total, total_ms = 0, 0
  for index, load in ipairs(loads) do
    local seen, from_s = seen_at(load), (index - 1) * hold_s
    local count = seen.rps * hold_s
    result.steps[index] = {
      step = index, profile = 1, from_s = from_s, to_s = from_s + hold_s, ["from_" .. of] = load,
      ["to_" .. of] = load, vus = of == "vus" and load or 500, rps = seen.rps, count = count,
      error_rate = seen.error_rate or 0, duration = trend(count, seen.ms),
    }
    windows_of(result.windows, from_s, hold_s, of == "vus" and load or 500, seen)
    total, total_ms = total + count, total_ms + count * seen.ms
  end
  result.metrics.http_reqs = { type = "counter", count = total, rate = 1 }
  result.metrics.iterations = { type = "counter", count = total, rate = 1 }
  result.requests[1] = { name = "GET /a", count = total, failed = 0, total_ms = total_ms * 0.75 }
  result.requests[2] = { name = "GET /b", count = total, failed = 0, total_ms = total_ms * 0.25 }
  for key, value in pairs(more or {}) do result[key] = value end
  return result
end

return M
