-- The four kinds of metrics of your own, and thresholds on them.

local lload = require "lload"
local http, random = lload.http, lload.random

-- Declared while the file loads; a declaration in a journey is an error.
local page_bytes = lload.trend "page_bytes"          -- a distribution: avg, med, p(95)…
local products_seen = lload.counter "products_seen"  -- a sum
local pages_known = lload.gauge "pages_known"        -- the latest value, with least and greatest
local empty_pages = lload.rate "empty_pages"         -- the share of true values

local function browse()
  local number = random.int(1, 20)
  local page = http.get("/api/v1/products", { query = { page = number } })
  local products = page:json "products" or {}

  page_bytes:add(#page.body, { half = number <= 10 and "first" or "second" })
  products_seen:add(#products)
  pages_known:add(page:json "pages" or 0)
  empty_pages:add(#products == 0) -- pages 16 to 20 are past the end
  lload.think(0.05, 0.1)
end

return {
  name = "custom_metric",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { browse = { executor = "constant-vus", vus = 5, duration = "4s" } },
  thresholds = {
    page_bytes = "max<10000",
    -- A tag given to `add` makes a series of its own that can be judged alone.
    ["page_bytes{half:first}"] = { "min>1000", on_no_data = "pass" },
    pages_known = "value==15",
  },
  journey = browse,
}
