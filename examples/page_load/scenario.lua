-- A page as a browser loads it: the document first, then all it refers to, several at a time.

local lload = require "lload"
local http, check, group, think = lload.http, lload.check, lload.group, lload.think

-- Browsers open at most six connections to a host, and so does a user here.
local LIMITS = { batch = 20, per_host = 6 }

-- What the page refers to; of a page in HTML it would be page:html():all "img".
local function parts_of(page)
  local parts = {}
  for i, product in ipairs(page:json "products") do
    parts[i] = { "/api/v1/products/:id", params = { id = product.id }, tags = { kind = "part" } }
  end
  return parts
end

local function load_page(number)
  local page = http.get("/api/v1/products", { query = { page = number } }):expect(200)
  local parts = http.batch(parts_of(page), LIMITS)
  check(parts, {
    ["all parts are there"] = function()
      for _, part in ipairs(parts) do
        if not part.ok then return false end
      end
      return #parts == 20
    end,
  })
end

return {
  name = "page_load",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { visits = { executor = "constant-vus", vus = 3, duration = "4s" } },
  thresholds = {
    ["group_duration{group:page}"] = "p(95)<500", -- what a visitor waits for
    ["http_req_duration{kind:part}"] = "p(95)<300",
    checks = "rate==100%",
  },
  journey = function(vu)
    group("page", load_page, vu.iteration % 15 + 1)
    think(0.2, 0.4)
  end,
}
