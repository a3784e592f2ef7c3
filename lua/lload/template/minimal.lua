--- The template `minimal`: the least that is a load test.

return [==[
-- A load test for lload.  Run it:  lload run scenario.lua --base-url http://127.0.0.1:8080
local lload = require "lload"

return {
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = {
    -- Ten users for half a minute.
    load = { executor = "constant-vus", vus = 10, duration = "30s" },
  },
  -- When one of these does not hold, the exit code is 99.
  thresholds = { http_req_failed = "rate<1%", http_req_duration = "p(95)<800" },
  -- What each user does, again and again.
  journey = function()
    lload.http.get "/"
    lload.think(1, 3) -- seconds
  end,
}
]==]
