-- The orders of the user.

local lload = require "lload"
local suite = require "lib.suite"

return {
  name = "orders",
  base_url = suite.base_url,
  stages = suite.stages,
  on_start = suite.log_in,
  journey = function(vu)
    lload.http.get("/api/v1/users/:id/orders", { params = { id = vu.user }, bearer = vu.token })
  end,
}
