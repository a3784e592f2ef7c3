--- Cookies, kept and carried above the transports: the same on both.
local expect = require "spec.support.expect"
local journey = require "spec.support.journey"
local server = require "spec.support.server"

-- On the first line, behind journey's own.
local HELPERS = ([[
local function give(cookies, options)
  local headers = {}
  for i, c in ipairs(type(cookies) == "table" and cookies or { cookies }) do
    headers[i] = "Set-Cookie: " .. c
  end
  return http.get("/answer", answer(200, headers, options))
end
local function sent(url, options)
  return http.get(url or "/echo", options):json "headers.cookie"
end
]]):gsub("\n", " ")

describe("cookies", function()
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

  -- The same server under two other names.
  local function names()
    local args = {}
    for _, name in ipairs { "www.shop.test", "api.shop.test" } do
      args[#args + 1] = "--resolve"
      args[#args + 1] = ("%s:%s:127.0.0.1"):format(name, httpd.port)
    end
    args[#args + 1] = "-e"
    args[#args + 1] = ("PORT=%s"):format(httpd.port)
    return args
  end

  local function scenario(text, args)
    local r = journey.scenario(HELPERS .. text, args, opts)
    expect.code(r, 0)
    return r
  end

  local function run(body, args)
    return scenario("return { journey = function(vu)\n" .. body .. "\nend }", args)
  end

  it("of an answer go with the requests after it", function()
    run [[
same(sent(), nil)
give { "sid=s-1; Path=/; HttpOnly", "theme=dark", "quoted=\"a b\"" }
same(sent(), 'sid=s-1; theme=dark; quoted="a b"')
same(http.post("/echo", { json = {} }):json "headers.cookie", 'sid=s-1; theme=dark; quoted="a b"')
give { "theme=light", "sid=; Max-Age=0", "quoted=; Expires=Thu, 01 Jan 1970 00:00:00 GMT" }
same(sent(), "theme=light")
same(give("a=1").headers["set-cookie"], "a=1") ]]
  end)

  it("obey Path, Domain, Max-Age and Secure", function()
    run([[
local WWW = "http://www.shop.test:" .. lload.env "PORT"
local API = "http://api.shop.test:" .. lload.env "PORT"
local function give_at(url, ...)
  local headers = {}
  for i, c in ipairs { ... } do headers[i] = "Set-Cookie: " .. c end
  http.get(url .. "/answer", answer(200, headers))
end
give_at(WWW, "own=1", "both=2; Domain=shop.test", "deep=3; Path=/echo/deep", "safe=4; Secure",
  "suffix=5; Domain=test", "foreign=6; Domain=api.shop.test", "brief=7; Max-Age=1")
same(sent(WWW .. "/echo"), "own=1; both=2; brief=7")
same(sent(WWW .. "/echo/deep/er"), "deep=3; own=1; both=2; brief=7")
same(sent(WWW .. "/echo/deeper"), "own=1; both=2; brief=7")
same(sent(API .. "/echo"), "both=2")
same(sent "/echo", nil)
lload.sleep "1100ms"
same(sent(WWW .. "/echo"), "own=1; both=2") ]], names())
  end)

  it("that are Secure go over TLS, and to this machine", function()
    local nginx = server.nginx()
    local tls = nginx.tls_url:gsub("127%.0%.0%.1", "www.shop.test")
    local plain = nginx.url:gsub("127%.0%.0%.1", "www.shop.test")
    run([[
vu.cookies:set("safe", 1, { domain = "www.shop.test", secure = true })
vu.cookies:set("any", 2, { domain = "www.shop.test" })
vu.cookies:set("here", 3, { secure = true })
same(http.get(lload.env "TLS" .. "/secrets").body, "|safe=1; any=2")
same(http.get(lload.env "PLAIN" .. "/secrets").body, "|any=2")
same(sent(), "here=3") ]], { "--insecure", "-e", "TLS=" .. tls, "-e", "PLAIN=" .. plain,
      "--resolve", tls:match "//(.*)" .. ":127.0.0.1",
      "--resolve", plain:match "//(.*)" .. ":127.0.0.1" })
    nginx:stop()
  end)

  it("of a hop go with the next one", function()
    run([[
local r = http.post("/answer", answer(303, { "Set-Cookie: sid=s-1", "Location: /echo" }))
same(r:json "headers.cookie", "sid=s-1") same(r:json "method", "GET")
r = http.get("/answer", answer(302, {
  "Set-Cookie: sid=; Max-Age=0", "Set-Cookie: a=1",
  "Location: http://www.shop.test:" .. lload.env "PORT" .. "/echo" }))
same(r:json "headers.cookie", nil)
same(sent(), "a=1")
r = http.get("http://www.shop.test:" .. lload.env "PORT" .. "/answer", answer(302, {
  "Set-Cookie: b=2", "Location: " .. lload.env "URL" .. "/echo" }))
same(r:json "headers.cookie", "a=1")
same(vu.cookies:get("b", "http://www.shop.test/"), "2")
r = http.get("/redirect-loop", { redirects = 1, cookies = { x = 1 } })
same(r.error, "too_many_redirects") ]], { "-e", "URL=" .. httpd.url, unpack(names()) })
  end)

  it("of a request go beside those of the user, and before same names", function()
    run([[
same(sent("/echo", { cookies = { b = 2, a = "x y", c = true } }), "a=x y; b=2; c=true")
same(sent(), nil)
give { "sid=jar", "keep=1" }
same(sent("/echo", { cookies = { sid = "own" } }), "keep=1; sid=own")
same(sent("/echo", { cookies = {} }), "sid=jar; keep=1")
same(sent(), "sid=jar; keep=1")
local function hop(location, ...)
  return http.get("/answer", answer(302, { "Location: " .. location, ... },
    { cookies = { sid = "own", x = 1 } })):json "headers.cookie"
end
same(hop "/echo", "keep=1; sid=own; x=1")
same(hop("/echo", "Set-Cookie: sid=new"), "sid=new; keep=1; x=1")
same(hop("http://www.shop.test:" .. lload.env "PORT" .. "/echo"), nil)
same(sent(), "sid=new; keep=1") ]], names())
  end)

  it("leave a Cookie header of the script alone", function()
    run [[
give "a=1"
same(sent("/echo", { headers = { cookie = "mine=1" } }), "mine=1")
local ok, why = pcall(http.get, "/ok", { headers = { COOKIE = "mine=1" }, cookies = { a = 1 } })
same(ok, false) assert(why:find("exclude each other", 1, true), why) ]]
    local r = journey.scenario(HELPERS .. [[
return {
  http = { headers = { Cookie = "file=1" } },
  journey = function() give "a=1" same(sent(), "file=1") end,
}]], nil, opts)
    expect.code(r, 0)
  end)

  it("that no header may hold are refused at the caller's line", function()
    run [[
local function refused(words, options)
  local ok, why = pcall(function() http.get("/ok", options) end)
  same(ok, false, words)
  assert(why:find("scenario.lua:%d+: ") and why:find(words, 1, true), why)
end
refused("no name of a cookie", { cookies = { ["a b"] = 1 } })
refused("no name of a cookie", { cookies = { ["a;b"] = 1 } })
refused("no name of a cookie", { cookies = { [""] = 1 } })
refused("'a' is not fit", { cookies = { a = "b; c" } })
refused("'a' is not fit", { cookies = { a = "b\r\nX: y" } })
refused("all text", { cookies = { 1 } })
refused("a table is wanted", { cookies = "a=1" })
refused("cookies: text, a number or a boolean", { cookies = { a = {} } })
same(http.get "/ok".status, 200) ]]
    assert.equal(1, httpd:counts().total)
  end)

  describe("live", function()
    local BODY = [[
  on_start = function(vu)
    same(sent(), nil) give { "login=1", "gone=2" }
  end,
  journey = function(vu)
    same(sent(), vu.iteration == 1 and "login=1; gone=2" or lload.env "LATER")
    give { "cart=" .. vu.iteration, "gone=; Max-Age=0", "login=3" }
    same(sent(), lload.env "WITHIN":gsub("N", vu.iteration))
  end,
  on_stop = function(vu) same(sent(), lload.env "WITHIN":gsub("N", vu.iteration)) end,
}]]
    local function live(http, later, within)
      local r = scenario("return { http = { " .. http .. " },\n" .. BODY,
        { "-u", "2", "-i", "6", "-e", "LATER=" .. later, "-e", "WITHIN=" .. within })
      assert.equal(6, expect.count(r, "iterations"))
    end

    it("for an iteration, which begins with what on_start left", function()
      live("", "login=1; gone=2", "login=3; cart=N")
      live('cookies = "iteration"', "login=1; gone=2", "login=3; cart=N")
    end)

    it("as long as the user, if asked for", function()
      local r = scenario [[
return {
  http = { cookies = "keep" },
  stages = { s = { executor = "per-vu-iterations", vus = 2, iterations = 3 } },
  on_start = function() give "login=1" end,
  journey = function(vu)
    if vu.iteration == 2 then same(sent(), "login=1; first=" .. vu.id) end
    if vu.iteration == 1 then give("first=" .. vu.id) end
    if vu.iteration == 3 then vu.cookies:clear() same(sent(), nil) end
  end,
}]]
      assert.equal(6, expect.count(r, "iterations"))
    end)

    it("not at all, if asked for", function()
      for _, none in ipairs { '"none"', "false" } do
        scenario("return { http = { cookies = " .. none .. [[ },
  journey = function(vu)
    give "a=1"
    same(sent(), nil) same(vu.cookies:get "a", nil) same(next(vu.cookies:all()), nil)
    same(sent("/echo", { cookies = { own = 1 } }), "own=1")
    local ok, why = pcall(vu.cookies.set, vu.cookies, "a", 1)
    same(ok, false) assert(why:find('http.cookies is "none"', 1, true), why)
    vu.cookies:clear()
  end }]])
      end
    end)

    it("from a failed on_start no longer", function()
      local r = journey.scenario(HELPERS .. [[
return {
  on_start = function(vu)
    same(sent(), nil)
    give "try=1"
    vu.tries = (vu.tries or 0) + 1
    if vu.tries == 1 then http.get "/ok":expect(201) end
  end,
  journey = function() same(sent(), "try=1") end,
}]], nil, opts)
      expect.code(r, 0)
    end)

    it("from setup to teardown, and reach no user", function()
      scenario [[
return {
  setup = function() give "admin=1" same(sent(), "admin=1") end,
  journey = function() same(sent(), nil) end,
  teardown = function() same(sent(), "admin=1") end,
}]]
    end)
  end)

  it("are those of one user", function()
    local r = scenario([[
return {
  http = { cookies = "keep" },
  stages = { s = { executor = "per-vu-iterations", vus = 40, iterations = 5 } },
  journey = function(vu)
    local own = "user=" .. vu.id
    if vu.iteration == 1 then same(sent(), nil) give(own) end
    lload.think(0.001, 0.01)
    same(sent(), own)
  end,
}]], { "--threads", "2" })
    assert.equal(200, expect.count(r, "iterations"))
  end)

  it("are read and changed by the script", function()
    run [[
local jar = vu.cookies
assert(jar == vu.cookies)
same(jar:get "a", nil) same(next(jar:all()), nil) same(jar:get("a", "/"), nil)
jar:set("a", "x y") jar:set("b", 2, { path = "/echo" }) jar:set("c", true, { max_age = "1h" })
same(sent(), "b=2; a=x y; c=true") same(sent "/any/echo", nil)
same(jar:get "a", "x y") same(jar:get "b", "2") same(jar:get("b", "/other"), nil)
same(jar:get("b", "/echo/x?y"), "2") same(jar:get("b", "echo"), "2")
local all = jar:all "/"
same(all.a, "x y") same(all.b, nil) same(all.c, "true")
jar:set("a", "new") jar:set("c", "", { max_age = 0 })
same(sent(), "b=2; a=new")
jar:set("a", "deep", { path = "/echo" })
same(jar:get "a", "deep") same(jar:get("a", "/echo"), "deep") same(jar:get("a", "/"), "new")
same(jar:all().a, "deep") same(jar:all("/echo").a, "deep") same(jar:all("/").a, "new")
jar:clear "a"
same(sent(), "b=2")
jar:set("far", 1, { domain = ".Shop.test" }) jar:set("one", 2, { domain = "localhost" })
same(jar:get("far", "http://www.shop.test/"), "1") same(jar:get("far", "/"), nil)
same(jar:get("one", "http://localhost:1/"), "2") same(jar:get("one", "http://a.localhost/"), nil)
jar:clear()
same(sent(), nil) same(next(jar:all()), nil)
give "hidden=1; HttpOnly"
same(jar:get "hidden", "1") ]]
  end)

  it("are refused by `vu.cookies` when they cannot be", function()
    run [[
local jar = vu.cookies
local function refused(words, method, ...)
  local args = { ... }
  local ok, why = pcall(function() jar[method](jar, unpack(args, 1, 3)) end)
  same(ok, false, words)
  assert(why:find("scenario.lua:%d+: ") and why:find(words, 1, true), why)
end
refused("no name of a cookie", "set", "a b", 1)
refused("no name of a cookie", "set", "", 1)
refused("'a' is not fit", "set", "a", "b;c")
refused("'a' is not fit", "set", "a", "\n")
refused("text, a number or a boolean", "set", "a", nil)
refused("longer than 4096", "set", "a", ("x"):rep(4096))
refused("unknown option 'pth'", "set", "a", 1, { pth = "/" })
refused("path: a path that begins", "set", "a", 1, { path = "x" })
refused("path: text is wanted", "set", "a", 1, { path = 1 })
refused("domain: 'a/b' is no name", "set", "a", 1, { domain = "a/b" })
refused("domain: '' is no name", "set", "a", 1, { domain = "" })
refused("max_age", "set", "a", 1, { max_age = "soon" })
refused("no address", "get", "a", "http://")
refused("no address", "all", "ftp://shop.test/")
same(next(jar:all()), nil) ]]
    local r = journey.scenario([[
return { journey = function(vu)
  local ok, why = pcall(vu.cookies.set, vu.cookies, "a", 1)
  same(ok, false) assert(why:find("needs a domain", 1, true), why)
  ok, why = pcall(vu.cookies.get, vu.cookies, "a", "/x")
  same(ok, false) assert(why:find("there is no base_url", 1, true), why)
  vu.cookies:set("a", 1, { domain = "127.0.0.1" })
  same(http.get(lload.env "URL" .. "/echo"):json "headers.cookie", "a=1")
end }]], { "-e", "URL=" .. httpd.url }, { base_url = false })
    expect.code(r, 0)
    r = journey.scenario("return { http = { cookies = 'all' }, journey = function() end }")
    expect.code(r, 104)
    expect.says(r, "http.cookies", "iteration", "keep", "none")
  end)

  it("by the thousand, malformed or without end hurt nobody", function()
    local r = run [[
same(http.get("/set-cookies/4000").status, 200)
local n = 0
for name in pairs(vu.cookies:all()) do assert(name ~= "large") n = n + 1 end
same(n, 50)
same(vu.cookies:get "c3999", "1") same(vu.cookies:get "c3949", nil)
same(#(sent():gsub("[^;]", "")), 49)
vu.cookies:clear()
give { "", "=", ";", "=x", "x", "; Path=/", "a", "ok=1; ;; =; Max-Age; Domain; Path" }
same(sent(), "ok=1")
local r = http.get "/set-cookies/500000"
same(r.status, 0) assert(r.error, "10 MB of headers are taken")
same(sent(), "ok=1") ]]
    expect.that(r, r.elapsed < 20, "it took " .. r.elapsed .. " s")
    expect.that(r, r.maxrss_kb < 700 * 1024, ("it took %d kB"):format(r.maxrss_kb))
  end)
end)
