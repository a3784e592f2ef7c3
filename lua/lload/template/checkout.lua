--- The template `checkout`: users who log in, browse, and sometimes buy.

return [==[
-- A shop under load: everybody logs in and browses, three of ten buy.
--
--   lload run scenario.lua                        a first try: two users
--   lload run scenario.lua --stage ramp           up to 100 users
--   lload run scenario.lua --stage spike --base-url https://staging.test
--
-- The paths and fields are those of lload's demo shop; put your own in their place.
local lload = require "lload"
local http, check, group = lload.http, lload.check, lload.group
local think, random = lload.think, lload.random

-- From outside, with -e NAME=VALUE or the environment: THINK=0 is as fast as possible.
local THINK = tonumber(lload.env("THINK", "1")) or 1
local PASSWORD = lload.env("PASSWORD", "any")

local function pause(shortest, longest) think(shortest * THINK, longest * THINK) end

-- Metrics of your own: counter, gauge, rate or trend.
local orders = lload.counter "orders"

-- Once for each user, before its first journey. What is kept in vu stays with the user.
local function log_in(vu)
  local login = http.post("/api/login", {
    json = { email = ("user%d@example.com"):format(vu.id), password = PASSWORD },
  })
  vu.token = login:expect(200):json "token"
end

-- Looks at a page of the catalogue and at one product of it; returns the product's id.
local function look_around()
  local page = http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
  check(page, { ["products are listed"] = function(r) return r:json "products[1].id" ~= nil end })
  pause(1, 3)

  local id = page:json(("products[%d].id"):format(random.int(1, 5)))
  -- All products are one series in the results, "GET /api/v1/products/:id".
  local product = http.get("/api/v1/products/:id", { params = { id = id } })
  check(product, { ["product 200"] = function(r) return r.status == 200 end })
  pause(1, 3)
  return id
end

local function browse() look_around() end

local function buy(vu)
  local product_id = look_around()
  -- A group is timed as a whole.
  group("checkout", function()
    local cart = http.post("/api/cart/add", {
      bearer = vu.token,
      json = { productId = product_id, quantity = random.int(1, 3) },
    })
    check(cart, { ["cart add 200"] = function(r) return r.status == 200 end })
    pause(1, 2)

    local order = http.post("/api/orders/create", {
      bearer = vu.token,
      json = { cartId = cart:json "cartId" },
    })
    if check(order, { ["order create 201"] = function(r) return r.status == 201 end }) then
      orders:add(1)
    end
  end)
  pause(1, 3)
end

return {
  name = "checkout",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  http = { timeout = "10s" },
  stages = {
    smoke = { executor = "constant-vus", vus = 2, duration = "10s" },
    ramp = {
      executor = "ramping-vus",
      steps = {
        { duration = "1m", target = 25 },
        { duration = "2m", target = 100 },
        { duration = "3m", target = 100 },
        { duration = "1m", target = 0 },
      },
    },
    spike = { executor = "spike", vus = 10, peak = 100, rise = "10s", hold = "1m", fall = "10s" },
  },
  default_stage = "smoke",
  thresholds = {
    http_req_failed = "rate<1%",
    http_req_duration = { "p(95)<500", "p(99)<1s" },
    -- One endpoint by its name. Short runs may place no order, which is no failure here.
    ["http_req_duration{name:POST /api/orders/create}"] = { "p(95)<800", on_no_data = "pass" },
    checks = "rate>99%",
  },
  on_start = log_in,
  journeys = {
    browse = { weight = 7, run = browse },
    buy = { weight = 3, run = buy },
  },
}
]==]
