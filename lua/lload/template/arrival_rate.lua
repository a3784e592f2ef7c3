--- The template `arrival-rate`: iterations that start at a rate, whatever the server does.

return [==[
-- Load as a rate: so many iterations start each second, whether the server keeps up or not. That is
-- how people arrive who know nothing of each other; users in a loop would wait for a slow server
-- and spare it.
--
--   lload run scenario.lua                       20 iterations a second for 20 seconds
--   lload run scenario.lua --stage launch        up to 200 a second
--   lload run scenario.lua -r 50/s -d 1m         another rate, without editing the file
--   lload check scenario.lua --arrivals 5        when the first ones start
local lload = require "lload"
local http, check, random = lload.http, lload.check, lload.random

-- An iteration is what one arrival does; without think time it is soon over.
local function visit()
  local page = http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
  check(page, { ["page 200"] = function(r) return r.status == 200 end })
end

return {
  name = "arrivals",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = {
    steady = {
      executor = "constant-arrival-rate",
      rate = "20/s",
      duration = "20s",
      -- As many iterations may run at once; arrivals beyond are dropped and counted.
      max_vus = 100,
      arrival = "poisson", -- at random moments; "uniform" spaces them evenly
    },
    launch = {
      executor = "ramping-arrival-rate",
      start_rate = 10,
      max_vus = 1000,
      steps = {
        { duration = "1m", target = 200 },
        { duration = "3m", target = 200 },
        { duration = "30s", target = 0 },
      },
    },
  },
  default_stage = "steady",
  thresholds = {
    -- From when an iteration was due to its end: what a person waits, lateness included.
    iteration_response_time = "p(95)<1s",
    http_req_failed = "rate<1%",
    dropped_iterations = "count==0",
  },
  journey = visit,
}
]==]
