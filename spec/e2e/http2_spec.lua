--- HTTP/2: one connection for the requests of a user that are under way at the same time.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

-- A speaks HTTP/2, few streams at a time; B speaks HTTP/1.1 alone.
local SERVERS = [[
  server {
    listen 127.0.0.1:@PORT_A@ ssl http2;
    http2_max_concurrent_streams 8;
    ssl_certificate @DIR@/cert.pem;
    ssl_certificate_key @DIR@/key.pem;
    location = /moved { return 302 /small.txt; }
    location = /hang { proxy_pass http://127.0.0.1:@HTTPD@; }
    location = /slow { proxy_pass http://127.0.0.1:@HTTPD@; }
    location = /events {
      proxy_pass http://127.0.0.1:@HTTPD@;
      proxy_http_version 1.1;
      proxy_buffering off;
    }
    location / { }
  }
  server {
    listen 127.0.0.1:@PORT_B@ ssl;
    ssl_certificate @DIR@/cert.pem;
    ssl_certificate_key @DIR@/key.pem;
    location = /slow { proxy_pass http://127.0.0.1:@HTTPD@; }
    location / { }
  }
]]

describe("HTTP/2", function()
  local nginx, httpd

  setup(function()
    httpd = server.httpd()
    nginx = server.nginx { servers = (SERVERS:gsub("@HTTPD@", httpd.port)) }
    nginx.h2_url = "https://127.0.0.1:" .. nginx.port_a
    nginx.h1_url = "https://127.0.0.1:" .. nginx.port_b
  end)

  teardown(function()
    nginx:stop()
    httpd:stop()
  end)

  local function run(url, journey, args, reuse)
    local all = { "--insecure" }
    for _, word in ipairs(args or { "-i", "1" }) do all[#all + 1] = word end
    return cli.run_scenario(([[
local function list(n, path)
  local requests = {}
  for i = 1, n do requests[i] = path end
  return requests
end
return { http = { http_version = "2", reuse = %q }, journey = function(vu) %s end }]])
      :format(reuse or "vu", journey), all,
      { base_url = url })
  end

  it("is spoken where the server does", function()
    local mark = nginx:mark()
    local r = run(nginx.h2_url, [[
      local r = http.get "/small.txt"
      assert(r.proto == "h2" and r.status == 200, r.proto)
      r = http.get "/moved"
      assert(r.proto == "h2" and #r.hops == 1, r.proto)
      r = http.post("/large.txt", { json = { a = 1 }, expect = 405 })
      assert(r.status == 405, r.status)]],
      { "-u", "3", "-i", "6", "--threshold", "http_reqs{proto:h2}: count==24",
        "--threshold", "http_req_duration{proto:h2}: p(95)<60000" })
    expect.code(r, 0)
    assert.equal(3, nginx:requests(mark).connections)
    assert.equal(3, r.result.connections.opened)
  end)

  it("gives way to HTTP/1.1 where it does not", function()
    local r = run(nginx.h1_url, [[
      assert(http.get("/small.txt").proto == "HTTP/1.1")]],
      { "-i", "2", "--threshold", "http_reqs{proto:HTTP/1.1}: count==2" })
    expect.code(r, 0)
  end)

  it("is not tried without TLS", function()
    local r = run(nginx.url, [[
      for _, r in ipairs(http.batch(list(20, "/small.txt"))) do
        assert(r.proto == "HTTP/1.1", r.proto)
      end]])
    expect.code(r, 0)
    assert.equal(6, r.result.connections.opened)
  end)

  it("needs one connection for a batch, and one for each user", function()
    local mark = nginx:mark()
    local r = run(nginx.h2_url, [[
      for _ = 1, 3 do
        for _, r in ipairs(http.batch(list(8, "/slow?ms=20"))) do
          assert(r.ok and r.proto == "h2", r.error_message)
        end
      end]], { "-u", "5", "-i", "5" })
    expect.code(r, 0)
    expect.total(r, 120)
    assert.equal(5, nginx:requests(mark).connections)
    assert.equal(5, r.result.connections.opened)
  end)

  it("needs one for each request that is to have its own", function()
    local r = run(nginx.h2_url, [[
      for _, r in ipairs(http.batch(list(8, "/slow?ms=20"))) do
        assert(r.ok and r.proto == "h2", r.error_message)
      end]], nil, "none")
    expect.code(r, 0)
    assert.equal(8, r.result.connections.opened)
  end)

  it("opens as many as the limits allow where HTTP/1.1 is spoken", function()
    for path, opened in pairs { ["/slow?ms=150"] = 6, ["/small.txt"] = false } do
      local mark = nginx:mark()
      local r = run(nginx.h1_url, ([[
        if %s then http.get "/small.txt" end
        for _, r in ipairs(http.batch(list(20, %q))) do
          assert(r.ok and r.proto == "HTTP/1.1", r.error_message)
        end]]):format(tostring(opened), path))
      expect.code(r, 0)
      local connections = nginx:requests(mark).connections
      assert.is_true(connections == opened or not opened and connections <= 6, connections)
    end
  end)

  it("opens another connection when the first is full of streams", function()
    local mark = nginx:mark()
    local r = run(nginx.h2_url, [[
      http.get "/small.txt"
      for _, r in ipairs(http.batch(list(40, "/large.txt"), { batch = 40 })) do
        assert(r.ok and #r.body == 220000, r.error_message or #r.body)
      end]])
    expect.code(r, 0)
    expect.total(r, 41)
    local connections = nginx:requests(mark).connections
    assert.is_true(connections <= 6, connections)
  end)

  it("goes on with the other streams when one times out", function()
    local mark = nginx:mark()
    local r = run(nginx.h2_url, [[
      local a = http.batch { { "/hang", timeout = 0.2 }, "/small.txt", "/large.txt" }
      assert(a[1].error == "timeout", a[1].error)
      assert(a[2].ok and a[3].ok)
      assert(http.get("/small.txt").ok)]])
    expect.code(r, 0)
    assert.equal(1, r.result.connections.opened)
    assert.equal(1, nginx:requests(mark).connections)
  end)

  it("carries streams beside requests, and one that is held up holds up no other", function()
    local r = run(nginx.h2_url, [[
      local flood = http.stream "/events?n=1000000000"
      local slow = http.stream "/events?n=3&ms=40"
      assert(flood.proto == "h2" and slow.proto == "h2")
      for i = 1, 3 do
        assert(slow:next().id == tostring(i))
        assert(http.get("/small.txt").proto == "h2")
      end
      for i = 1, 5000 do assert(flood:next().id == tostring(i)) end
      flood:close()
      assert(slow:next() == nil and not slow.error, slow.error_message)
      assert(http.get("/small.txt").ok)]])
    expect.code(r, 0)
    expect.total(r, 6)
    assert.equal(1, r.result.connections.opened)
    assert.equal(0, r.result.metrics.http_req_failed.passes)
  end)

  -- What the three requests come to, and how many connections they took.
  local MODES = {
    { "well", "200", "200", 1 },
    { "reset", "reset", "reset", 1 },
    { "resets-amid", "reset", "reset", 1 },
    { "resets-even", "200", "reset", 1 },
    { "refuses-first", "reset", "reset" },
    { "garbage", "protocol", "protocol" },
    { "goaway", "protocol|closed|reset", "protocol|closed|reset" },
    { "closes", "closed|reset", "closed|reset" },
  }

  for _, row in ipairs(MODES) do
    local mode, get, post, connections = unpack(row)
    it("tells what becomes of a request: the server " .. mode, function()
      local raw = server.raw_h2(mode)
      local r = run(raw.url, ([[
        local function became(r, wanted)
          local got = r.error or tostring(r.status)
          assert(("|" .. wanted .. "|"):find("|" .. got .. "|", 1, true), got)
        end
        became(http.get "/", %q)
        became(http.post("/", { body = "x" }), %q)]]):format(get, post))
      raw:stop()
      assert.same({}, r.result.script_errors)
      expect.total(r, 2)
      if connections then
        assert.equal(connections, r.result.connections.opened)
      end
    end)
  end

  it("loses one stream of a batch, not the others", function()
    local raw = server.raw_h2 "resets-even"
    local r = run(raw.url, [[
      for i, r in ipairs(http.batch(list(8, "/"))) do
        assert(r.ok == (i % 2 == 1) and (r.ok or r.error == "reset"), i .. " " .. tostring(r.error))
      end]])
    raw:stop()
    assert.same({}, r.result.script_errors)
    assert.equal(4, expect.errors(r, "reset"))
    assert.equal(1, r.result.connections.opened)
  end)
end)
