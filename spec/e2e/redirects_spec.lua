--- Redirects, followed above the transports: the same on both.
local expect = require "spec.support.expect"
local journey = require "spec.support.journey"
local server = require "spec.support.server"

describe("a redirect", function()
  local httpd, opts

  setup(function()
    httpd = server.httpd()
    opts = { base_url = httpd.url }
  end)

  teardown(function()
    httpd:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  -- The same server under another name is another origin.
  local function other()
    return { "--resolve", ("other.test:%s:127.0.0.1"):format(httpd.port),
      "-e", ("OTHER=http://other.test:%s"):format(httpd.port) }
  end

  it("is followed, and each hop is a sample of the request's name", function()
    local r = journey.run([[
local r = http.get "/redirect/3"
same(r.status, 200) same(r.ok, true) same(r.error, nil) same(r.body, "ok\n")
same(r.url, lload.env "URL" .. "/ok") same(r.name, "GET /redirect/3")
same(#r.hops, 3)
same(r.hops[1].status, 302) same(r.hops[1].url, lload.env "URL" .. "/redirect/3")
same(r.hops[3].url, lload.env "URL" .. "/redirect/1")
same(#http.get("/ok").hops, 0)
assert(r.hops == r.hops, "made anew") ]], { "-e", "URL=" .. httpd.url }, opts)
    local row = expect.request(r, "GET /redirect/3")
    assert.equal(4, row.count)
    assert.equal(0, row.failed or 0)
    assert.same({ ["302"] = 3, ["200"] = 1 }, row.status)
    expect.total(r, 5)
    assert.same({ ["/redirect/3"] = 1, ["/redirect/2"] = 1, ["/redirect/1"] = 1, ["/ok"] = 2 },
      httpd:counts().paths)
    assert.equal(1, httpd:counts().connections)
  end)

  it("changes the method as RFC 9110 says", function()
    journey.run([[
local function hop(method, status)
  local r = http.request(method, "/answer", answer(status, { "Location: /echo" }, { body = "b" }))
  same(r.status, 200, method .. " " .. status)
  if method == "HEAD" then same(r.body, "") return "HEAD" end
  local kept = r:json "length" == 1
  same(kept, r:json "headers.content-length" == "1", "content-length")
  return r:json "method" .. (kept and "+" or "-")
end
for _, status in ipairs { 301, 302 } do
  same(hop("POST", status), "GET-") same(hop("PUT", status), "PUT+")
  same(hop("GET", status), "GET+") same(hop("DELETE", status), "DELETE+")
end
for _, method in ipairs { "POST", "PUT", "PATCH", "DELETE", "OPTIONS" } do
  same(hop(method, 303), "GET-") same(hop(method, 307), method .. "+")
  same(hop(method, 308), method .. "+")
end
for _, status in ipairs { 301, 302, 303, 307, 308 } do same(hop("HEAD", status), "HEAD") end ]],
      nil, opts)
    assert.equal(10, httpd:counts().methods.HEAD)
  end)

  it("takes the headers of a body away with it", function()
    journey.run([[
local function hop(status)
  return http.post("/answer", answer(status, { "Location: /echo" }, {
    json = { a = 1 }, headers = { ["Content-Language"] = "de", ["X-Own"] = "kept" },
  }))
end
local r = hop(303)
same(r:json "headers.content-type", nil) same(r:json "headers.content-language", nil)
same(r:json "headers.x-own", "kept") same(r:json "method", "GET")
r = hop(308)
same(r:json "headers.content-type", "application/json") same(r:json "body", '{"a":1}')
same(r:json "headers.content-language", "de") same(r:json "method", "POST") ]], nil, opts)
  end)

  it("carries a large body over all hops", function()
    journey.run([[
local body = ("0123456789"):rep(30000)
local r = http.post("/answer",
  answer(307, { "Location: /answer?status=308&header=Location:%20/echo" }, { body = body }))
same(#r.hops, 2) same(r:json "method", "POST") same(r:json "body", body) ]], nil, opts)
  end)

  it("leads where RFC 3986 says", function()
    journey.run([[
local function lead(location)
  return http.get("/answer", answer(302, { "Location: " .. location }, { name = "lead" }))
end
local URL = lload.env "URL"
local function target(location) return lead(location):json "target" end
same(target "/echo/x?y=1", "/echo/x?y=1")
same(target "echo", "/echo")
same(target "./a/../echo/b/./c/..", "/echo/b/")
same(target "../../echo", "/echo")
same(target("//" .. URL:match "//(.*)" .. "/echo/n"), "/echo/n")
same(target(URL .. "/echo/abs?q"), "/echo/abs?q")
same(target("HTTP" .. URL:sub(5) .. "/echo"), "/echo")
same(target "  /echo/trimmed\t ", "/echo/trimmed")
same(target "/echo/a b\195\169%20", "/echo/a%20b%C3%A9%20")
local r = lead "/echo/f?x#part"
same(r:json "target", "/echo/f?x") same(r.url, URL .. "/echo/f?x#part")
r = lead "/answer?status=302&header=Location:%20/echo/g#first"
same(r:json "target", "/echo/g") same(r.url, URL .. "/echo/g#first")
r = lead "/answer?status=302&header=Location:%20/echo/g%23second#first"
same(r.url, URL .. "/echo/g#second")
r = http.get("/answer", answer(302, { "Location: /echo/1st", "Location: /echo/2nd" }))
same(r:json "path", "/echo/1st") ]], { "-e", "URL=" .. httpd.url }, opts)
  end)

  it("that leads nowhere is the answer", function()
    local r = journey.run([[
local function lead(headers, status)
  local r = http.get("/answer", answer(status or 302, headers))
  same(r.error, nil) same(r.status, status or 302) same(r.ok, true) same(#r.hops, 0)
end
lead {}
lead { "Location:" }
lead { "Location: app://done?code=1" }
lead { "Location: mailto:ann@example.com" }
lead { "Location: http:///path" }
lead { "Location: http:echo" }
lead { "Location: http://127.0.0.1:99999/" }
lead { "Location: http://[::1/" }
lead({ "Location: /ok" }, 300) lead({ "Location: /ok" }, 304)
lead({ "Location: /ok" }, 305) lead({ "Location: /ok" }, 201) ]], nil, opts)
    assert.equal(12, expect.request(r, "GET /answer").count)
    assert.is_nil(httpd:counts().paths["/ok"])
  end)

  it("leads to a failure like any other request", function()
    local r = journey.run([[
local function lead(location)
  return http.get("/answer", answer(302, { "Location: " .. location }, { name = "lead" }))
end
local r = lead "http://127.0.0.1:1/gone"
same(r.error, "refused") same(r.status, 0) same(r.url, "http://127.0.0.1:1/gone") same(#r.hops, 1)
r = lead "/drop"
same(r.error, "closed") same(#r.hops, 1)
r = lead "/status/404"
same(r.error, nil) same(r.status, 404) same(r.ok, false) ]], nil, opts)
    local row = expect.request(r, "lead")
    assert.equal(6, row.count)
    assert.equal(3, row.failed)
    assert.same({ ["302"] = 3, ["404"] = 1 }, row.status)
  end)

  it("is followed `redirects` times", function()
    local r = journey.run([[
same(http.get("/redirect/10", { name = "ten" }).status, 200)
local r = http.get("/redirect/11", { name = "eleven" })
same(r.status, 0) same(r.error, "too_many_redirects")
same(r.error_message, "more than 10 redirects")
same(#r.hops, 10) same(r.body, "")
same(http.get("/redirect/2", { redirects = 2, name = "two" }).status, 200)
same(http.get("/redirect/2", { redirects = 1, name = "one" }).error, "too_many_redirects")
r = http.get("/redirect/2", { redirects = 0, name = "none" })
same(r.status, 302) same(r.ok, true) same(r.headers.location, "/redirect/1")
same(http.get("/redirect/2", { redirects = 0, expect = 302, name = "none" }).ok, true)
same(http.get("/redirect/2", { redirects = 0, expect = 200, name = "none" }).ok, false) ]],
      nil, opts)
    local row = expect.request(r, "eleven")
    assert.equal(11, row.count)
    assert.equal(1, row.failed)
    assert.same({ too_many_redirects = 1 }, row.errors)
    assert.equal(2, expect.request(r, "one").count)
    assert.equal(3, expect.request(r, "none").count)
  end)

  it("loop ends", function()
    local r = journey.run([[
http.get "/ok"
same(http.get "/redirect-loop".error, "too_many_redirects")
same(http.get("/redirect-loop", { redirects = 100 }).error, "too_many_redirects") ]], nil, opts)
    assert.equal(11 + 101, expect.request(r, "GET /redirect-loop").count)
    assert.equal(2, expect.errors(r, "too_many_redirects"))
  end)

  it("obeys the `redirects` of the file", function()
    local r = journey.scenario([[
return {
  http = { redirects = 0 },
  journey = function()
    same(http.get("/redirect/1").status, 302)
    same(http.get("/redirect/1", { redirects = 1 }).status, 200)
  end,
}]], nil, opts)
    expect.code(r, 0)
    r = journey.scenario("return { http = { redirects = 101 }, journey = function() end }")
    expect.code(r, 104)
    expect.says(r, "http.redirects", "101", "0 to 100")
    r = journey.scenario([[
return { journey = function()
  for _, n in ipairs { -1, 0.5, 101, "1", true } do
    local ok, why = pcall(http.get, "/ok", { redirects = n })
    same(ok, false) assert(why:find("redirects: a whole number from 0 to 100", 1, true), why)
  end
end }]], nil, opts)
    expect.code(r, 0)
  end)

  it("to another origin goes without the script's secrets, for good", function()
    journey.run([[
local OTHER, URL = lload.env "OTHER", lload.env "URL"
local function lead(location, status)
  local r = http.post("/answer", answer(status, { "Location: " .. location }, {
    bearer = "secret", body = "x", headers = { Cookie = "own=1", ["X-Own"] = "kept" },
  }))
  same(r.status, 200) same(r:json "headers.x-own", "kept")
  return r
end
local r = lead("/echo", 307)
same(r:json "headers.authorization", "Bearer secret") same(r:json "headers.cookie", "own=1")
for _, status in ipairs { 302, 307 } do
  r = lead(OTHER .. "/echo", status)
  same(r:json "headers.authorization", nil) same(r:json "headers.cookie", nil)
  same(r:json "headers.host", OTHER:match "//(.*)")
end
r = lead(OTHER .. "/answer?status=307&header=Location:%20" .. URL .. "/echo", 307)
same(#r.hops, 2) same(r:json "headers.authorization", nil) same(r:json "headers.cookie", nil)
r = http.get("/answer", answer(307, { "Location: /echo" }, { headers = { Host = "named.test" } }))
same(r:json "headers.host", "named.test")
r = http.get("/answer", answer(307, { "Location: " .. OTHER .. "/echo" },
  { headers = { Host = "named.test" } }))
same(r:json "headers.host", OTHER:match "//(.*)") ]],
      { "-e", "URL=" .. httpd.url, unpack(other()) }, opts)
  end)

  it("and its target share the timeout of the request", function()
    local r = journey.run([[
http.get "/ok"
local before = os.clock()
local r = http.get("/answer", answer(302, { "Location: /hang" }, { timeout = "300ms", name = "t" }))
same(r.error, "timeout") same(#r.hops, 1)
r = http.get("/redirect-slow", { timeout = "400ms", redirects = 100, name = "slow" })
same(r.error, "timeout")
assert(#r.hops >= 1 and #r.hops <= 3, #r.hops .. " hops of 150 ms in 400 ms") ]], nil, opts)
    assert.equal(2, expect.errors(r, "timeout"))
    expect.that(r, r.elapsed < 5, "the timeout came late")
  end)

  it("is cut off with the run", function()
    local r = journey.scenario([[
return {
  stages = {
    s = { executor = "constant-vus", vus = 2, duration = "300ms", graceful_stop = "200ms" },
  },
  journey = function() http.get("/answer", answer(302, { "Location: /hang" })) end,
}]], nil, opts)
    assert.equal(2, expect.errors(r, "cut_off"))
    expect.that(r, r.elapsed < 5, "it took too long to stop")
    assert.equal(4, expect.request(r, "GET /answer").count)
  end)

  it("carries the tags of its request", function()
    local r = journey.scenario([[
return {
  thresholds = {
    ["http_reqs{kind:moved}"] = "count==3", ["http_reqs{status:302}"] = "count==2",
    ["http_reqs{method:POST}"] = "count==1", ["http_reqs{name:POST /redirect/2}"] = "count==3",
  },
  journey = function() http.post("/redirect/2", { tags = { kind = "moved" } }) end,
}]], nil, opts)
    expect.code(r, 0)
  end)

  it("between TLS and plain HTTP goes without the script's secrets", function()
    local nginx = server.nginx()
    local r = journey.run([[
local function secrets(url)
  return http.get(url, { bearer = "secret", headers = { Cookie = "own=1" } }).body
end
local TLS = lload.env "TLS"
same(secrets(TLS .. "/same"), "Bearer secret|own=1")
same(secrets(TLS .. "/down"), "|")
same(secrets "/up", "|")
same(secrets "/same", "Bearer secret|own=1") ]], { "--insecure", "-e", "TLS=" .. nginx.tls_url },
      { base_url = nginx.url })
    nginx:stop()
    expect.total(r, 8)
  end)

  it("with credentials in its address goes by libcurl", function()
    if os.getenv "SPEC_TRANSPORT" == "h1" then return end
    journey.run([[
local r = http.get("/answer", answer(302, {
  "Location: " .. lload.env "URL":gsub("//", "//ann:pa%%73s@") .. "/echo" }))
same(r:json "headers.authorization", "Basic YW5uOnBhc3M=")
r = http.get(lload.env "URL":gsub("//", "//ann:pass@") .. "/answer",
  answer(302, { "Location: /echo" }))
same(r:json "headers.authorization", "Basic YW5uOnBhc3M=") ]], { "-e", "URL=" .. httpd.url }, opts)
  end)
end)
