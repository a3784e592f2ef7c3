-- A scenario in two files: what the shop can do is in lib/shop.lua, beside this one.

local lload = require "lload"
local shop = require "lib.shop"

return {
  name = "modules",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { orders = { executor = "constant-vus", vus = 3, duration = "3s" } },
  thresholds = { checks = "rate==100%" },
  on_start = function(vu) vu.token = shop.log_in("u" .. vu.id .. "@example.com") end,
  journey = function(vu)
    shop.order(vu.token, lload.random.int(1, 300))
    lload.think(0.1, 0.3)
  end,
}
