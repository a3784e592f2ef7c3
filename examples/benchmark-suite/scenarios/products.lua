-- A page of the catalogue.

local lload = require "lload"
local suite = require "lib.suite"

return {
  name = "products",
  base_url = suite.base_url,
  stages = suite.stages,
  journey = function()
    lload.http.get("/api/v1/products", { query = { page = lload.random.int(1, 15) } })
  end,
}
