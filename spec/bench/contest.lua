--- Requests per CPU second: lload against wrk on the same nginx, side by side in one run.

local measure = require "spec.bench.measure"
local tmp = require "spec.support.tmp"

local M = {}

local USERS = "50"

local GET = [[
local lload = require "lload"
local http, check = lload.http, lload.check
local tests = { ["status is 200"] = function(r) return r.status == 200 end }
return { journey = function() check(http.get("/x"), tests) end }
]]

local POST = [[
local lload = require "lload"
local http, check, random = lload.http, lload.check, lload.random
local tests = { ["status is 200"] = function(r) return r.status == 200 end }
return { journey = function()
  local r = http.post("/x", { json = { productId = random.int(1, 1000), quantity = random.int(1, 3) } })
  check(r, tests)
end }
]]

local WRK_POST = [[
local failed = 0
function request()
  local body = string.format('{"productId":%d,"quantity":%d}', math.random(1, 1000), math.random(1, 3))
  return wrk.format("POST", "/x", { ["Content-Type"] = "application/json" }, body)
end
function response(status) if status ~= 200 then failed = failed + 1 end end
]]

local function lload(text)
  return function(url, seconds)
    local run, result = measure.lload(text, { "--base-url", url, "-u", USERS, "-d", seconds .. "s" })
    assert(result.metrics.http_req_failed.rate == 0, "requests failed")
    return result.metrics.http_reqs.count, run
  end
end

local function wrk(script)
  return function(url, seconds)
    local argv = { "wrk", "-t1", "-c" .. USERS, "-d" .. seconds .. "s" }
    if script then
      argv[#argv + 1] = "-s"
      argv[#argv + 1] = tmp.write(tmp.dir(), "script.lua", script)
    end
    argv[#argv + 1] = url .. "/x"
    local run = measure.generate(argv)
    return tonumber(run.stdout:match "(%d+) requests in"), run
  end
end

local CONTESTS = {
  { title = "GET and one check, against plain wrk", must = 0.9,
    { name = "lload", run = lload(GET) }, { name = "wrk", run = wrk() } },
  { title = "POST with random JSON and a status check, against wrk -s", must = 1.25,
    { name = "lload", run = lload(POST) }, { name = "wrk -s", run = wrk(WRK_POST) } },
}

local function one_round(contestants, url, seconds, figures)
  for index, contestant in ipairs(contestants) do
    local requests, run = contestant.run(url, seconds)
    local f = figures[index]
    f.per_cpu[#f.per_cpu + 1] = requests / run.cpu
    f.per_second[#f.per_second + 1] = requests / run.elapsed
    io.stderr:write(("  %-8s %8.0f req/cpu-s\n"):format(contestant.name, requests / run.cpu))
  end
end

local function hold(contestants, url, seconds, rounds)
  local figures = {}
  for index, contestant in ipairs(contestants) do
    figures[index] = { name = contestant.name, per_cpu = {}, per_second = {} }
  end
  for _ = 1, rounds do one_round(contestants, url, seconds, figures) end
  for _, f in ipairs(figures) do
    f.per_cpu, f.per_second = measure.median(f.per_cpu), measure.median(f.per_second)
  end
  return { title = contestants.title, must = contestants.must, figures = figures }
end

--- Holds every contest.
function M.run(seconds, rounds)
  local nginx = measure.nginx()
  local results = {}
  for index, contestants in ipairs(CONTESTS) do
    io.stderr:write(contestants.title, "\n")
    results[index] = hold(contestants, nginx.url, seconds, rounds)
  end
  measure.stop(nginx)
  return results
end

return M
