-- Tokens: those of the server taken apart, one of our own refused, and a signed request.

local lload = require "lload"
local http, check, crypto, jwt = lload.http, lload.check, lload.crypto, lload.jwt

local function login(vu)
  local email = ("buyer%d@example.com"):format(vu.id)
  vu.token = http.post("/api/login", { json = { email = email } }):expect(200):json "token"
  vu.claims = assert(jwt.decode(vu.token)) -- without a key nothing is verified
end

local function orders(token, expect)
  return http.get("/api/v1/users/:id/orders", {
    params = { id = jwt.decode(token).sub }, bearer = token, expect = expect,
  })
end

return {
  name = "tokens",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
  stages = { once = { executor = "per-vu-iterations", vus = 2, iterations = 5 } },
  thresholds = { checks = "rate==100%", http_req_failed = "rate==0%" },
  on_start = login,
  journey = function(vu)
    local ours = orders(vu.token, 200)
    -- The same claims, signed with a key that is not the shop's.
    local forged = orders(jwt.sign(vu.claims, "not the key"), 401)

    local body = '{"items":[{"productId":1,"quantity":1}]}'
    local order = http.post("/api/orders/create", {
      bearer = vu.token, body = body,
      headers = {
        ["Content-Type"] = "application/json",
        ["X-Signature"] = crypto.hmac("sha256", "a shared key", body, "base64"),
        ["Idempotency-Key"] = lload.uuid(),
      },
    })
    check(order, {
      ["the token is good"] = ours.ok,
      ["it is not yet over"] = vu.claims.exp > lload.time.now(),
      ["a forged one is refused"] = forged.ok,
      ["ordered"] = order.status == 201,
    })
  end,
}
