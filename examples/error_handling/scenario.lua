-- When things go wrong: what a response says, what ends an iteration, what only gets counted.

local lload = require "lload"
local http, check = lload.http, lload.check

local lost = lload.rate "lost"

-- A request never raises for what the network did: status is 0 and error says what happened.
local function ask_a_closed_port()
  local r = http.get("http://127.0.0.1:1/", { name = "closed port", timeout = "2s" })
  lost:add(r.error ~= nil)
  if r.error and r.error ~= "refused" then
    lload.log.warn(r.name, r.error, r.error_message)
  end
end

-- `expect` among the options says which statuses are no failure: here a 404 is what is wanted.
local function ask_for_nothing()
  local r = http.get("/api/v1/products/:id", { params = { id = 999 }, expect = { 200, 404 } })
  check(r, {
    ["an unknown product is a 404"] = function(res) return res.status == 404 end,
    ["the answer says why"] = function(res) return res:json "error" == "no such product" end,
  })
end

-- `r:expect` ends the iteration when it is not met. That is counted in iterations_failed with its
-- reason, and is no script error: the next iteration follows.
local function need_a_product()
  local id = lload.random.int(1, 300)
  local r = http.get("/api/v1/products/:id", { params = { id = id } }):expect "2xx"
  return r:json "price"
end

-- A body that is not JSON is no script error: json() returns nil and a message.
local function read_what_is_no_json()
  local value, message = http.get("/metrics"):json "price"
  check(value, { ["metrics are no JSON"] = function(v) return v == nil and message ~= nil end })
end

return {
  name = "error_handling",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { errors = { executor = "per-vu-iterations", vus = 2, iterations = 5 } },
  thresholds = {
    checks = "rate==100%",
    lost = "rate==100%",
    -- One request of four goes to a closed port, and nothing else may fail.
    http_req_failed = "rate<=25%",
    ["http_req_failed{name:GET /api/v1/products/:id}"] = "rate==0%",
  },
  journey = function()
    ask_a_closed_port()
    ask_for_nothing()
    need_a_product()
    read_what_is_no_json()
    lload.think(0.1)
  end,
}
