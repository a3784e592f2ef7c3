-- Some users fill carts, others pay for them: they hand them over through a queue.

local lload = require "lload"
local http, random = lload.http, lload.random

local carts = lload.shared.queue("carts", { limit = 100 })
local lost = lload.counter "carts_lost"
local waited = lload.trend "cart_waited_ms"

-- A cart belongs to the user who filled it, so its token goes with it.
local function fill(vu)
  local cart = http.post("/api/cart/add", {
    bearer = vu.token, json = { productId = random.int(1, 300), quantity = 1 },
  }):expect(200)
  local order = { cart = cart:json "cartId", token = vu.token, at = lload.time.now() }
  if not carts:push(order) then lost:add(1) end
end

local function pay()
  local order = carts:pop "1s"
  if not order then return end
  waited:add((lload.time.now() - order.at) * 1000)
  http.post("/api/orders/create", { bearer = order.token, json = { cartId = order.cart } })
  lload.think(0.1, 0.3)
end

return {
  name = "producers_and_consumers",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = {
    trade = {
      { executor = "constant-arrival-rate", rate = "20/s", duration = "4s", max_vus = 10,
        journey = "fill" },
      { executor = "constant-vus", vus = 5, duration = "4s", journey = "pay" },
    },
  },
  thresholds = { http_req_failed = "rate<1%" },
  on_start = function(vu)
    local login = http.post("/api/login", { json = { email = "u" .. vu.id .. "@example.com" } })
    vu.token = login:expect(200):json "token"
  end,
  journeys = { fill = fill, pay = pay },
}
