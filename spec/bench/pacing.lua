--- How late do arrivals start? lload beside a plain libev program with the same arrivals.
--
-- Without requests the lag is the pacer's alone; with a GET it also holds what answers delay.

local measure = require "spec.bench.measure"

local M = {}

local RATES = { 1000, 5000, 20000 }
local HIGH_RATES = { 50000, 200000 }

local EMPTY = [[
return {
  stages = { s = { executor = "constant-arrival-rate", rate = %d, duration = "%gs",
    max_vus = 1000, warmup = "1s" } },
  journey = function() end,
}
]]

local GET = [[
local http = require "lload".http
return {
  stages = { s = { executor = "constant-arrival-rate", rate = %d, duration = "%gs",
    max_vus = 1000, warmup = "1s" } },
  journey = function() http.get("/x") end,
}
]]

local function lload(text)
  return function(nginx, rate, seconds)
    local child, result = measure.lload(text:format(rate, seconds), { "--base-url", nginx.url })
    local lag, generator = result.metrics.iteration_lag, result.generator
    return child, {
      median_us = lag.med * 1000, p99_us = lag["p(99)"] * 1000, busy = generator.busiest_worker,
      dropped = generator.arrivals_dropped_share, missed = generator.arrivals_missed_share,
      verdict = result.validity.verdict, reasons = result.validity.reasons,
    }
  end
end

local function ev_timer(program)
  return function(_, rate, seconds)
    local child = measure.generate { program, tostring(rate), tostring(seconds) }
    return child, {
      median_us = tonumber(child.stdout:match "median_us (%S+)"),
      p99_us = tonumber(child.stdout:match "p99_us (%S+)"),
    }
  end
end

local function medians(runs)
  local all = {}
  for _, run in ipairs(runs) do
    for key, value in pairs(run) do
      if type(value) == "number" then
        all[key] = all[key] or {}
        table.insert(all[key], value)
      end
    end
  end
  local result = { verdict = runs[#runs].verdict, reasons = runs[#runs].reasons }
  for key, values in pairs(all) do result[key] = measure.median(values) end
  return result
end

-- The contestants take turns; each name gets the medians of its runs.
local function alternate(nginx, contestants, rate, seconds, rounds)
  local runs = {}
  for _ = 1, rounds do
    for name, contestant in pairs(contestants) do
      local figures = measure.undisturbed(nginx, function()
        return contestant(nginx, rate, seconds)
      end)
      io.stderr:write(("  %6d/s %-8s median %.1f us, p99 %.1f us\n"):format(rate, name,
        figures.median_us, figures.p99_us))
      runs[name] = runs[name] or {}
      table.insert(runs[name], figures)
    end
  end
  local row = { rate = rate }
  for name, list in pairs(runs) do row[name] = medians(list) end
  return row
end

--- Rows of medians, one a rate.
---@param seconds number of each run
---@param rounds integer
---@return { rows: table[], high: table[] }
function M.run(seconds, rounds)
  io.stderr:write "pacing\n"
  local nginx = measure.nginx()
  local peer = ev_timer(measure.compile("ev_timer_pacing", "-lev"))
  local figures = { rows = {}, high = {} }
  for i, rate in ipairs(RATES) do
    figures.rows[i] = alternate(nginx, { empty = lload(EMPTY), get = lload(GET), ev_timer = peer },
      rate, seconds, rounds)
  end
  for i, rate in ipairs(HIGH_RATES) do
    figures.high[i] = alternate(nginx, { empty = lload(EMPTY) }, rate, seconds, rounds)
  end
  measure.stop(nginx)
  return figures
end

return M
