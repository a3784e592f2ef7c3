-- Requests that belong together are timed together, and judged together.

local lload = require "lload"
local http, group, think, random = lload.http, lload.group, lload.think, lload.random

local function read_product()
  http.get("/api/v1/products/:id", { params = { id = random.int(1, 300) } })
end

-- A group returns what its function returns, and hands on further arguments.
local function fill_cart(token, lines)
  local cart_id
  for _ = 1, lines do
    local cart = http.post("/api/cart/add", {
      bearer = token,
      json = { productId = random.int(1, 300), quantity = 1, cartId = cart_id },
    }):expect(200)
    cart_id = cart:json "cartId"
  end
  return cart_id
end

local function pay(token, cart_id)
  http.post("/api/orders/create", { bearer = token, json = { cartId = cart_id } })
end

local function visit(vu)
  group("browse", read_product)
  think(0.05, 0.1)
  group("checkout", function()
    local cart_id = group("cart", fill_cart, vu.token, 3) -- its tag is "checkout::cart"
    group("pay", pay, vu.token, cart_id)
  end)
  think(0.05, 0.1)
end

return {
  name = "groups",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { visits = { executor = "constant-vus", vus = 5, duration = "4s" } },
  thresholds = {
    ["group_duration{group:checkout}"] = "p(95)<500",
    ["group_duration{group:checkout::cart}"] = "p(95)<300",
    ["http_req_duration{group:browse}"] = "p(95)<200",
  },
  on_start = function(vu)
    local login = http.post("/api/login", { json = { email = "u" .. vu.id .. "@example.com" } })
    vu.token = login:expect(200):json "token"
  end,
  journey = visit,
}
