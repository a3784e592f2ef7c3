-- Users from a CSV file, order bodies from a JSON file.

local lload = require "lload"
local http, check = lload.http, lload.check

-- Paths are relative to this file. Each file is read once, whatever the number of users.
local users = lload.csv "data/users.csv"    -- a row is a table of texts, by the names in line 1
local orders = lload.json "data/orders.json" -- an array: an element is a Lua value

-- User 1 gets row 1, user 2 row 2, and so on around.
local function log_in(vu)
  local account = users[(vu.id - 1) % #users + 1]
  local login = http.post("/api/login", {
    json = { email = account.email, password = account.password },
  })
  vu.token = login:expect(200):json "token"
end

local function order(vu)
  local wanted = orders:random() -- any element, chosen by the seed
  local created = http.post("/api/orders/create", {
    bearer = vu.token,
    json = { items = wanted.items },
    tags = { what = wanted.what },
  })
  check(created, {
    ["the order has all its lines"] = function(r)
      return #(r:json "items" or {}) == #wanted.items
    end,
  })
  lload.think(0.1, 0.3)
end

-- All rows, in order. Bad data is found while the file loads, before anything is sent.
for number, row in users:rows() do
  assert(row.email:find "@", "data/users.csv: row " .. number .. " has no e-mail address")
end

return {
  name = "data_driven",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { orders = { executor = "constant-vus", vus = 6, duration = "4s" } },
  thresholds = { checks = "rate==100%" },
  on_start = log_in,
  journey = order,
}
