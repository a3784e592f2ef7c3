--- Requests per CPU second: lload against its peers on the same nginx, side by side in one run.

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
  local r = http.post("/x", {
    json = { productId = random.int(1, 1000), quantity = random.int(1, 3) },
  })
  check(r, tests)
end }
]]

local WRK_POST = [[
local failed = 0
function request()
  local body = string.format('{"productId":%d,"quantity":%d}',
    math.random(1, 1000), math.random(1, 3))
  return wrk.format("POST", "/x", { ["Content-Type"] = "application/json" }, body)
end
function response(status) if status ~= 200 then failed = failed + 1 end end
]]

local function lload(text)
  return function(url, seconds)
    local run, result = measure.lload(text,
      { "--base-url", url, "--insecure", "-u", USERS, "-d", seconds .. "s" })
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

-- A peer whose command line and output differ: ARGV with %d for seconds, and where the count is.
local function peer(pattern, ...)
  local words = { ... }
  return function(url, seconds)
    local argv = {}
    for i, word in ipairs(words) do
      argv[i] = word:gsub("SECONDS", tostring(seconds)):gsub("URL", url .. "/x")
    end
    local run = measure.generate(argv)
    local count = (run.stdout .. run.stderr):match(pattern)
    assert(count, argv[1] .. " said nothing of its requests:\n" .. run.stdout .. run.stderr)
    return tonumber(count), run
  end
end

local hey = peer("%[200%]%s+(%d+) responses", "hey", "-z", "SECONDSs", "-c", USERS, "-cpus", "1",
  "URL")
local ab = peer("Complete requests:%s+(%d+)", "ab", "-k", "-q", "-t", "SECONDS", "-n", "100000000",
  "-c", USERS, "URL")
local h2load = peer("(%d+) succeeded", "h2load", "--h1", "-t1", "-c" .. USERS, "-D", "SECONDS",
  "URL")

-- autocannon has no Debian package; npm brings it to a folder under build/.
local AUTOCANNON = "build/bench/node_modules/autocannon/autocannon.js"

local function autocannon(url, seconds)
  local run = measure.generate { "node", AUTOCANNON, "-c", USERS, "-d", tostring(seconds), "--json",
    url .. "/x" }
  return require "cjson".decode(run.stdout).requests.total, run
end

local CONTESTS = {
  { title = "POST with random JSON and a status check, against wrk -s", must = 1.25,
    { name = "lload", run = lload(POST) }, { name = "wrk -s", run = wrk(WRK_POST) } },
  { title = "GET and one check, against plain wrk", must = 0.9,
    { name = "lload", run = lload(GET) }, { name = "wrk", run = wrk() } },
  { title = "GET and one check, against h2load --h1", must = 1.1, program = "h2load",
    { name = "lload", run = lload(GET) }, { name = "h2load", run = h2load } },
  { title = "GET and one check over TLS, against wrk", must = 1.0, tls = true,
    { name = "lload", run = lload(GET) }, { name = "wrk", run = wrk() } },
  { title = "GET and one check, against ab -k", must = 1.0, program = "ab",
    { name = "lload", run = lload(GET) }, { name = "ab", run = ab } },
  { title = "GET and one check, against hey", must = 3.0, program = "hey",
    { name = "lload", run = lload(GET) }, { name = "hey", run = hey } },
  { title = "GET and one check, against autocannon", must = 3.0, file = AUTOCANNON,
    { name = "lload", run = lload(GET) }, { name = "autocannon", run = autocannon } },
}

local function install_autocannon()
  os.execute("test -e " .. AUTOCANNON .. " || npm install --silent --no-fund --no-audit "
    .. "--prefix build/bench autocannon >/dev/null 2>&1")
end

local function is_possible(contestants)
  if contestants.file then return os.execute("test -e " .. contestants.file) == 0 end
  if contestants.program then
    return os.execute("command -v " .. contestants.program .. " >/dev/null") == 0
  end
  return true
end

local function one_round(contestants, url, seconds, figures)
  for index, contestant in ipairs(contestants) do
    local requests, run = contestant.run(url, seconds)
    local f = figures[index]
    f.per_cpu[#f.per_cpu + 1] = requests / run.cpu
    f.per_second[#f.per_second + 1] = requests / run.elapsed
    io.stderr:write(("  %-10s %8.0f requests per CPU second\n"):format(
      contestant.name, requests / run.cpu))
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

--- Holds every contest whose peer is installed.
---@param seconds number of each run
---@param rounds integer
---@return table[]
function M.run(seconds, rounds)
  install_autocannon()
  local nginx = measure.nginx()
  local results = {}
  for _, contestants in ipairs(CONTESTS) do
    io.stderr:write(contestants.title, "\n")
    if is_possible(contestants) then
      local url = contestants.tls and nginx.tls_url or nginx.url
      results[#results + 1] = hold(contestants, url, seconds, rounds)
    else
      io.stderr:write "  left out: the peer is not installed\n"
    end
  end
  measure.stop(nginx)
  return results
end

return M
