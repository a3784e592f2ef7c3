-- The shop as its users see it, for any scenario that requires it.

local lload = require "lload"
local http, check = lload.http, lload.check

local M = {}

--- Logs in and returns the token. An answer other than 200 ends the iteration.
function M.log_in(email)
  return http.post("/api/login", { json = { email = email } }):expect(200):json "token"
end

--- Orders one product and returns the order's id, or nil.
function M.order(token, product_id)
  local created = http.post("/api/orders/create", {
    bearer = token,
    json = { items = { { productId = product_id, quantity = 1 } } },
  })
  local ok = check(created, { ["order created"] = function(r) return r.status == 201 end })
  return ok and created:json "id" or nil
end

return M
