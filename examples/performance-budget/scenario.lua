-- What is asked of the shop again and again while somebody makes it quicker.

local lload = require "lload"
local http, random = lload.http, lload.random

return {
  name = "performance budget",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  stages = {
    steady = { executor = "constant-vus", vus = 20, duration = lload.env("DURATION", "15s") },
  },

  thresholds = { http_req_failed = "rate<1%" },

  journey = function()
    http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
    http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
    http.post("/api/login", { json = { email = random.string(8) .. "@example.com" } })
  end,
}
