--- Made-up soaks and spikes: profiles, and what the engine would tell about a run.

local noise_of = require "spec.support.noise"

local M = {}

--- A soak of `duration_s` after a ramp.
function M.soak(duration_s, ramp_s, start_s)
  return {
    executor = "soak", kind = "vus", start_s = start_s or 0,
    segments = {
      { from = 0, to = 10, duration_s = ramp_s or 0, step = 1, label = "ramp" },
      { from = 10, to = 10, duration_s = duration_s, step = 2, label = "soak" },
    },
  }
end

--- A spike; `parts` are the durations of before, rise, hold, fall and recovery.
function M.spike(parts, start_s)
  local segments, vus = {}, { 10, 10, 100, 100, 10, 10 }
  for step, label in ipairs { "before", "rise", "hold", "fall", "recovery" } do
    segments[step] = {
      from = vus[step], to = vus[step + 1], duration_s = parts[step], step = step, label = label,
    }
  end
  return { executor = "spike", kind = "vus", start_s = start_s or 0, segments = segments }
end

-- The seconds of a run, { p95, rps, error_rate } each, made once: every reader sees the same.
local function seconds_of(length_s, at)
  local list = {}
  for t = 0, length_s - 1 do list[t] = at(t) or false end
  return list
end

-- The mean over some seconds: near enough to what merged histograms give.
local function merge(list, from_s, to_s)
  local sum = { requests = 0, failed = 0, p95 = 0, in_flight = 0, answered = 0 }
  for t = from_s, to_s - 1 do
    local s = list[t]
    if s then
      local failed = s.rps * (s.error_rate or 0)
      sum.requests, sum.failed = sum.requests + s.rps, sum.failed + failed
      sum.in_flight = sum.in_flight + (s.in_flight or s.rps * (s.p95 or 0) / 1000)
      if s.p95 then
        sum.p95, sum.answered = sum.p95 + s.p95 * (s.rps - failed), sum.answered + s.rps - failed
      end
    end
  end
  return sum
end

--- What the engine tells: `at(t)` gives a second of it, nil when nothing happened then. With
--- `grain_s` the engine kept windows no narrower than that.
function M.range(length_s, at, grain_s)
  local list, grain = seconds_of(length_s, at), grain_s or 1
  return function(from_s, to_s)
    from_s, to_s = math.floor(from_s / grain) * grain, math.ceil(to_s / grain) * grain
    local sum = merge(list, from_s, to_s)
    if sum.requests == 0 then return nil end
    local width = to_s - from_s
    return {
      from_s = from_s, to_s = to_s, requests = sum.requests, failed = sum.failed,
      rps = sum.requests / width, error_rate = sum.failed / sum.requests, vus = 10,
      in_flight = sum.in_flight / width,
      duration = sum.answered > 0 and { count = sum.answered, ["p(95)"] = sum.p95 / sum.answered }
        or nil,
    }
  end
end

--- Noise around 1: `share` of it is kept from one second to the next.
function M.wobble(seed, length_s, deviation, share)
  local series = noise_of.new(seed):series(length_s, share or 0)
  return function(t) return math.exp(deviation * series[t + 1]) end
end

--- A closed model of `users` without think time, whose target takes `p95_at(t)` ms at the most.
function M.closed(users, length_s, p95_at, grain_s)
  return M.range(length_s, function(t)
    local p95 = p95_at(t)
    return { p95 = p95, rps = users * 1000 / (0.9 * p95), in_flight = users }
  end, grain_s)
end

return M
