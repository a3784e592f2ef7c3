--- The scenario API as a journey sees it, through the real binary.
--
-- Most journeys check for themselves and raise when something is wrong: `same(got, wanted, what)`.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- On the first line of every scenario, so that line numbers stay.
local HELPERS = ([[
local function show(v) return type(v) == "string" and ("%q"):format(v) or tostring(v) end
local function same(got, wanted, what)
  if got ~= wanted then
    error(("%s is %s, should be %s"):format(what or "it", show(got), show(wanted)), 2)
  end
end
local function echo(r)
  same(r.error, nil, "error") same(r.status, 200, "status")
  return r
end
local function raises(words, f)
  local line = ("scenario.lua:%d: "):format(debug.getinfo(2, "l").currentline)
  local ok, message = pcall(f)
  same(ok, false, "what pcall returns for " .. words)
  if not (message:find(line, 1, true) and message:find(words, 1, true)) then
    error(("%q does not name %s and %s"):format(message, line, words), 2)
  end
end
]]):gsub("\n", " ")

local function keys(t)
  local n = 0
  for _ in pairs(t) do
    n = n + 1
  end
  return n
end

describe("the scenario API", function()
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

  local function run(text, args, opts)
    opts = opts or {}
    opts.base_url = opts.base_url == nil and httpd.url or opts.base_url
    return cli.run_scenario(HELPERS .. text, args, opts)
  end

  -- One iteration of `body`, which must not raise.
  local function journey(body, args, opts)
    local r = run("return { journey = function(vu)\n" .. body .. "\nend }", args, opts)
    expect.code(r, 0)
    return r
  end

  describe("requests", function()
    it("know every verb", function()
      local r = journey [[
for _, verb in ipairs { "get", "post", "put", "patch", "delete", "options" } do
  same(echo(http[verb] "/echo"):json "method", verb:upper(), verb)
end
local r = http.head "/echo"
same(r.status, 200) same(r.body, "") ]]
      assert.same({ GET = 1, POST = 1, PUT = 1, PATCH = 1, DELETE = 1, OPTIONS = 1, HEAD = 1 },
        httpd:counts().methods)
      for _, verb in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD" } do
        assert.equal(1, expect.request(r, verb .. " /echo").count)
      end
    end)

    it("put params into the path, percent-encoded, and are named by the template", function()
      local r = journey [[
local function path(template, params)
  return echo(http.get(template, { params = params })):json "path"
end
same(path("/echo/:id", { id = 42 }), "/echo/42")
same(path("/echo/:id", { id = 9007199254740992 }), "/echo/9007199254740992")
same(path("/echo/:id", { id = "a b/c?d#e%f" }), "/echo/a%20b%2Fc%3Fd%23e%25f")
same(path("/echo/:id", { id = "caf\195\169" }), "/echo/caf%C3%A9")
same(path("/echo/:user/orders/:order", { user = "ann", order = 7 }), "/echo/ann/orders/7")
same(path("/echo/:id", { id = "x-._~1" }), "/echo/x-._~1") ]]
      assert.equal(5, expect.request(r, "GET /echo/:id").count)
      assert.equal(1, expect.request(r, "GET /echo/:user/orders/:order").count)
    end)

    it("put a query behind the path, which the name drops", function()
      local r = journey [[
local function query(path, t) return echo(http.get(path, { query = t })):json "query" end
same(query("/echo", { page = 2 }), "page=2")
same(query("/echo", { id = 9007199254740992 }), "id=9007199254740992")
same(query("/echo", { q = "a&b=c d" }):gsub("+", "%%20"), "q=a%26b%3Dc%20d")
same(query("/echo?fixed=1", { page = 2 }), "fixed=1&page=2")
same(query("/echo?fixed=1", ""), "fixed=1")
same(http.get("/echo", { query = "" }).url:match "/echo.*", "/echo")
same(query("/echo?fixed=1"), "fixed=1")
same(query("/echo", { tag = { "x", "y" } }), "tag=x&tag=y")
same(query("/echo", { ratio = 0.5 }), "ratio=0.5") ]]
      assert.equal(9, expect.request(r, "GET /echo").count)
    end)

    it("leave out lists without entries, and the separators they would have had", function()
      journey [[
local function query(path, t) return echo(http.get(path, { query = t })):json "query" end
same(query("/echo", { a = {}, b = 2 }), "b=2")
same(query("/echo", { a = 1, b = {}, c = 3 }), "a=1&c=3")
same(query("/echo", { a = 1, b = {} }), "a=1")
same(query("/echo?fixed=1", { a = {}, b = 2 }), "fixed=1&b=2")
same(query("/echo?fixed=1", { a = {} }), "fixed=1")
local nothing = query("/echo", { a = {}, b = {} })
assert(nothing == nil or nothing == "", show(nothing))
local function form(t) return echo(http.post("/echo", { form = t })):json "body" end
same(form { a = {}, b = 2 }, "b=2")
same(form { a = 1, b = {}, c = 3 }, "a=1&c=3")
same(form { a = 1, b = {} }, "a=1") ]]
    end)

    it("carry headers of the call, the file and the command line", function()
      local r = run([[
return {
  http = { headers = { ["X-File"] = "file", ["X-Both"] = "file" } },
  journey = function()
    local r = echo(http.get("/echo", { headers = { ["X-Call"] = "call", ["X-Both"] = "call" } }))
    same(r:json "headers.x-call", "call") same(r:json "headers.x-file", "file")
    same(r:json "headers.x-both", "call") same(r:json "headers.x-line", "line: with colon")
    assert((r:json "headers.user-agent"):find "^lload/%d", "user-agent")
    same(r:json "headers.accept-encoding", nil, "accept-encoding")
    same(r:json "headers.host", lload.env "HOST")
  end,
}]], { "-H", "X-Line: line: with colon", "-e", "HOST=" .. httpd.url:match "//(.*)" })
      expect.code(r, 0)
    end)

    it("send JSON: nested, empty, and whole numbers unchanged", function()
      journey [[
local function sent(value)
  local r = echo(http.post("/echo", { json = value }))
  assert((r:json "headers.content-type"):find "^application/json", "content-type")
  return r:json "body"
end
same(sent { id = 9007199254740992 }, '{"id":9007199254740992}')
same(sent { id = -9007199254740991 }, '{"id":-9007199254740991}')
same(sent { n = 0.5 }, '{"n":0.5}')
same(sent { list = { 1, 2, 3 } }, '{"list":[1,2,3]}')
same(sent { a = { b = { c = { true, false } } } }, '{"a":{"b":{"c":[true,false]}}}')
same(sent { text = 'quote " backslash \\ line \n' }, [=[{"text":"quote \" backslash \\ line \n"}]=])
same(sent { { id = 1 }, { id = 2 } }, '[{"id":1},{"id":2}]')
local empty = sent {}
assert(empty == "{}" or empty == "[]", empty) ]]
    end)

    it("send forms", function()
      journey [[
local r = echo(http.post("/echo", { form = { name = "a b&c", n = 3 } }))
assert((r:json "headers.content-type"):find "^application/x%-www%-form%-urlencoded", "content-type")
local body = (r:json "body"):gsub("+", "%%20")
assert(body == "n=3&name=a%20b%26c" or body == "name=a%20b%26c&n=3", body) ]]
    end)

    it("send bodies byte by byte", function()
      journey [[
local bytes = {}
for i = 0, 255 do bytes[i + 1] = string.char(i) end
local all = table.concat(bytes)
local r = echo(http.post("/echo", { body = all }))
same(r:json "length", 256)
same((r:json "body_base64"):sub(1, 12), "AAECAwQFBgcI")
same((r:json "body_base64"):sub(-12), "+fr7/P3+/w==")
same(echo(http.put("/echo", { body = "plain" })):json "body", "plain")
same(echo(http.post("/echo", { body = "" })):json "length", 0)
same(echo(http.post("/echo", { body = ("x"):rep(300000) })):json "length", 300000) ]]
    end)

    it("authorise by bearer and by basic", function()
      journey [[
local function header(opts) return echo(http.get("/echo", opts)):json "headers.authorization" end
same(header { bearer = "t.o.k" }, "Bearer t.o.k")
same(header { basic = { "ann", "pass:word" } }, "Basic YW5uOnBhc3M6d29yZA==")
same(header { basic = { "ann", 1234 } }, "Basic YW5uOjEyMzQ=")
same(header {}, nil) ]]
    end)

    it("authorise by what is nearest: a request, then -H, then the file", function()
      local text = [[
local function header(opts) return echo(http.get("/echo", opts)):json "headers.authorization" end
return {
  http = { headers = { authorization = "file" } },
  journey = function()
    same(header { bearer = "t" }, "Bearer t")
    same(header { basic = "a:b" }, "Basic YTpi")
    same(header { headers = { AUTHORIZATION = "own" } }, "own")
    same(header {}, lload.env "DEFAULT")
  end,
}]]
      expect.code(run(text, { "-e", "DEFAULT=file" }), 0)
      expect.code(run(text, {
        "-e", "DEFAULT=last", "-H", "Authorization: first", "-H", "AUTHORIZATION: last",
      }), 0)
    end)

    it("take a name of their own", function()
      local r = journey [[
http.get("/ok", { name = "the front page" })
http.get("/any/1", { name = "the front page" }) ]]
      assert.equal(2, expect.request(r, "the front page").count)
      assert.equal(1, #r.result.requests)
    end)

    it("take tags, which thresholds can name", function()
      local r = run [[
return {
  thresholds = {
    ["http_reqs{kind:static}"] = "count==2",
    ["http_reqs{kind:other}"] = "count==1",
    ["http_reqs{name:GET /any/:id}"] = "count==3",
  },
  journey = function()
    for i, kind in ipairs { "static", "static", "other" } do
      http.get("/any/:id", { params = { id = i }, tags = { kind = kind } })
    end
  end,
}]]
      expect.code(r, 0)
      assert.equal(3, #r.result.thresholds)
    end)

    it("join the base URL and the path; an absolute URL stands for itself", function()
      journey([[
same(echo(http.get "/more"):json "path", "/echo/base/more")
same(echo(http.get(lload.env "OTHER" .. "/echo/absolute")):json "path", "/echo/absolute") ]],
        { "-e", "OTHER=" .. httpd.url }, { base_url = httpd.url .. "/echo/base/" })
    end)

    it("say what `expect` is met by", function()
      local r = journey [[
local r = http.get "/status/404"
same(r.ok, false) same(r.status, 404) same(r.error, nil)
r = http.get("/status/404", { expect = 404 })
same(r.ok, true)
r = http.get("/status/201", { expect = { 200, 201 } })
same(r.ok, true)
r = http.get("/ok", { expect = 201, name = "unexpected" })
same(r.ok, false) same(r.status, 200) ]]
      assert.equal(1, expect.request(r, "unexpected").failed)
    end)

    it("refuse misspelt options at the caller's line", function()
      local r = run "return { journey = function()\n  http.get('/ok', { heders = {} })\nend }"
      expect.code(r, 107)
      expect.says(r, "scenario.lua:2", "heders", "headers")
      assert.equal(0, httpd:counts().total)
    end)

    it("refuse what cannot be sent as it stands, at the caller's line", function()
      journey [[
raises("NUL", function() http.get "/any/a\0b" end)
raises("ftp://127.0.0.1/", function() http.get "ftp://127.0.0.1/" end)
raises("params", function() http.get("/any/:id", { params = { id = 0 / 0 } }) end)
for _, n in ipairs { 0 / 0, math.huge, -math.huge } do
  raises("params: not a finite", function() http.get("/any/:id", { params = { id = n } }) end)
  raises("query: not a finite", function() http.get("/ok", { query = { n = n } }) end)
  raises("query: not a finite", function() http.get("/ok", { query = { n = { 1, n } } }) end)
  raises("query: not a finite", function() http.get("/ok", { query = n }) end)
  raises("form: not a finite", function() http.post("/ok", { form = { n = n } }) end)
  raises("form: not a finite", function() http.post("/ok", { form = { n = { n } } }) end)
  raises("headers: not a finite", function() http.get("/ok", { headers = { n = n } }) end)
  raises("tags: not a finite", function() http.get("/ok", { tags = { n = n } }) end)
  raises("json: not a finite", function() http.post("/ok", { json = { n } }) end)
  raises("body: not a finite", function() http.post("/ok", { body = n }) end)
  raises("name: not a finite", function() http.get("/ok", { name = n }) end)
  raises("bearer: not a finite", function() http.get("/ok", { bearer = n }) end)
  raises("basic: not a finite", function() http.get("/ok", { basic = { "ann", n } }) end)
end
raises("twice", function() http.get("/ok", { headers = { ["X-A"] = "1", ["x-a"] = "2" } }) end)
local header = { authorization = "Basic eA==" }
raises("bearer", function() http.get("/ok", { headers = header, bearer = "x" }) end)
raises("basic", function() http.get("/ok", { headers = header, basic = { "a", "b" } }) end) ]]
      assert.equal(0, httpd:counts().total)
    end)

    it("take an address with another one in its query", function()
      journey [[
same(echo(http.get "/echo?to=ftp://127.0.0.1/"):json "query", "to=ftp://127.0.0.1/")
same(echo(http.get("/echo", { headers = { Authorization = "mine" } })):json "headers.authorization",
  "mine") ]]
    end)
  end)

  describe("responses", function()
    it("have headers without case, status, ok and timings", function()
      journey [[
local r = http.get "/json"
same(r.status, 200) same(r.ok, true) same(r.error, nil)
same(r.headers["content-type"], "application/json")
same(r.headers["Content-Type"], "application/json")
same(r.headers["CONTENT-TYPE"], "application/json")
same(r.headers["x-none"], nil)
local slow = http.get "/slow?ms=120"
local t = slow.timings
assert(t.duration >= 118, "duration " .. t.duration)
assert(t.waiting >= 100, "waiting " .. t.waiting)
for _, phase in ipairs { "sending", "waiting", "receiving", "duration", "blocked", "connecting" } do
  assert(type(t[phase]) == "number" and t[phase] >= 0, phase)
end
assert(math.abs(t.sending + t.waiting + t.receiving - t.duration) < 1, "phases do not add up") ]]
    end)

    it("have a binary safe body", function()
      journey [[
for _, path in ipairs { "/bytes/1000", "/chunked/1000" } do
  local body = http.get(path).body
  same(#body, 1000)
  for i = 1, 1000 do same(body:byte(i), (i - 1) % 251) end
end ]]
    end)

    it("pick JSON by path, with indices from 1", function()
      journey [[
local r = http.get "/json"
same(r:json "name", "lload") same(r:json "small", 42) same(r:json "negative", -7)
same(r:json "ratio", 0.25) same(r:json "text", 'caf\195\169 "quoted"')
same(r:json "id", 9007199254740992) same(("%.0f"):format(r:json "id"), "9007199254740992")
same(r:json "yes", true) same(r:json "no", false)
same(r:json "path.to[1].field", "first") same(r:json "path.to[2].field", "second")
same(r:json "items[2].sku", "b-2") same(r:json "items[1].tags[2]", "y")
same(r:json "matrix[2][1]", 3)
same(r:json "path.to[3].field", nil) same(r:json "path.to[0]", nil)
same(r:json "missing.deeper", nil) same(r:json "name.deeper", nil) ]]
    end)

    it("pick by path what the whole document has there", function()
      journey [[
local r = http.get "/json-odd"
local all = r:json()
same(r:json "twice.x", 2) same(all.twice.x, 2)
same(r:json "gone", nil) same(all.gone, nil)
same(r:json "abc", 3) same(all.abc, 3)
same(r:json "cut", "\239\191\189!") same(all.cut, "\239\191\189!")
same(r:json "\239\191\189", 4) same(all["\239\191\189"], 4) ]]
    end)

    it("read null as nil, and give the whole document without a path", function()
      journey [[
local r = http.get "/json"
same(r:json "nothing", nil)
local all = r:json()
same(all.nothing, nil) same(all.path.to[2].field, "second") same(#all.items, 2)
same(#all.items[2].tags, 0) same(all.id, 9007199254740992) same(next(all.empty), nil) ]]
    end)

    it("return nil and a message for JSON that is none, and never raise", function()
      journey [[
local function none(path, wanted)
  local value, message = http.get(path):json(wanted)
  same(value, nil) same(type(message), "string", "type of the message for " .. path)
end
none "/ok" none("/ok", "token") none("/bytes/500", "token") none("/status/204", "token")
local refused = http.get "http://127.0.0.1:1/"
same(refused.error, "refused") same(refused.status, 0) same(refused:json "token", nil) ]]
    end)

    it("send numbers they read back unchanged", function()
      journey [[
local id = http.get("/json"):json "id"
same(echo(http.get("/echo/:id", { params = { id = id } })):json "path", "/echo/9007199254740992")
same(echo(http.get("/echo", { query = { id = id } })):json "query", "id=9007199254740992")
same(echo(http.post("/echo", { json = { id = id } })):json "body", '{"id":9007199254740992}') ]]
    end)

    it("decode gzip and deflate on request, whether or not the body is read", function()
      local r = journey [[
local encoded = { headers = { ["Accept-Encoding"] = "gzip, deflate" } }
same(http.get("/gzip", encoded):json "path.to[2].field", "second")
same(http.get("/deflate", encoded):json "path.to[2].field", "second")
same(http.get("/gzip", encoded).ok, true)
local small = http.get("/gzip", { headers = encoded.headers, max_body = 100 })
same(small.error, "too_large") ]]
      assert.equal(1, expect.errors(r, "too_large"))
    end)
  end)

  describe("an iteration", function()
    it("ends with a nil in params: counted as failed, no script error", function()
      local r = run([[
return { journey = function()
  local order = http.get "/json"
  http.get("/any/:id", { params = { id = order:json "no.such.id" } })
  http.get "/any/after"
end }]], { "-i", "3" })
      expect.code(r, 0)
      assert.equal(3, expect.count(r, "iterations_failed"))
      assert.equal(0, expect.count(r, "iteration_errors"))
      assert.same({ ["/json"] = 3 }, httpd:counts().paths)
    end)

    it("ends with an unmet r:expect", function()
      local r = run([[
return { journey = function()
  http.get("/ok"):expect(200)
  http.get("/status/404"):expect(200)
  http.get "/any/after"
end }]], { "-i", "3" })
      expect.code(r, 0)
      assert.equal(3, expect.count(r, "iterations_failed"))
      assert.equal(0, expect.count(r, "iteration_errors"))
      assert.is_nil(httpd:counts().paths["/any/after"])
    end)

    it("goes on after a request that failed", function()
      local r = journey [[
http.get "/reset"
same(http.get("/ok").status, 200) ]]
      assert.equal(0, expect.count(r, "iterations_failed"))
    end)

    it("numbers itself and knows its journey and stage", function()
      local r = run([[
local last = {}
return {
  stages = { evening = { executor = "per-vu-iterations", vus = 2, iterations = 3 } },
  journeys = { browse = { weight = 1, run = function(vu)
    same(vu.journey, "browse") same(vu.stage, "evening")
    if last[vu.id] then same(vu.iteration, last[vu.id] + 1) end
    last[vu.id] = vu.iteration
    http.get "/ok"
  end } },
}]])
      expect.code(r, 0)
    end)
  end)

  describe("custom metrics", function()
    it("come in four kinds, in the result and in thresholds", function()
      local r = run([[
local orders, load = lload.counter "orders", lload.gauge "load"
local good, latency = lload.rate "good", lload.trend "latency"
return {
  thresholds = {
    orders = "count==30", load = "value<=10", good = "rate==0.5",
    latency = { "max==9", "min==0", "avg<5", "p(95)<=9" },
  },
  journey = function(vu)
    local i = vu.iteration % 10
    http.get "/ok"
    orders:add(3) load:add(i) good:add(i % 2 == 0) latency:add(i)
  end,
}]], { "-u", "1", "-i", "10" })
      expect.code(r, 0)
      local m = r.result.metrics
      assert.equal("counter", m.orders.type)
      assert.equal(30, m.orders.count)
      assert.equal("gauge", m.load.type)
      assert.equal("rate", m.good.type)
      assert.near(0.5, m.good.rate, 1e-9)
      assert.equal("trend", m.latency.type)
      assert.equal(10, m.latency.count)
      assert.near(4.5, m.latency.avg, 0.01)
    end)

    it("without data are absent", function()
      local r = run [[
local never = lload.trend "never"
return { journey = function() http.get "/ok" if false then never:add(1) end end }
]]
      expect.code(r, 0)
      assert.is_nil(r.result.metrics.never)
    end)

    it("refuse values that are no measurement; only a gauge goes below 0", function()
      local r = run [[
local load, latency, orders = lload.gauge "load", lload.trend "latency", lload.counter "orders"
return { journey = function()
  raises("negative", function() latency:add(-1) end)
  for _, metric in ipairs { load, latency, orders } do
    raises("tags: not a finite", function() metric:add(1, { size = 0 / 0 }) end)
    raises("finite", function() metric:add(math.huge) end)
    raises("finite", function() metric:add(-math.huge) end)
    raises("finite", function() metric:add(0 / 0) end)
  end
  load:add(-5) load:add(3) load:add(-2)
  latency:add(0)
end }]]
      expect.code(r, 0)
      local m = r.result.metrics
      assert.same({ -2, -5, 3 }, { m.load.value, m.load.min, m.load.max })
      assert.equal(1, m.latency.count)
      assert.is_nil(m.orders)
    end)
  end)

  describe("check and group", function()
    it("tell whether all checks passed", function()
      local r = journey [[
local function is(status) return function(r) return r.status == status end end
local r = http.get "/ok"
same(check(r, { a = is(200), b = is(200) }), true)
same(check(r, { a = is(200), c = is(404) }), false) ]]
      assert.equal(3, r.result.metrics.checks.passes)
      assert.equal(1, r.result.metrics.checks.fails)
      assert.equal(3, #r.result.checks)
    end)

    it("measure a group with all that happens in it", function()
      local r = journey [[
group("shopping", function()
  http.get "/slow?ms=60"
  http.get "/slow?ms=60"
end) ]]
      local g = r.result.metrics.group_duration
      assert.equal(1, g.count)
      assert.is_true(g.min >= 115)
      expect.total(r, 2)
    end)
  end)

  describe("think", function()
    it("lasts between its bounds and is no part of a request", function()
      local r = journey [[
for _ = 1, 3 do think(0.1, 0.2) end
http.get "/ok" ]]
      local d = r.result.metrics.iteration_duration
      assert.is_true(d.min >= 295, "it took " .. d.min)
      assert.is_true(r.result.metrics.http_req_duration.max < 250)
    end)

    it("takes seconds and durations, as numbers and as text", function()
      local r = journey [[
think "0.01" think "10ms" think(0.01) think("10ms", "0.02") lload.sleep "0.01" lload.sleep "1.5ms"
http.get("/ok", { timeout = "5" }) http.get("/ok", { timeout = "5s" }) ]]
      assert.is_true(r.result.metrics.iteration_duration.min >= 51)
      expect.total(r, 2)
    end)

    it("refuses a duration that is none, as timeouts do, at the caller's line", function()
      journey [[
for _, text in ipairs { "fast", "5x", "5 s", "", " ", "-1", "1e3", "1s2", "nan", "0x10", "1..5" } do
  raises("duration", function() think(text) end)
  raises("duration", function() think(0.001, text) end)
  raises("duration", function() lload.sleep(text) end)
  raises("timeout", function() http.get("/ok", { timeout = text }) end)
end
for _, number in ipairs { -1, 0 / 0, math.huge } do
  raises("duration", function() think(number) end)
  raises("timeout", function() http.get("/ok", { timeout = number }) end)
end ]]
      assert.equal(0, httpd:counts().total)
    end)
  end)

  describe("data", function()
    local function with_files(files, text, args)
      local path, dir = cli.scenario(HELPERS .. text)
      for name, content in pairs(files) do
        tmp.write(dir, name, content)
      end
      local all = { "run", path, "--base-url", httpd.url, unpack(args or {}) }
      local r = cli.run(all, { cwd = dir })
      expect.code(r, 0)
      return r
    end

    it("of a CSV are rows by column: quotes, commas, line ends", function()
      local row = '1,"Ann, B.","says ""hi"""\r\n'
      with_files({ ["data/users.csv"] = "id,name,note\r\n" .. row .. row }, [[
local users = lload.csv "data/users.csv"
return { journey = function()
  local user = users:random()
  same(user.id, "1") same(user.name, "Ann, B.") same(user.note, 'says "hi"')
  http.get("/any/:id", { params = { id = user.id } })
end }]], { "-u", "4", "-i", "8" })
      assert.equal(8, httpd:counts().paths["/any/1"])
    end)

    it("reach every row in time", function()
      with_files({ ["ids.csv"] = "id\na\nb\nc\n" }, [[
local ids = lload.csv "ids.csv"
return { journey = function() http.get("/any/:id", { params = { id = ids:random().id } }) end }
]], { "-u", "2", "-i", "200" })
      local paths = httpd:counts().paths
      assert.equal(3, keys(paths))
      assert.equal(200, paths["/any/a"] + paths["/any/b"] + paths["/any/c"])
    end)

    it("of a JSON file are its list", function()
      local row = '{"id":9007199254740992,"tags":["x"]}'
      with_files({ ["ids.json"] = "[" .. row .. "," .. row .. "]" }, [[
local ids = lload.json "ids.json"
return { journey = function()
  local row = ids:random()
  same(row.tags[1], "x")
  http.get("/any/:id", { params = { id = row.id } })
end }]], { "-i", "2" })
      assert.equal(2, httpd:counts().paths["/any/9007199254740992"])
    end)
  end)

  describe("data in JSON", function()
    it("reads half of a surrogate pair as U+FFFD, and is refused where it is no JSON", function()
      local path, dir = cli.scenario [[
local rows = lload.json "rows.json"
return { journey = function()
  assert(rows[1].name == "\239\191\189" and rows[2].name == "\240\159\152\128", rows[1].name)
  assert(rows[3] == "a\239\191\189")
  http.get "/ok"
end }]]
      local args = { "run", path, "--base-url", httpd.url }
      tmp.write(dir, "rows.json",
        [=[[{"name":"\ud800"}, {"name":"\ud83d\ude00"}, "a\udfff"]]=])
      expect.code(cli.run(args), 0)
      tmp.write(dir, "rows.json", [=[[{"name":"\x"}]]=])
      local r = cli.run(args)
      expect.code(r, 104)
      expect.says(r, "rows.json", "JSON")
    end)
  end)

  describe("vu.progress", function()
    it("goes from 0 to 1 with the time of the profile", function()
      local r = run([[
local before = 0
return {
  stages = { all = { executor = "constant-vus", vus = 1, duration = "400ms" } },
  journey = function(vu)
    local now = vu.progress
    assert(now >= before and now <= 1, now)
    assert(vu.iteration > 1 or now < 0.5, now)
    before = now
    http.get("/any/:half", { params = { half = now < 0.5 and 1 or 2 } })
    lload.sleep "20ms"
  end,
}]])
      expect.code(r, 0)
      local paths = httpd:counts().paths
      assert.truthy(paths["/any/1"] >= 3 and paths["/any/2"] >= 3)
    end)
  end)

  describe("random", function()
    local TEXT = [[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 4, iterations = 20 } },
  journeys = {
    a = { weight = 1, run = function()
      local n, letter = lload.random.int(1, 1000000), lload.random.pick { "x", "y", "z" }
      assert(n >= 1 and n <= 1000000 and n % 1 == 0)
      http.get("/any/:n", { params = { n = letter .. n } })
    end },
    b = { weight = 1, run = function()
      http.get("/any/:n", { params = { n = "b" .. lload.random.int(5, 7) } })
    end },
  },
}]]

    local function choices(...)
      httpd:reset_counts()
      expect.code(run(TEXT, { ... }), 0)
      return httpd:counts().paths
    end

    it("choices are the same with the same seed, whatever the number of threads", function()
      local first = choices("--seed", "42", "--threads", "1")
      assert.is_true(keys(first) > 10)
      assert.same(first, choices("--seed", "42", "--threads", "1"))
      assert.same(first, choices("--seed", "42", "--threads", "2"))
    end)

    it("choices differ with another seed, and from user to user", function()
      local first = choices("--seed", "1")
      assert.not_same(first, choices("--seed", "2"))
      for path, n in pairs(first) do
        local is_b = path:find "^/any/b" ~= nil
        assert.is_true(is_b or n == 1, path .. " was chosen " .. n .. " times")
      end
    end)

    it("go on where they were when a user comes back after a ramp down", function()
      expect.code(run([[
return {
  stages = { tide = { executor = "ramping-vus", start_vus = 1, steps = {
    { duration = "500ms", target = 1 }, { duration = 0, target = 0 },
    { duration = "1s", target = 0 }, { duration = 0, target = 1 },
    { duration = "500ms", target = 1 } } } },
  on_start = function(vu) http.get("/any/start/:id", { params = { id = vu.id } }) end,
  journey = function()
    http.get("/any/lload/:n", { params = { n = lload.random.int(1, 1e12) } })
    http.get("/any/math/:n", { params = { n = math.random(1, 1000000000) } })
    think(0.02)
  end,
}]]), 0)
      local paths = httpd:counts().paths
      assert.equal(2, paths["/any/start/1"], "the user did not come back")
      paths["/any/start/1"] = nil
      assert.is_true(keys(paths) >= 4)
      for path, n in pairs(paths) do
        assert.equal(1, n, path)
      end
    end)
  end)

  describe("the environment", function()
    it("reaches lload.env by -e, with a default otherwise", function()
      journey([[
same(lload.env("SHOP", "default"), "the = shop") same(lload.env("NONE", "default"), "default")
same(lload.env "EMPTY", "")
http.get "/ok" ]], { "-e", "SHOP=the = shop", "-e", "EMPTY=" })
    end)

    it("chooses options as LLOAD_*, and the command line wins", function()
      local text = [[
return {
  stages = {
    one = { executor = "per-vu-iterations", vus = 1, iterations = 1 },
    two = { executor = "per-vu-iterations", vus = 1, iterations = 2 },
  },
  default_stage = "one",
  journey = function() http.get "/ok" end,
}]]
      local env = { LLOAD_STAGE = "two" }
      assert.equal("one", run(text).result.scenario.stage)
      assert.equal("two", run(text, {}, { env = env }).result.scenario.stage)
      assert.equal("one", run(text, { "--stage", "one" }, { env = env }).result.scenario.stage)
    end)
  end)

  describe("users", function()
    it("are numbered 1 to N over all workers, and keep their own fields", function()
      local r = run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 50, iterations = 2 } },
  journey = function(vu)
    vu.visits = (vu.visits or 0) + 1
    http.get("/any/:id/:visits", { params = { id = vu.id, visits = vu.visits } })
  end,
}]], { "--threads", "2" })
      expect.code(r, 0)
      local paths = httpd:counts().paths
      assert.equal(100, keys(paths))
      for id = 1, 50 do
        assert.equal(1, paths[("/any/%d/1"):format(id)])
        assert.equal(1, paths[("/any/%d/2"):format(id)])
      end
      assert.equal(50, httpd:counts().connections)
    end)

    it("each get a copy of what setup returns", function()
      local r = run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 6, iterations = 1 } },
  setup = function()
    http.get "/any/setup"
    local deep = { yes = true, text = "\0\255" }
    return { n = 1, big = 9007199254740992, list = { "a", "b" }, deep = deep }
  end,
  journey = function(vu)
    local d = vu.data
    same(d.n, 1, "n") same(d.big, 9007199254740992) same(#d.list, 2) same(d.list[2], "b")
    same(d.deep.yes, true) same(d.deep.text, "\0\255")
    d.n = 100 + vu.id
    d.list[3] = "mine"
    http.get "/ok"
  end,
  teardown = function(data)
    same(data.n, 1, "n in teardown") same(#data.list, 2)
    http.get "/any/teardown"
  end,
}]], { "--threads", "2" })
      expect.code(r, 0)
      local paths = httpd:counts().paths
      assert.same({ 1, 6, 1 }, { paths["/any/setup"], paths["/ok"], paths["/any/teardown"] })
    end)

    it("cannot be given functions by setup", function()
      local r = run [[
return { setup = function() return { f = print } end, journey = function() end }
]]
      assert.not_equal(0, r.code)
    end)

    it("start and stop once each, and what on_start sets lasts", function()
      local r = run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 5, iterations = 3 } },
  on_start = function(vu) http.get "/any/start" vu.token = "t" .. vu.id end,
  journey = function(vu) same(vu.token, "t" .. vu.id) http.get "/ok" end,
  on_stop = function(vu) same(vu.token, "t" .. vu.id) http.get "/any/stop" end,
}]], { "--threads", "2" })
      expect.code(r, 0)
      assert.same({ ["/any/start"] = 5, ["/ok"] = 15, ["/any/stop"] = 5 }, httpd:counts().paths)
    end)

    it("try on_start again after an unmet expectation", function()
      local r = run([[
return {
  on_start = function(vu)
    http.get("/fail-first/1"):expect(200)
    vu.token = "here"
  end,
  journey = function(vu) same(vu.token, "here") http.get "/ok" end,
}]], { "-u", "1", "-i", "2" })
      expect.code(r, 0)
      assert.same({ ["/fail-first/1"] = 2, ["/ok"] = 2 }, httpd:counts().paths)
    end)
  end)

  describe("a metatable of the script's own on the user", function()
    it("does no harm, whatever its functions raise", function()
      local r = run [[
local function no() error "not in this table" end
return {
  stages = { all = { executor = "per-vu-iterations", vus = 2, iterations = 3 } },
  setup = function() return { word = "from setup" } end,
  on_start = function(vu) setmetatable(vu, { __index = no, __newindex = no, __tostring = no }) end,
  journeys = { only = function(vu)
    local n = rawget(vu, "n") or 0
    rawset(vu, "n", n + 1)
    same(vu.iteration, n + 1, "iteration") same(vu.journey, "only")
    http.get("/any/:id/:n", { params = { id = vu.id, n = vu.iteration } })
  end },
  on_stop = function(vu) same(vu.iteration, 3) http.get "/any/stop" end,
  teardown = function(data) same(data.word, "from setup") end,
}]]
      expect.code(r, 0)
      local paths = httpd:counts().paths
      assert.equal(2, paths["/any/stop"])
      for id = 1, 2 do
        for n = 1, 3 do
          assert.equal(1, paths[("/any/%d/%d"):format(id, n)])
        end
      end
    end)

    it("does no harm with a finaliser, which never runs unprotected", function()
      local r = run([[
return { journey = function(vu)
  local ok = pcall(setmetatable, vu, { __gc = function() error "too late" end })
  same(ok, true)
  http.get "/ok"
  collectgarbage()
end }]], { "-u", "2", "-i", "6" })
      expect.code(r, 0)
      expect.total(r, 6)
    end)
  end)

  describe("lload.log", function()
    it("writes to standard error", function()
      local r = journey [[
lload.log.info "an information"
lload.log.warn "a warning"
lload.log.error "an error"
http.get "/ok" ]]
      expect.says(r, "a warning", "an error")
      assert.is_nil(r.stdout:find("a warning", 1, true))
    end)
  end)

  it("refuses to wait inside a coroutine of the script's own, with a clear message", function()
    local r = run([[
return { journey = function()
  http.get "/any/before"
  local co = coroutine.wrap(function() http.get "/any/inside" end)
  co()
end }]], { "-i", "1" })
    expect.code(r, 107)
    expect.says(r, "coroutine")
    assert.is_nil(httpd:counts().paths["/any/inside"])
  end)

  describe("a function that is called where nobody can wait", function()
    -- In place of %s: what the callback does; `call` runs it as often as it likes.
    local CALLS = {
      ["table.sort"] = "table.sort({ 3, 1, 2, 5, 4 }, function(a, b) %s return a < b end)",
      ["string.gsub"] = [[string.gsub("abc", ".", function() %s end)]],
      ["string.format"] = [[string.format("%%s", setmetatable({}, { __tostring = function() %s
end }))]],
    }
    local WAITS = { http = [[http.get "/any/inside"]], think = "think(0.01)",
      sleep = 'lload.sleep "10ms"' }

    for caller, call in pairs(CALLS) do
      for what, wait in pairs(WAITS) do
        local inside = call:format(wait)

        it(("by %s cannot use %s: a clear message, nothing sent"):format(caller, what), function()
          local r = run("return { journey = function()\n" ..
            "  http.get '/echo/before'\n  " .. inside .. "\nend }", { "-i", "2" })
          expect.code(r, 107)
          expect.line(r, "scenario.lua:3", "lload." .. what, "table.sort", "string.format")
          assert.equal(2, expect.count(r, "iteration_errors"))
          assert.same({ ["/echo/before"] = 2 }, httpd:counts().paths)
          expect.total(r, 2)
        end)

        it(("by %s cannot use %s under pcall, and does no harm"):format(caller, what), function()
          local r = journey(([[
for i = 1, 3 do
  local path = "/echo/after/" .. i
  same(echo(http.get "/echo/before"):json "path", "/echo/before")
  raises("table.sort", function() %s end)
  same(echo(http.get(path)):json "path", path)
  think(0.002)
  same(echo(http.get("/slow?ms=30")).timings.duration >= 29, true, "slow")
end ]]):format(inside), { "-u", "2", "-i", "4" })
          assert.same({ ["/echo/before"] = 12, ["/echo/after/1"] = 4, ["/echo/after/2"] = 4,
            ["/echo/after/3"] = 4, ["/slow"] = 12 }, httpd:counts().paths)
          expect.total(r, 36)
        end)
      end
    end

    it("may be a metamethod of an operator, which can wait", function()
      local r = journey [[
local page = setmetatable({}, { __index = function(_, name) return http.get("/echo/" .. name) end })
same(echo(page.front):json "path", "/echo/front") ]]
      expect.total(r, 1)
    end)

    it("by require cannot send: a module is loaded in no time", function()
      local path, dir = cli.scenario(HELPERS .. [[
return { journey = function()
  local ok, message = pcall(require, "sends")
  same(ok, false)
  assert(message:find("require", 1, true), message)
  same(echo(http.get "/echo/after"):json "path", "/echo/after")
end }]])
      tmp.write(dir, "sends.lua", 'require("lload").http.get "/any/inside"\nreturn {}\n')
      expect.code(cli.run { "run", path, "--base-url", httpd.url }, 0)
      assert.same({ ["/echo/after"] = 1 }, httpd:counts().paths)
    end)

    it("can use what does not wait", function()
      journey [[
local r = http.get "/json"
local sorted = { 3, 1, 2 }
table.sort(sorted, function(a, b) same(r:json "small", 42) return a < b end)
same(table.concat(sorted, ","), "1,2,3")
same((("a,b"):gsub("%a", function(c) return r:json "name" .. c end)), "lloada,lloadb")
same(getmetatable(r), false, "metatable") same(tostring(r.headers["content-type"]),
  "application/json") ]]
    end)
  end)

  it("waits inside pcall and in iterators", function()
    local r = journey [[
local ok, status = pcall(function() return http.get("/ok").status end)
same(ok, true) same(status, 200)
local ok2, message = pcall(function() http.get "/ok" error("mine", 0) end)
same(ok2, false) same(message, "mine")
local function pages()
  local n = 0
  return function() n = n + 1 if n < 4 then return http.get "/ok" end end
end
local seen = 0
for page in pages() do same(page.status, 200) seen = seen + 1 end
same(seen, 3) ]]
    expect.total(r, 5)
  end)

  it("keeps a name of more than 500 in (other)", function()
    local r = run([[
return { journey = function()
  for i = 1, 520 do http.get("/ok", { name = "name " .. i }) end
end }]], { "-i", "1" })
    expect.code(r, 0)
    expect.total(r, 520)
    assert.is_true(#r.result.requests <= 501)
    assert.is_true(expect.request(r, "(other)").count >= 19)
  end)

  it("is what an ordinary Lua module sees: nothing but standard libraries and require", function()
    journey [[
same(type(string.format), "function") same(type(math.floor), "function")
same(type(os.time()), "number")
assert(lload == require "lload", "require gives the same module")
http.get "/ok" ]]
  end)

  it("has no raw memory and no finalisers", function()
    local r = run [[
local function absent()
  assert(not pcall(require, "ffi"), "ffi is there")
  assert(not pcall(function() return newproxy end), "newproxy is there")
  assert(rawget(_G, "newproxy") == nil and rawget(_G, "ffi") == nil, "in _G")
  assert(package.loaded.ffi == nil and package.preload.ffi == nil, "in package")
  assert(debug.setmetatable == nil and debug.getregistry == nil, "in debug")
  for _, name in ipairs { "jit.util", "jit.opt", "jit.profile", "string.buffer" } do
    assert(not pcall(require, name), name)
  end
  assert(jit.on == nil and require("jit").attach == nil, "in jit")
  assert(not pcall(collectgarbage, "stop"), "the collector can be stopped")
  assert(getmetatable(io.stderr) == false, "files have a metatable to change")
end
absent()
return { journey = function() absent() http.get "/ok" end }]]
    expect.code(r, 0)
    expect.total(r, 1)
  end)

  -- Each leads to the functions that Lua itself has, past what the scenario's globals say. One that
  -- got through would end the process with code 0 and no reports.
  local ROUTES = [[
local bytecode = string.dump(function() end)
local routes = {
  function() require("os").exit(0) end,
  function() package.loaded.os.exit(0) end,
  function() require("_G").os.exit(0) end,
  function() package.loaded._G.os.exit(0) end,
  function() getfenv(0).os.exit(0) end,
  function() getfenv(print).os.exit(0) end,
  function() getfenv(require).os.exit(0) end,
  function() getfenv(lload.group).os.exit(0) end,
  function() loadstring("os.exit(0)")() end,
  function() load("require('os').exit(0)")() end,
  function() coroutine.wrap(function() getfenv(0).os.exit(0) end)() end,
  function() require("lload.strict").environment(function() end).os.exit(0) end,
  function() setfenv(lload.group, { pcall = nil }) end,
  function() setfenv(0, {}) end,
  function() require("debug").getregistry()._LOADED.os.exit(0) end,
  function() require("debug").sethook(function() end, "", 1) end,
  function() require("debug").getlocal(1, 1) end,
  function() require("package").loadlib("libc.so.6", "*") end,
  function() getfenv(0).newproxy(true) end,
  function() getfenv(0).collectgarbage "stop" end,
  function() require("jit").on() end,
  function() assert(load(bytecode)) end,
  function() assert(loadstring(bytecode)) end,
  function() assert(load(bytecode, "x", "b")) end,
  function() assert(load(coroutine.wrap(function() coroutine.yield(bytecode) end))) end,
  function() module("os") end,
  function() require("lload.engine").run({}, print) end,
}
local function try_all()
  for number, route in ipairs(routes) do
    if pcall(route) then error("route " .. number .. " is open", 0) end
  end
end
]]

  it("has no route to what it must not have, in a journey or while the file loads", function()
    for _, text in ipairs {
      "try_all() return { journey = function() http.get '/ok' end }",
      "return { journey = function() try_all() http.get '/ok' end }",
      "return { setup = try_all, journey = function() http.get '/ok' end }",
    } do
      local r = run(ROUTES .. text)
      expect.code(r, 0)
      expect.total(r, 1)
    end
  end)

  it("writes nothing to standard output, whichever way it takes", function()
    local r = run([[
local function say()
  print "aloud" io.write "aloud" io.stdout:write "aloud"
  require("io").write "aloud" require("io").stdout:write "aloud" io.output():write "aloud"
end
say()
return { journey = function() say() http.get "/ok" end }]], { "-q" })
    expect.code(r, 0)
    assert.is_nil(r.stdout:find("aloud", 1, true), r.stdout)
  end)
end)
