-- How much can it take? A search raises the load until a threshold fails, and closes in on the
-- limit.

local lload = require "lload"
local http, random = lload.http, lload.random

return {
  name = "search",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  stages = {
    -- The highest rate: iterations started a second, however long each takes.
    rate = {
      executor = "search",
      from = "50/s",    -- where it begins; then twice as much, and so on
      to = "2000/s",    -- more is not tried
      max_vus = 500,    -- the most users that may be busy at once
      hold = "3s",      -- each level is measured for so long …
      settle = "1s",    -- … after so long without measuring
      resolution = "5%", -- how close the good and the bad end come
    },

    -- The highest number of users, each of whom waits for its answers.
    users = { executor = "search", of = "vus", from = 5, to = 200, hold = "3s", settle = "1s" },
  },
  default_stage = "rate",

  -- What makes a level good: all of these hold, for its own requests alone.
  thresholds = {
    http_req_duration = "p(95)<200",
    http_req_failed = "rate<1%",
  },

  journey = function()
    http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
  end,
}
