-- Visitors do not wait for each other: iterations that start when they are due, not when there is a
-- user free.

local lload = require "lload"
local http, random = lload.http, lload.random

local function look_at_a_product()
  http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
end

return {
  name = "open_model",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  stages = {
    -- The closed model: ten users, each of whom starts anew every 50 ms, but never before its
    -- answer has come. While the server stands still, so do they.
    closed = { executor = "constant-vus", vus = 10, duration = "6s", pacing = "50ms" },

    -- The open model: as many a second, whatever the server does. Who is due is started at once, by
    -- a user that is free or a new one, up to max_vus.
    open = { executor = "constant-arrival-rate", rate = "200/s", duration = "6s", max_vus = 400 },

    -- A rate may change, and arrivals may come at random, as people do.
    morning = {
      executor = "ramping-arrival-rate",
      start_rate = "20/s",
      steps = {
        { duration = "3s", target = "200/s" },
        { duration = "3s", target = "200/s" },
      },
      max_vus = 400,
      arrival = "poisson",
    },
  },
  default_stage = "open",

  thresholds = {
    -- From the moment that an iteration was due: what a visitor would have felt.
    iteration_response_time = { "p(99)<2s", on_no_data = "pass" },
    http_req_failed = "rate<1%",
  },

  journey = look_at_a_product,
}
