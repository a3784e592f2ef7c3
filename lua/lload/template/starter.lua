--- The template `starter`: a journey, three stages, thresholds, and what else there is.

return [==[
-- A load test for lload. Check it:  lload check scenario.lua
-- Run it:                           lload run scenario.lua --stage smoke
-- Against another target:           lload run scenario.lua --base-url https://staging.test
local lload = require "lload"
local http, check, think = lload.http, lload.check, lload.think

-- A metric of your own: counter, gauge, rate or trend.
local slow_pages = lload.rate "slow_pages"

-- One journey: what one user does, again and again. Each user has its own connections.
local function browse(vu)
  local page = http.get "/"
  check(page, {
    ["the page is served"] = function(r) return r.status == 200 end,
  })
  slow_pages:add(page.timings.duration > 500) -- times are in milliseconds
  think(1, 3)                                 -- seconds, picked evenly

  -- A path with a parameter is one series in the results, named "GET /items/:id".
  http.get("/items/:id", { params = { id = vu.iteration % 10 + 1 } })
end

return {
  -- Can be set from outside: BASE_URL=… lload run, -e BASE_URL=… or --base-url.
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  -- Load profiles, chosen with --stage.
  stages = {
    smoke = { executor = "constant-vus", vus = 2, duration = "10s" },
    ramp = {
      executor = "ramping-vus",
      steps = {
        { duration = "1m", target = 50 },
        { duration = "3m", target = 50 },
        { duration = "30s", target = 0 },
      },
    },
    spike = { executor = "spike", vus = 10, peak = 100, rise = "10s", hold = "1m", fall = "10s" },
  },
  default_stage = "smoke",

  -- What must hold; when one does not, the exit code is 99.
  thresholds = {
    http_req_duration = { "p(95)<800", "p(99)<2000" },
    http_req_failed = "rate<1%",
    checks = "rate>99%",
  },

  -- Other hooks: setup() once before the run, on_start(vu) once a user, on_stop(vu),
  -- teardown(data) once after it. Several journeys:
  --   journeys = { browse = { weight = 7, run = browse }, buy = { weight = 3, run = buy } }
  journey = browse,
}
]==]
