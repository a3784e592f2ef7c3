--- What a journey costs in the open model, beside the same journey of users who never rest.

local measure = require "spec.bench.measure"
local tmp = require "spec.support.tmp"

local M = {}

local CLOSED = [[
local http = require "lload".http
return {
  stages = { s = { executor = "constant-vus", vus = 50, duration = "%gs", warmup = "1s" } },
  journey = function() http.get("/x") end,
}
]]

local OPEN = [[
local http = require "lload".http
return {
  stages = { s = { executor = "constant-arrival-rate", rate = %d, duration = "%gs",
    max_vus = 1000, warmup = "1s" } },
  journey = function() http.get("/x") end,
}
]]

local EMPTY = [[
return {
  stages = { s = { executor = "constant-arrival-rate", rate = %d, duration = "%gs",
    max_vus = 1000 } },
  journey = function() end,
}
]]

local RATES = { 5000, 20000, 50000 }

-- Of the worker's thread in the stage; what starts and ends a run is in neither.
local function requests_per_cpu_second(nginx, text)
  local result = measure.undisturbed(nginx, function()
    return measure.lload(text, { "--base-url", nginx.url })
  end)
  local busy_s = result.generator.busiest_worker * result.duration_s
  local requests = result.metrics.http_reqs
  io.stderr:write(("  %8.0f requests per CPU second, %.0f a second\n"):format(
    requests.count / busy_s, requests.count / result.duration_s))
  return requests.count / busy_s, requests.count / result.duration_s
end

local function hold(nginx, ways, rounds)
  for _ = 1, rounds do
    for _, way in ipairs(ways) do
      local per_cpu, per_second = requests_per_cpu_second(nginx, way.text)
      table.insert(way.per_cpu, per_cpu)
      table.insert(way.per_second, per_second)
    end
  end
  for _, way in ipairs(ways) do
    way.per_cpu, way.per_second = measure.median(way.per_cpu), measure.median(way.per_second)
  end
  return ways
end

local function ways_of(seconds)
  local ways = { { name = "50 users, closed model", text = CLOSED:format(seconds) } }
  for _, rate in ipairs(RATES) do
    ways[#ways + 1] = { rate = rate, text = OPEN:format(rate, seconds) }
  end
  for _, way in ipairs(ways) do way.per_cpu, way.per_second = {}, {} end
  return ways
end

local CALLS = "trace=epoll_wait,timerfd_settime,epoll_ctl,read,write"

local function count_calls(rate, seconds)
  local dir = tmp.dir()
  local file = tmp.write(dir, "scenario.lua", EMPTY:format(rate, seconds))
  measure.generate({ "strace", "-f", "-c", "-e", CALLS, "-o", dir .. "/calls", measure.LLOAD, "run",
    file, "--threads", "1", "-q" }, 60)
  return tonumber(tmp.read(dir .. "/calls"):match "\n%s*100%.00%s+[%d.]+%s+%d+%s+(%d+)[^\n]*total")
end

-- The difference of two runs, of which one has more arrivals.
local function calls_per_arrival(rate)
  local short, long = 1, 4
  return (count_calls(rate, long) - count_calls(rate, short)) / (rate * (long - short))
end

--- Requests per CPU second of both models, and the system calls that an arrival adds.
---@param seconds number of each run
---@param rounds integer
---@return { ways: table[], calls: table[] }
function M.run(seconds, rounds)
  io.stderr:write "what the open model costs\n"
  local nginx = measure.nginx()
  local figures = { ways = hold(nginx, ways_of(seconds), rounds), calls = {} }
  for i, rate in ipairs { 200, 20000 } do
    figures.calls[i] = { rate = rate, calls = calls_per_arrival(rate) }
  end
  measure.stop(nginx)
  return figures
end

return M
