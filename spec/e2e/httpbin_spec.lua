--- Redirects, cookies, credentials and codings as somebody else's server has them.
local journey = require "spec.support.journey"
local server = require "spec.support.server"

describe("httpbin", function()
  local httpbin, why = server.httpbin()
  if not httpbin then
    pending(why)
    return
  end
  local opts = { base_url = httpbin.url }
  -- Werkzeug closes each connection; what is asked of it here is little.
  local ARGS = { "-e", "URL=" .. httpbin.url,
    "--resolve", ("other.test:%s:127.0.0.1"):format(httpbin.port),
    "-e", ("OTHER=http://other.test:%s"):format(httpbin.port) }

  teardown(function()
    httpbin:stop()
  end)

  it("redirects relatively, absolutely, and too often", function()
    journey.run([[
for _, path in ipairs { "/redirect/3", "/relative-redirect/3", "/absolute-redirect/3" } do
  local r = http.get(path)
  same(r.status, 200) same(#r.hops, 3) same(r.url, lload.env "URL" .. "/get")
end
same(http.get("/relative-redirect/3", { redirects = 2 }).error, "too_many_redirects")
same(http.get("/redirect/1", { redirects = 0 }).status, 302) ]], ARGS, opts)
  end)

  it("redirects to a given address with a given status", function()
    journey.run([[
local function lead(method, status, to)
  return http.request(method, "/redirect-to", {
    query = { url = to, status_code = status }, form = { a = "b c" }, bearer = "secret",
  })
end
for status, method in pairs { [301] = "GET", [302] = "GET", [303] = "GET", [307] = "POST",
  [308] = "POST" } do
  local r = lead("POST", status, "/anything")
  same(r.status, 200) same(r:json "method", method, status)
  same(r:json "form.a", method == "POST" and "b c" or nil)
  same(r:json "headers.Authorization", "Bearer secret")
  r = lead("POST", status, lload.env "OTHER" .. "/anything")
  same(r:json "method", method) same(r:json "headers.Authorization", nil)
end
same(lead("PUT", 302, "/anything"):json "method", "PUT")
same(lead("DELETE", 303, "/anything"):json "method", "GET") ]], ARGS, opts)
  end)

  it("sets, shows and deletes cookies", function()
    journey.run([[
local r = http.get("/cookies/set", { query = { a = "1", b = "x y" } })
same(r.url, lload.env "URL" .. "/cookies")
same(r:json "cookies.a", "1") same(r:json "cookies.b", "x y")
same(http.get("/cookies/set/c/3"):json "cookies.c", "3")
same(http.get("/cookies", { cookies = { a = "own" } }):json "cookies.a", "own")
r = http.get("/cookies/delete", { query = { a = "", c = "" } })
same(r:json "cookies.a", nil) same(r:json "cookies.c", nil) same(r:json "cookies.b", "x y")
same(http.get(lload.env "OTHER" .. "/cookies"):json "cookies.b", nil)
same(vu.cookies:get "a", nil) ]], ARGS, opts)
  end)

  it("asks for credentials", function()
    journey.run([[
same(http.get("/basic-auth/ann/secret", { expect = 401 }).ok, true)
same(http.get("/basic-auth/ann/secret", { basic = "ann:secret" }):json "authenticated", true)
same(http.get("/bearer", { bearer = "t" }):json "token", "t") ]], ARGS, opts)
  end)

  it("asks for credentials by digest", function()
    local r = journey.run([[
local function ask(path, digest)
  return http.get("/digest-auth/" .. path, { digest = digest, expect = { 200, 401 } })
end
for _, algorithm in ipairs { "MD5", "SHA-256" } do
  local path = "auth/ann/secret/" .. algorithm
  same(ask(path, { "ann", "secret" }):json "authenticated", true, algorithm)
  same(ask(path, "ann:secret"):json "user", "ann", algorithm)
  same(ask(path, { "ann", "wrong" }).status, 401, algorithm)
end
same(ask("auth/ann/secret/SHA-512", { "ann", "secret" }).status, 401)
same(ask("auth-int/ann/secret/MD5", { "ann", "secret" }).status, 401) ]], ARGS, opts)
    assert.equal(4 * 2 + 2 * 2 + 2, r.result.metrics.http_reqs.count)
  end)

  it("compresses", function()
    journey.run([[
same(http.get "/gzip":json "gzipped", true)
same(http.get "/deflate":json "deflated", true) ]], ARGS, opts)
  end)
end)
