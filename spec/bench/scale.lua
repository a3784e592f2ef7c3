--- Very many users: what one costs, whether the loop stalls, whether a millisecond stays one.

local measure = require "spec.bench.measure"
local tmp = require "spec.support.tmp"

local M = {}

local CONNECTED = [[
local lload = require "lload"
return {
  stages = { s = { executor = "ramping-vus", start_vus = 1, graceful_ramp_down = "1s",
    graceful_stop = "1s", steps = {
      { duration = "%ds", target = %d }, { duration = "15s", target = %d } } } },
  journey = function() lload.http.get("/x") lload.think(5) end,
}
]]

local UNCONNECTED = [[
local lload = require "lload"
return {
  http = { reuse = "none" },
  stages = { s = { executor = "ramping-vus", start_vus = 1, graceful_ramp_down = "1s",
    graceful_stop = "1s", steps = {
      { duration = "%ds", target = %d }, { duration = "10s", target = %d } } } },
  on_start = function(vu) vu.token = lload.http.get("/login").status end,
  journey = function() lload.think(5) end,
}
]]

local THINKING = [[
local lload = require "lload"
return {
  -- They come one by one: 3,000 at once are a burst that the server answers one after another.
  stages = { s = { executor = "ramping-vus", start_vus = 1, steps = {
    { duration = "4s", target = 3000 }, { duration = "8s", target = 3000 } } } },
  journey = function() lload.http.get("/api/v1/products/7") lload.think(0.5, 1.5) end,
}
]]

-- One address has about 28,000 ports for one target; several share the users.
local SOURCES = "127.0.1.1-127.0.1.8"

local function run(text, ramp_s, users, url)
  local child, result = measure.lload(text:format(ramp_s, users, users),
    { "--base-url", url, "--source-ip", SOURCES }, 240)
  return {
    users = users, rss_kb = child.maxrss_kb, stall_ms = result.generator.longest_turn_ms,
    failed = result.metrics.http_req_failed and result.metrics.http_req_failed.passes or 0,
    requests = result.metrics.http_reqs.count,
  }
end

-- Resident memory a user: the slope between few users and many.
local function slope(few, many)
  return (many.rss_kb - few.rss_kb) / (many.users - few.users)
end

local function one_millisecond()
  local shop = measure.serve({ measure.SHOP, "--port", "0", "--pool", "10000",
    "--service-time", "1ms" }, function(child) return (tmp.read(child.out) or ""):find "http" end)
  local url = tmp.read(shop.out):match "(http%S+)"
  local _, result = measure.lload(THINKING,
    { "--base-url", url })
  measure.stop(shop)
  local d = result.metrics.http_req_duration
  return { users = 3000, p50 = d.med, p95 = d["p(95)"], p99 = d["p(99)"] }
end

local function compare(text, ramp_s, users)
  local nginx = measure.nginx(users + 1000)
  local few, many = run(text, 1, 100, nginx.url), run(text, ramp_s, users, nginx.url)
  measure.stop(nginx)
  many.kb_a_user = slope(few, many)
  return many
end

--- Users with a connection each: memory a user, longest stall, failures.
---@param users integer
function M.connected(users) return compare(CONNECTED, math.ceil(users / 1500), users) end

--- All figures; `users` is how many have a connection each.
---@param users integer
function M.run(users)
  return {
    connected = M.connected(users),
    unconnected = compare(UNCONNECTED, 20, 100000),
    millisecond = one_millisecond(),
  }
end

return M
