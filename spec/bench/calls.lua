--- What a request asks of the system: system calls and allocations, counted, not timed.
--
-- Two runs that differ only in the number of requests; the difference is what requests cost.

local measure = require "spec.bench.measure"
local tmp = require "spec.support.tmp"

local M = {}

local FEW, MANY = 2000, 22000

local SCENARIO = [[
local lload = require "lload"
local http, check, random = lload.http, lload.check, lload.random
local tests = { ["status is 200"] = function(r) return r.status == 200 end }
return { journey = function()
  check(http.post("/x", { json = { productId = random.int(1, 1000) } }), tests)
end }
]]

local function command(file, url, iterations)
  return { measure.LLOAD, "run", file, "--base-url", url, "--threads", "1", "-q", "-u", "50",
    "-i", tostring(iterations) }
end

local function with(prefix, argv)
  local all = { unpack(prefix) }
  for _, word in ipairs(argv) do all[#all + 1] = word end
  return all
end

local function count_allocations(library, file, url, iterations)
  local run = measure.generate(with({ "env", "LD_PRELOAD=" .. library },
    command(file, url, iterations)))
  return tonumber(run.stderr:match "allocations: (%d+)")
end

-- The calls of an exchange and of the loop; what starts and ends a run is the same in both runs.
local CALLS = "trace=sendto,recvfrom,sendmsg,recvmsg,read,write,epoll_wait,epoll_ctl,connect,socket"

local function count_calls(file, url, iterations)
  local out = tmp.dir() .. "/calls"
  measure.generate(with({ "strace", "-f", "-c", "-e", CALLS, "-o", out },
    command(file, url, iterations)), 120)
  return tonumber(tmp.read(out):match "\n%s*100%.00%s+[%d.]+%s+%d+%s+(%d+)[^\n]*total")
end

--- Per request, in the steady state, with 50 users on kept connections.
---@return { allocations: number, calls: number }
function M.run()
  local nginx = measure.nginx()
  local dir = tmp.dir()
  local file, library = tmp.write(dir, "scenario.lua", SCENARIO), dir .. "/count.so"
  assert(os.execute(("cc -shared -fPIC -O2 -o %s spec/bench/count_mallocs.c"):format(library)) == 0)
  local function per_request(count)
    return (count(MANY) - count(FEW)) / (MANY - FEW)
  end
  local figures = {
    allocations = per_request(function(n)
      return count_allocations(library, file, nginx.url, n)
    end),
    calls = per_request(function(n) return count_calls(file, nginx.url, n) end),
  }
  measure.stop(nginx)
  return figures
end

return M
