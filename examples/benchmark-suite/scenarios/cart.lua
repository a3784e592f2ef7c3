-- Something is put into a new cart.

local lload = require "lload"
local suite = require "lib.suite"

return {
  name = "cart",
  base_url = suite.base_url,
  stages = suite.stages,
  on_start = suite.log_in,
  journey = function(vu)
    lload.http.post("/api/cart/add", {
      bearer = vu.token, json = { productId = lload.random.int(1, 300), quantity = 1 },
    })
  end,
}
