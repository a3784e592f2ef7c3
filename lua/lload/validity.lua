--- Can the numbers be trusted? The generator's own condition, judged before anything else.

local M = {}

--- Every check: the figure of the engine's health it reads, its limit, and what to do about it.
--- These faults blur a measurement; at most they make it suspect.
M.CHECKS = {
  {
    code = "CPU_SAT", field = "busiest_worker", limit = 0.9,
    hint = "a worker thread used nearly all of its CPU: lload itself may be the bottleneck; "
      .. "use more --threads or machines, or fewer users",
  },
  {
    code = "LOOP_STALL", field = "longest_turn_ms", limit = 100,
    hint = "an event loop was busy for so many ms at a stretch, which delays what it measures; "
      .. "look for heavy work in the journeys",
  },
  {
    code = "HIST_CLAMP", field = "clamped", limit = 0,
    hint = "so many durations were longer than an hour and are counted as one hour",
  },
}

local function round(value) return math.floor(value * 1000 + 0.5) / 1000 end

--- Judges the engine's health.
---@param health table<string, number>|nil as the engine gives it
---@return { verdict: "ok"|"suspect", reasons: table[] }
function M.judge(health)
  local reasons = {}
  for _, check in ipairs(M.CHECKS) do
    local value = health and health[check.field]
    if value and value > check.limit then
      reasons[#reasons + 1] = {
        code = check.code, value = round(value), limit = check.limit, hint = check.hint,
      }
    end
  end
  return { verdict = #reasons > 0 and "suspect" or "ok", reasons = reasons }
end

return M
