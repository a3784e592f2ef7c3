--- Does the shop work at all? One user asks each main endpoint once and checks the answer.
--
--   lload run scenarios/smoke.lua --base-url http://staging.test
--
-- Settings, each from `-e NAME=VALUE` or the environment:
--
--   BASE_URL   where the shop is                http://127.0.0.1:8080
--   EMAIL      who logs in                      smoke@example.com
--   PRODUCT    the product looked at and bought 17
--   ROUNDS     how often all this is done       1

local lload = require "lload"
local http, check, group = lload.http, lload.check, lload.group

local function number(name, default)
  return tonumber(lload.env(name, default)) or error(name .. " must be a number", 2)
end

local EMAIL = lload.env("EMAIL", "smoke@example.com")
local PRODUCT = number("PRODUCT", "17")

local function catalogue()
  check(http.get "/healthz", {
    ["healthz says ok"] = function(r) return r:json "status" == "ok" end,
  })
  check(http.get("/api/v1/products", { query = { page = 1 } }), {
    ["a page lists products"] = function(r) return r:json "products[1].name" ~= nil end,
  })
  check(http.get("/api/v1/products/:id", { params = { id = PRODUCT } }), {
    ["a product has a price"] = function(r) return type(r:json "price") == "number" end,
  })
end

-- `expect` ends the iteration when the answer is another: what follows needs this one.
local function log_in()
  local login = http.post("/api/login", { json = { email = EMAIL } }):expect(200)
  return login:json "token", login:json "userId"
end

local function order(token)
  local cart = http.post("/api/cart/add", {
    bearer = token,
    json = { productId = PRODUCT, quantity = 1 },
  }):expect(200)
  local created = http.post("/api/orders/create", {
    bearer = token,
    json = { cartId = cart:json "cartId" },
  }):expect(201)
  return created:json "id"
end

local function account(token, user_id, order_id)
  check(http.get("/api/orders/:id", { params = { id = order_id }, bearer = token }), {
    ["the order holds the product"] = function(r) return r:json "items[1].productId" == PRODUCT end,
  })
  check(http.get("/api/v1/users/:id/orders", { params = { id = user_id }, bearer = token }), {
    ["the newest order comes first"] = function(r) return r:json "orders[1].id" == order_id end,
  })
end

-- A shop that answers strangers is broken too. A 401 is what is wanted here, so it is no failure.
local function strangers()
  check(http.get("/api/orders/:id", { params = { id = 1 }, expect = 401 }), {
    ["an order is not shown without a token"] = function(r) return r.ok end,
  })
end

---@type lload.Scenario
return {
  name = "smoke",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  http = { timeout = "5s" },

  stages = {
    smoke = {
      executor = "per-vu-iterations",
      vus = 1, iterations = lload.env("ROUNDS", "1"), max_duration = "1m",
    },
  },

  -- Nothing may go wrong, not even once.
  thresholds = {
    checks = "rate==100%",
    http_req_failed = "rate==0%",
    iterations_failed = "count==0",
  },

  journey = function()
    group("catalogue", catalogue)
    local token, user_id = log_in()
    local order_id = group("order", order, token)
    group("account", account, token, user_id, order_id)
    group("strangers", strangers)
  end,
}
