-- One product.

local lload = require "lload"
local suite = require "lib.suite"

return {
  name = "product",
  base_url = suite.base_url,
  stages = suite.stages,
  journey = function()
    lload.http.get("/api/v1/products/:id", { params = { id = lload.random.int(1, 300) } })
  end,
}
