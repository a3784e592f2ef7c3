--- The way through the shop: log in, browse, fill a cart, order, look at the order.
--
--   lload run scenarios/checkout.lua --stage spike
--   lload run scenarios/checkout.lua --stage ramp --base-url http://staging.test -e THINK=0.5
--
-- Settings, each from `-e NAME=VALUE` or the environment:
--
--   BASE_URL   where the shop is                        http://127.0.0.1:8080
--   THINK      factor on every think time, 0 for none   1
--   PEAK       users at the top of ramp and spike       100
--   SOAK       how long the soak stage holds its load   30m

local lload = require "lload"
local http, check, group, random = lload.http, lload.check, lload.group, lload.random

local function number(name, default)
  return tonumber(lload.env(name, default)) or error(name .. " must be a number", 2)
end

local THINK = number("THINK", "1")
local PEAK = number("PEAK", "100")
local PAGES = 15 -- of the shop's catalogue

-- Data files are read once and shared by all users.
local users = lload.csv "data/users.csv"
local products = lload.csv "data/products.csv"

-- What the built-in metrics do not know. Metrics are declared while the file loads.
local order_latency = lload.trend "order_creation_latency" -- milliseconds
local orders = lload.counter "orders_created"
local errors = lload.rate "errors"

-- Waits like a person who reads: a random time between two numbers of seconds.
local function pause(shortest, longest)
  lload.think(shortest * THINK, longest * THINK)
end

-- Checks a response, and counts in `errors` whether something was wrong.
local function verify(response, tests)
  local ok = check(response, tests)
  errors:add(not ok)
  return ok
end

-- Once per user, before its first journey. Each user has an account, a token, its own connections.
local function log_in(vu)
  local account = users[(vu.id - 1) % #users + 1]
  local login = http.post("/api/login", {
    json = { email = account.email, password = account.password },
  })
  login:expect(200) -- else this user tries again a second later
  vu.token = login:json "token"
end

-- Seven of ten iterations: a page of the catalogue, then one product.
local function browse()
  local page = http.get("/api/v1/products", { query = { page = random.int(1, PAGES) } })
  verify(page, {
    ["the page lists products"] = function(r) return r:json "products[1].id" ~= nil end,
  })
  pause(0.3, 1)

  local wanted = products:random()
  local product = http.get("/api/v1/products/:id", { params = { id = wanted.id } })
  verify(product, {
    ["the product has its id"] = function(r) return r:json "id" == tonumber(wanted.id) end,
  })
  pause(0.3, 1)
end

-- Puts one to three products into a new cart. Returns its id, or nil if the shop refused one.
local function fill_cart(vu)
  local cart_id
  for _ = 1, random.int(1, 3) do
    local product = products:random()
    local cart = http.post("/api/cart/add", {
      bearer = vu.token,
      json = {
        cartId = cart_id, -- nil for the first product: the shop then opens a cart
        productId = tonumber(product.id),
        quantity = random.int(1, tonumber(product.max_quantity)),
        variant = product.variant,
      },
    })
    if not verify(cart, { ["cart add 200"] = function(r) return r.status == 200 end }) then
      return nil
    end
    cart_id = cart:json "cartId"
    pause(0.2, 0.6)
  end
  return cart_id
end

-- Orders what is in the cart, then reads the order back.
local function place_order(vu, cart_id)
  local order = http.post("/api/orders/create", { bearer = vu.token, json = { cartId = cart_id } })
  order_latency:add(order.timings.duration)
  if not verify(order, { ["order create 201"] = function(r) return r.status == 201 end }) then
    return
  end
  orders:add(1)

  local order_id = order:json "id"
  local read = http.get("/api/orders/:id", { params = { id = order_id }, bearer = vu.token })
  verify(read, {
    ["order get 200"] = function(r) return r.status == 200 end,
    ["the order has its id"] = function(r) return r:json "id" == order_id end,
  })
end

-- Three of ten iterations. A group is timed as a whole, and its name is on every sample inside.
local function buy(vu)
  local cart_id = group("cart", fill_cart, vu)
  if cart_id then
    group("order", place_order, vu, cart_id)
  end
  pause(0.3, 1)
end

---@type lload.Scenario
return {
  name = "checkout",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  http = { timeout = "10s" },

  -- How much load, and when. `--stage NAME` chooses one; `lload check` prints what each does.
  stages = {
    smoke = { executor = "constant-vus", vus = 2, duration = "10s" },
    ramp = {
      executor = "ramping-vus",
      start_vus = 5,
      steps = {
        { duration = "1m", target = math.ceil(PEAK / 4) },
        { duration = "2m", target = PEAK },
        { duration = "3m", target = PEAK },
        { duration = "1m", target = 0 },
      },
    },
    spike = {
      executor = "spike",
      vus = 10, peak = PEAK,
      before = "5s", rise = "2s", hold = "6s", fall = "2s", recovery = "5s",
    },
    soak = {
      executor = "soak",
      vus = math.ceil(PEAK / 2), ramp = "1m", duration = lload.env("SOAK", "30m"),
    },
  },
  default_stage = "smoke",

  -- What must hold for the run to pass. Times are in milliseconds unless a unit is given. A short
  -- run may place no order; elsewhere a threshold without data fails.
  thresholds = {
    http_req_failed = "rate<1%",
    http_req_duration = { "p(95)<500", "p(99)<1s" },
    ["http_req_duration{name:POST /api/orders/create}"] = { "p(95)<800", on_no_data = "pass" },
    checks = "rate>99%",
    errors = "rate<1%",
    order_creation_latency = { "p(95)<800", on_no_data = "pass" },
  },

  on_start = log_in,
  journeys = {
    browse = { weight = 7, run = browse },
    buy = { weight = 3, run = buy },
  },
}
