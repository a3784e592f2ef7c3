-- What the four scenarios of the suite have in common: where, how much, how long.

local lload = require "lload"

local M = {}

M.base_url = lload.env("BASE_URL", "http://127.0.0.1:8080")

M.stages = {
  steady = { executor = "constant-vus", vus = 20, duration = lload.env("DURATION", "5s") },
}

--- Logs a user in, for endpoints that want to know whose cart it is.
function M.log_in(vu)
  local login = lload.http.post("/api/login", {
    json = { email = ("user%d@example.com"):format(vu.id) }, name = "log in",
  })
  login:expect(200)
  vu.token, vu.user = login:json "token", login:json "userId"
end

return M
