-- A gate for a pull request: thresholds decide the exit code, JUnit tells the CI why.

local lload = require "lload"
local http, check = lload.http, lload.check

local P95 = lload.env("P95", "200") -- milliseconds; the pipeline may be stricter than the desk

local function browse()
  local list = http.get("/api/v1/products", { query = { page = lload.random.int(1, 15) } })
  check(list, { ["there are products"] = function(r) return r:json "products[1]" ~= nil end })
  lload.think(0.05, 0.1)
  http.get("/api/v1/products/:id", { params = { id = lload.random.int(1, 300) } })
  lload.think(0.05, 0.1)
end

return {
  name = "catalogue_gate",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = {
    gate = { executor = "constant-vus", vus = 10, duration = "5s" },
  },
  thresholds = {
    -- Several expressions, each a verdict and a JUnit case of its own.
    http_req_duration = { "p(95)<" .. P95, "max<2s" },
    ["http_req_duration{name:GET /api/v1/products/:id}"] = "p(95)<" .. P95,
    checks = "rate>99.9%",
    -- Stops the run at once when a tenth of the requests fail: no need to wait for the end.
    http_req_failed = { "rate<10%", abort_on_fail = true, delay_abort = "1s" },
  },
  journey = browse,
}
