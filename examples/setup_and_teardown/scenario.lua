-- What happens once a run, and what happens once a user.

local lload = require "lload"
local http = lload.http

-- Once, before all users, within 60 s. What it returns is copied to every user as vu.data.
local function setup()
  local page = http.get("/api/v1/products"):expect(200)
  local ids = {}
  for _, product in ipairs(page:json "products") do
    ids[#ids + 1] = product.id
  end
  lload.log.info("setup found", #ids, "products")
  return { ids = ids, campaign = "summer" }
end

-- Once per user, before its first iteration. Fields set on vu live as long as the user.
local function on_start(vu)
  local login = http.post("/api/login", { json = { email = "u" .. vu.id .. "@example.com" } })
  vu.token = login:expect(200):json "token"
  vu.bought = 0
end

local function buy(vu)
  local item = { productId = lload.random.pick(vu.data.ids), quantity = 1 }
  local order = http.post("/api/orders/create", {
    bearer = vu.token,
    headers = { ["X-Campaign"] = vu.data.campaign },
    json = { items = { item } },
  })
  vu.bought = vu.bought + (order.ok and 1 or 0)
  lload.think(0.2, 0.4)
end

-- Once per user, after its last iteration.
local function on_stop(vu)
  lload.log.info("user", vu.id, "bought", vu.bought)
end

-- Once, after all users. It gets what setup returned.
local function teardown(data)
  lload.log.info("teardown of campaign", data.campaign)
end

return {
  name = "setup_and_teardown",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { buy = { executor = "constant-vus", vus = 3, duration = "3s" } },
  setup = setup,
  on_start = on_start,
  journey = buy,
  on_stop = on_stop,
  teardown = teardown,
}
