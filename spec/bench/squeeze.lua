--- Does lload say when its CPU was taken? The same stage on a quiet core, and beside a busy loop.

local measure = require "spec.bench.measure"
local process = require "spec.support.process"

local M = {}

local SCENARIO = [[
local http = require "lload".http
return {
  stages = { s = { executor = "constant-arrival-rate", rate = %d, duration = "2s",
    max_vus = 500 } },
  journey = function() http.get("/x") end,
}
]]

local RATE = 5000 -- takes about a quarter of a core
local BUSY_LOOP = "local over = os.time() + 10 while os.time() < over do end"

local function once(nginx)
  local child, result = measure.lload(SCENARIO:format(RATE), { "--base-url", nginx.url })
  return child, result
end

local function on_a_quiet_core(nginx)
  return measure.undisturbed(nginx, function() return once(nginx) end)
end

local function beside_a_busy_loop(nginx)
  local loop = process.spawn({ "taskset", "-c", measure.GENERATOR_CPU, "luajit", "-e", BUSY_LOOP },
    {})
  process.sleep(0.1)
  local _, result = once(nginx)
  loop:kill()
  return result
end

local function count(tally, result)
  local verdict = result.validity.verdict
  tally.verdicts[verdict] = (tally.verdicts[verdict] or 0) + 1
  for _, reason in ipairs(result.validity.reasons) do
    tally.reasons[reason.code] = (tally.reasons[reason.code] or 0) + 1
  end
  local generator = result.generator
  table.insert(tally.waits, generator.cpu_wait_share)
  table.insert(tally.lags, generator.send_lag_p99_ms)
  table.insert(tally.busy, generator.busiest_worker)
  io.stderr:write(("  %-7s busy %.2f, waited %.3f, send lag p99 %.2f ms\n"):format(verdict,
    generator.busiest_worker, generator.cpu_wait_share, generator.send_lag_p99_ms))
end

local function summary(tally, tries)
  table.sort(tally.waits)
  table.sort(tally.lags)
  return {
    tries = tries, accused = tries - (tally.verdicts.ok or 0), reasons = tally.reasons,
    wait_from = tally.waits[1], wait_to = tally.waits[tries],
    lag_from_ms = tally.lags[1], lag_to_ms = tally.lags[tries],
    busy = measure.median(tally.busy),
  }
end

local function try(nginx, tries, run)
  local tally = { verdicts = {}, reasons = {}, waits = {}, lags = {}, busy = {} }
  for _ = 1, tries do count(tally, run(nginx)) end
  return summary(tally, tries)
end

--- How many of so many tries were called suspect or invalid, and by which checks.
---@param tries integer
---@return { rate: integer, quiet: table, squeezed: table }
function M.run(tries)
  io.stderr:write "a CPU squeeze\n"
  local nginx = measure.nginx()
  local figures = {
    rate = RATE,
    quiet = try(nginx, tries, on_a_quiet_core),
    squeezed = try(nginx, tries, beside_a_busy_loop),
  }
  measure.stop(nginx)
  return figures
end

return M
