-- Load that changes: steps one after another, and profiles beside each other.

local lload = require "lload"
local http, think, random = lload.http, lload.think, lload.random

local function browse()
  http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
  think(0.05, 0.1)
end

local function log_in()
  local domain = lload.env("DOMAIN", "example.com") -- a profile may set it, see below
  http.post("/api/login", { json = { email = random.string(8) .. "@" .. domain } })
  think(0.05, 0.1)
end

return {
  name = "ramping",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  stages = {
    -- Straight lines from target to target. Every sample knows its step.
    steps = {
      executor = "ramping-vus",
      start_vus = 2,
      steps = {
        { duration = "2s", target = 20 }, -- step 1: up
        { duration = "3s", target = 20 }, -- step 2: hold
        { duration = "2s", target = 0 },  -- step 3: down
      },
      graceful_ramp_down = "5s", -- how long a user that is not wanted any more may finish
    },

    -- A list of profiles runs in parallel, each with users of its own.
    parallel = {
      { executor = "constant-vus", vus = 5, duration = "6s", journey = "browse" },
      {
        executor = "ramping-vus",
        start_time = "2s", -- joins later
        start_vus = 0,
        steps = { { duration = "2s", target = 10 }, { duration = "2s", target = 0 } },
        journey = "log_in",
        tags = { who = "newcomers" },
        env = { DOMAIN = "newcomers.example" },
      },
    },
  },
  default_stage = "steps",

  thresholds = {
    ["http_req_duration{step:2}"] = { "p(95)<200", on_no_data = "pass" },
    ["http_req_duration{who:newcomers}"] = { "p(95)<300", on_no_data = "pass" },
  },

  journeys = { browse = browse, log_in = log_in },
}
