--- Credentials for HTTP Digest: each leg a sample, the body and all else as they were.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local journey = require "spec.support.journey"
local server = require "spec.support.server"

describe("digest", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  local function run(body, args)
    return journey.run(body, args, { base_url = httpd.url })
  end

  it("sends the request again, its body and headers included", function()
    local r = run [[
local big = ("x"):rep(50000)
local r = http.post("/challenge", { body = big, digest = { "ann", "secret" } })
same(r.status, 200) same(r.body, big) same(r.ok, true) same(#r.hops, 0)
r = http.post("/challenge", { json = { id = 7 }, compress = "gzip", digest = "ann:secret" })
same(r:json "id", 7) same(r.headers["content-encoding"], "gzip")
same(http.get("/echo", { digest = "ann:x" }):json "headers.authorization", nil)
same(http.get("/challenge", { expect = 401 }).body, "who are you?\n") ]]
    assert.equal(6, httpd:counts().total)
    assert.equal(6, r.result.metrics.http_reqs.count)
    local request = expect.request(r, "POST /challenge")
    assert.same({ 4, { ["200"] = 2, ["401"] = 2 } }, { request.count, request.status })
    assert.equal(0, r.result.metrics.http_req_failed.passes)
    assert.equal(1, httpd:counts().connections)
  end)

  it("wins over an Authorization of the file, and asks without any first", function()
    local r = cli.run_scenario([[
return {
  http = { headers = { authorization = "Basic nothing" } },
  journey = function()
    local r = http.get("/challenge", { digest = { "ann", "secret" } })
    assert(r.status == 200, r.status)
  end,
}]], {}, { base_url = httpd.url })
    expect.code(r, 0)
    assert.equal(2, httpd:counts().total)
  end)

  it("goes with a redirect, but not to another origin", function()
    run([[
local function follow(to)
  return http.get("/answer", answer(307, "Location: " .. to, { digest = "ann:secret" }))
end
local r = follow "/challenge"
same(r.status, 200) same(#r.hops, 1)
same(follow("http://localhost:" .. lload.env "PORT" .. "/challenge").status, 401)
r = http.get("/challenge", { digest = "ann:secret", timeout = "5s" })
same(r.status, 200) ]], { "-e", "PORT=" .. httpd.port })
  end)

  it("is misuse where it is no pair, or not alone", function()
    run [[
local function raises(words, f)
  local ok, message = pcall(f)
  same(ok, false) assert(message:find(words, 1, true), message)
end
local function get(options) return function() http.get("/challenge", options) end end
raises("digest: there is no colon", get { digest = "ann" })
raises("digest: { user, password } or", get { digest = { "ann" } })
raises("digest: text is wanted", get { digest = true })
raises("bearer, basic and digest exclude each other", get { digest = "a:b", basic = "a:b" })
raises("headers.Authorization and bearer, basic or digest exclude each other",
  get { digest = "a:b", headers = { authorization = "x" } })
raises("has a line break", get { digest = "a:b\n" }) ]]
    assert.equal(0, httpd:counts().total)
  end)
end)
