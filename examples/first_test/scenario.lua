-- The smallest useful load test: one request, one check, one threshold.

local lload = require "lload"

return {
  name = "first_test",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  stages = {
    first = { executor = "constant-vus", vus = 10, duration = "5s" },
  },

  thresholds = {
    http_req_duration = "p(95)<200", -- milliseconds
    checks = "rate>99%",
  },

  -- What one user does, again and again.
  journey = function()
    local page = lload.http.get "/api/v1/products"
    lload.check(page, {
      ["the status is 200"] = function(r) return r.status == 200 end,
    })
    lload.think(0.1, 0.3) -- seconds
  end,
}
