--- The template `api`: the endpoints of a JSON API, with a token.

return [==[
-- An API under load: lists, reads and creates things with a bearer token.
--
--   lload run scenario.lua -e TOKEN=… --base-url https://api.staging.test
--   lload run scenario.lua --stage load
--
-- The paths are those of lload's demo shop; put your own in their place. From an OpenAPI document,
-- lload import openapi writes a file like this one.
local lload = require "lload"
local http, check, random = lload.http, lload.check, lload.random

-- From outside: -e TOKEN=…, or the environment. Without one, this logs in: see setup.
local TOKEN = lload.env("TOKEN", "")

-- A check for a status. Made once for each, not for each request.
local function status(wanted)
  return { ["status " .. wanted] = function(r) return r.status == wanted end }
end

local OK = status(200)

local function list()
  local page = http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
  check(page, OK)
  return page:json "products[1].id"
end

local function read()
  local id = list()
  -- A param that is nil ends the iteration, which is counted; no request goes to /nil.
  check(http.get("/api/v1/products/:id", { params = { id = id } }), OK)
end

local function create(vu)
  local cart = http.post("/api/cart/add", {
    bearer = vu.data.token,
    json = { productId = list(), quantity = random.int(1, 5) },
  })
  check(cart, OK)
end

return {
  name = "api",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  -- Goes with every request; what a request says itself wins.
  http = { timeout = "5s", headers = { Accept = "application/json" } },
  stages = {
    smoke = { executor = "constant-vus", vus = 1, duration = "5s" },
    load = {
      executor = "ramping-vus",
      steps = { { duration = "30s", target = 50 }, { duration = "2m", target = 50 } },
    },
    -- The highest rate at which the thresholds still hold.
    limit = { executor = "search", of = "rate", from = 50, to = 2000, max_vus = 500 },
  },
  default_stage = "smoke",
  thresholds = {
    http_req_failed = "rate<0.5%",
    http_req_duration = "p(95)<300",
    checks = "rate>99%",
  },
  -- Once, before the run; what it returns is vu.data for all users.
  setup = function()
    if TOKEN ~= "" then return { token = TOKEN } end
    local login = http.post("/api/login", { json = { email = "ada@example.com" } })
    return { token = login:expect(200):json "token" }
  end,
  journeys = {
    read = { weight = 8, run = read },
    create = { weight = 2, run = create },
  },
}
]==]
