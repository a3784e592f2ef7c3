-- Several kinds of visitors: each iteration picks a journey in proportion to its weight.

local lload = require "lload"
local http, think, random = lload.http, lload.think, lload.random

local function look()
  http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
  think(0.1, 0.2)
end

local function study()
  http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
  think(0.1, 0.2)
end

local function log_in()
  http.post("/api/login", { json = { email = random.string(8) .. "@example.com" } })
  think(0.1, 0.2)
end

return {
  name = "weighted_journeys",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = {
    -- 60 %, 30 %, 10 %, as the weights below say.
    mixed = { executor = "constant-vus", vus = 10, duration = "5s" },
    -- A profile that names a journey runs only that one.
    logins = { executor = "constant-vus", vus = 5, duration = "3s", journey = "log_in" },
  },
  default_stage = "mixed",
  journeys = {
    look = { weight = 6, run = look },
    study = { weight = 3, run = study },
    log_in = { weight = 1, run = log_in },
  },
}
