--- The template `soak`: the same load for long, to find what drifts.

return [==[
-- A soak test: an even load for long, to find what grows or slows down with time. The verdict says
-- whether latency, errors or the target's own metrics drift.
--
--   lload run scenario.lua --stage try                  does it work at all?
--   lload run scenario.lua --out results/soak           half an hour; charts in report.html
--   lload run scenario.lua -e HOURS=8 --out results/soak
local lload = require "lload"
local http, check, think, random = lload.http, lload.check, lload.think, lload.random

local HOURS = tonumber(lload.env("HOURS", "0.5")) or 0.5

local function visit()
  local page = http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
  check(page, { ["page 200"] = function(r) return r.status == 200 end })
  think(1, 3)
  http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
  think(1, 3)
end

return {
  name = "soak",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = {
    try = { executor = "constant-vus", vus = 2, duration = "5s" },
    soak = {
      executor = "soak",
      vus = 50,
      ramp = "2m", -- until all users are there; not part of the verdict
      duration = HOURS * 3600,
    },
  },
  default_stage = "soak",
  thresholds = {
    http_req_failed = "rate<0.1%",
    -- The worst five minutes, not the average of a night.
    http_req_duration = "p(95)<800 over 5m",
  },
  journey = visit,
}
]==]
