--- Can the numbers be trusted? The generator's own condition, judged before anything else.

local M = {}

local THIN = 10 -- samples beyond a percentile that make it mean something

---@class lload.ValidityCheck
---@field code string
---@field field string the figure of the engine's health it reads
---@field suspect number above it, the measurement is suspect
---@field invalid? number above it, a measurement of the open model is invalid
---@field after_s? number shares of a time shorter than this say nothing
---@field level? { passes: number, fails: number } above it, a level of a search says nothing about
---the server: one that would pass, and one that would fail
---@field hint string what it means and what to do

--- Every check. A fault that falsifies when requests were sent can make a measurement of the open
--- model invalid; all others blur it at most. A level that passes although lload was late now and
--- then would pass all the more without that; one that fails may have failed by it.
---@type lload.ValidityCheck[]
M.CHECKS = {
  {
    code = "RATE_MISS", field = "arrivals_missed_share", suspect = 0.01, invalid = 0.05,
    level = { passes = 0.01, fails = 0.01 },
    hint = "this share of the arrivals started after the stage was over: lload did not keep up "
      .. "with the rate; use more --threads or machines, or a lower rate",
  },
  {
    code = "SEND_LAG", field = "send_lag_p99_ms", suspect = 10, invalid = 100,
    level = { passes = 100, fails = 100 },
    hint = "so many ms (99th percentile) after their planned time arrivals were started, though "
      .. "users were free: lload or its machine was busy; iteration_response_time contains it",
  },
  {
    code = "LOOP_STALL", field = "longest_turn_ms", suspect = 100, invalid = 1000,
    level = { passes = 1000, fails = 100 },
    hint = "an event loop was busy for so many ms at a stretch, which delays what it measures; "
      .. "look for heavy work in the journeys, or for other programs on these CPUs",
  },
  {
    code = "PORTS_FDS", field = "connections_without_port", suspect = 0, invalid = 0,
    level = { passes = 0, fails = 0 },
    hint = "so many connections found no local port or file descriptor: the server never saw "
      .. "them; use --source-ip with more addresses, raise ulimit -n, or reuse connections",
  },
  {
    code = "CPU_SAT", field = "busiest_worker", suspect = 0.9, after_s = 1,
    level = { passes = 0.9, fails = 0.9 },
    hint = "a worker thread used nearly all of its CPU: lload itself may be the bottleneck; "
      .. "use more --threads or machines, or fewer users",
  },
  {
    code = "RUNQ_DELAY", field = "cpu_wait_share", suspect = 0.1, after_s = 1,
    hint = "for this share of the time a worker thread was ready and got no CPU: something else "
      .. "runs on these CPUs, perhaps the server itself; measured times contain the wait",
  },
  {
    code = "THROTTLED", field = "throttled_share", suspect = 0.01, after_s = 1,
    level = { passes = 0.01, fails = 0.01 },
    hint = "for this share of the time the control group was not let run: raise the CPU limit of "
      .. "the container (cpu.max)",
  },
  {
    code = "THROTTLED", field = "steal_share", suspect = 0.05, after_s = 1,
    level = { passes = 0.05, fails = 0.05 },
    hint = "this share of the CPU time went to other guests of the host (steal): use a machine "
      .. "that is not overcommitted",
  },
  {
    code = "GC_PAUSE", field = "longest_gc_ms", suspect = 20,
    hint = "a step of Lua's garbage collector took so many ms; keep less data in the scenario",
  },
  {
    code = "ARRIVALS_DROPPED", field = "arrivals_dropped_share", suspect = 0,
    hint = "this share of the arrivals found all max_vus users busy and was dropped, so the "
      .. "server got less than the planned load; raise max_vus, or the server is too slow",
  },
  {
    code = "CENSORED", field = "censored_share", suspect = 0.01,
    hint = "of this share of the requests only a part of their duration is known (timeouts, cut "
      .. "off at the end): the true percentiles are higher",
  },
  {
    code = "HIST_CLAMP", field = "clamped", suspect = 0,
    hint = "so many durations were longer than an hour and are counted as one hour",
  },
  {
    code = "CLOCK", field = "clock_read_ns", suspect = 2000,
    hint = "reading the clock takes so many ns: the machine uses a slow clock source; see "
      .. "/sys/devices/system/clocksource/clocksource0/current_clocksource",
  },
}

local function round(value) return math.floor(value * 1000 + 0.5) / 1000 end

local function reason_of(check, value, limit)
  return { code = check.code, value = round(value), limit = limit, hint = check.hint }
end

-- Thresholds on percentiles that hardly any sample lies beyond.
local function thin_tails(thresholds, samples_of)
  local reasons = {}
  for index, t in ipairs(thresholds or {}) do
    local count = t.agg == "p" and samples_of(index)
    local beyond = count and count * (1 - t.x / 100)
    if beyond and beyond < THIN - 1e-9 then
      reasons[#reasons + 1] = {
        code = "THIN_TAIL", value = round(beyond), limit = THIN,
        hint = ("%s %s was judged with so few samples beyond the percentile; measure longer")
          :format(t.metric, t.expression),
      }
    end
  end
  return reasons
end

---@class lload.ValidityFacts
---@field is_open_model? boolean arrivals were planned
---@field duration_s? number how long the stage was
---@field thresholds? table[]
---@field samples_of? fun(index: integer): number|nil of the percentile that was judged

--- Judges the engine's health.
---@param health table<string, number>|nil as the engine gives it
---@param facts? lload.ValidityFacts
---@return { verdict: "ok"|"suspect"|"invalid", reasons: table[] }
function M.judge(health, facts)
  facts = facts or {}
  local reasons, verdict = {}, "ok"
  for _, check in ipairs(M.CHECKS) do
    local value = health and health[check.field]
    local long_enough = (facts.duration_s or math.huge) >= (check.after_s or 0)
    if value and long_enough and value > check.suspect then
      local is_invalid = facts.is_open_model and check.invalid and value > check.invalid
      verdict = (is_invalid or verdict == "invalid") and "invalid" or "suspect"
      reasons[#reasons + 1] =
        reason_of(check, value, is_invalid and check.invalid or check.suspect)
    end
  end
  for _, reason in ipairs(thin_tails(facts.thresholds, facts.samples_of)) do
    reasons[#reasons + 1] = reason
  end
  return { verdict = verdict, reasons = reasons }
end

local function fault_text(check, value, limit)
  return ("%s %s (limit %s)"):format(check.code, tostring(round(value)), tostring(limit))
end

--- The first of the generator's own faults, for a level of a search that must not blame the server;
--- nil when there is none.
---@param health table<string, number>
---@param passes? boolean whether the level passes so far
---@return string|nil
function M.generator_fault(health, passes)
  for _, check in ipairs(M.CHECKS) do
    local limits, value = check.level or {}, health[check.field]
    local limit = passes and limits.passes or not passes and limits.fails
    if limit and value and value > limit then return fault_text(check, value, limit) end
  end
  return nil
end

--- The reason that such a text is about; nil when it is about none.
---@param fault string
---@return { code: string, value: number, limit: number, hint: string }|nil
function M.fault_reason(fault)
  for _, check in ipairs(M.CHECKS) do
    local value = check.level and tonumber(fault:match("^" .. check.code .. " (%S+) "))
    for _, limit in pairs(value and check.level or {}) do
      local text = fault_text(check, value, limit)
      if fault:sub(1, #text) == text then return reason_of(check, value, limit) end
    end
  end
  return nil
end

return M
