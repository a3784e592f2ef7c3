-- The launch: log in once, look at a product, put it into the cart, order. Four requests in each
-- iteration but the first, which logs in as well.

local lload = require "lload"
local http, random = lload.http, lload.random

-- How long each level is held; the tests of this project hold them shorter.
local HOLD = lload.env("HOLD", "20s")

local function levels(...)
  local steps = {}
  for _, vus in ipairs { ... } do
    steps[#steps + 1] = { duration = 0, target = vus }
    steps[#steps + 1] = { duration = HOLD, target = vus }
  end
  return steps
end

local function log_in(vu)
  local login = http.post("/api/login", { json = { email = ("user%d@example.com"):format(vu.id) } })
  login:expect(200)
  vu.token = login:json "token"
end

local function check_out(vu)
  local id = random.int(1, 300)
  http.get("/api/v1/products/:id", { params = { id = id } })
  local cart = http.post("/api/cart/add", {
    bearer = vu.token, json = { productId = id, quantity = 1 },
  })
  cart:expect(200)
  local order = http.post("/api/orders/create", {
    bearer = vu.token, json = { cartId = cart:json "cartId" },
  })
  order:expect(201)
  http.get("/api/orders/:id", { bearer = vu.token, params = { id = order:json "id" } })
end

return {
  name = "checkout at launch",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),

  -- Users without think time: a user stands for the requests in flight, not for a person.
  stages = {
    levels = { executor = "ramping-vus", start_vus = 5, steps = levels(5, 10, 20, 40, 60) },
  },

  thresholds = {
    http_req_duration = { "p(95)<125", on_no_data = "pass" },
    http_req_failed = "rate<1%",
  },

  on_start = log_in,
  journey = check_out,
}
