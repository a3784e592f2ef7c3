--- http.hosts, http.dns, http.proxy and http.block_hosts: where requests end up.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

local HELPERS = ([[
local function same(got, wanted, what)
  if got ~= wanted then
    error(("%s is %q, should be %q"):format(what or "it", tostring(got), tostring(wanted)), 2)
  end
end
]]):gsub("\n", " ")

-- A forwards what it is asked for, as a proxy.
local SERVERS = [[
  server {
    listen 127.0.0.1:@PORT_A@;
    location / {
      proxy_pass http://$http_host$request_uri;
      add_header X-Via "$request_method $http_host";
    }
  }
]]

describe("where requests go", function()
  local httpd, nginx

  setup(function()
    httpd = server.httpd()
    nginx = server.nginx { servers = SERVERS }
  end)

  teardown(function()
    httpd:stop()
    nginx:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  -- One iteration of `body` with http options; @P@ is the port of httpd.
  local function run(options, body, args)
    local text = ("return { http = { %s }, journey = function()\n%s\nend }"):format(options, body)
    return cli.run_scenario(HELPERS .. text:gsub("@P@", httpd.port), args)
  end

  local function passes(...)
    local r = run(...)
    expect.code(r, 0)
    return r
  end

  local function problem(options)
    local r = run(options, "")
    expect.code(r, 104)
    return r.stderr
  end

  describe("by http.hosts", function()
    it("is another host and port, while the name stays", function()
      passes([[hosts = { ["api.shop.test"] = "127.0.0.1:@P@" }]], [[
local r = http.get "http://api.shop.test/echo"
same(r.error, nil) same(r:json "headers.host", "api.shop.test")
same(http.get("http://API.shop.test:81/echo"):json "headers.host", "API.shop.test:81")
same(http.get("http://other.shop.invalid/").error, "dns") ]])
      assert.equal(2, httpd:counts().total)
    end)

    it("is an address alone, a name, or one for one port", function()
      passes([[hosts = {
        ["a.test"] = "127.0.0.1", ["b.test"] = "localhost:@P@", ["c.test"] = "127.0.0.1:1",
        ["c.test:81"] = "127.0.0.1:@P@", ["127.9.9.9"] = "localhost:@P@",
      }]], [[
same(http.get("http://a.test:@P@/ok").status, 200)
same(http.get("http://b.test/ok").status, 200)
same(http.get("http://c.test:81/ok").status, 200)
same(http.get("http://c.test/ok").error, "refused")
same(http.get("http://127.9.9.9/ok").status, 200) ]])
    end)

    it("yields to --resolve", function()
      passes([[hosts = { ["a.test"] = "127.0.0.1:1" }]], [[
same(http.get("http://a.test:@P@/ok").status, 200)
same(http.get("http://a.test/ok").error, "refused") ]],
        { "--resolve", "a.test:" .. httpd.port .. ":127.0.0.1" })
    end)

    it("keeps the name for TLS", function()
      local r = cli.run_scenario(HELPERS .. ([[
return {
  http = { hosts = { localhost = "127.0.0.1:%d", other = "127.0.0.1:%d" }, tls = { ca = %q } },
  journey = function()
    same(http.get("https://localhost/return").status, 200)
    same(http.get("https://other/return").error, "tls")
  end,
}]]):format(nginx.tls_url:match "(%d+)$", nginx.tls_url:match "(%d+)$", nginx.cert))
      expect.code(r, 0)
    end)

    it("is checked", function()
      for options, words in pairs {
        ['hosts = { "a.test" }'] = "http.hosts[1]: is no host",
        ['hosts = { ["a b"] = "127.0.0.1" }'] = 'http.hosts["a b"]: is no host',
        ['hosts = { ["http://a"] = "127.0.0.1" }'] = 'http.hosts["http://a"]: is no host',
        ['hosts = { ["*.a"] = "127.0.0.1" }'] = 'http.hosts["*.a"]: is no host',
        ['hosts = { a = "b:0" }'] = 'http.hosts.a: must be a host or an address, with a port',
        ['hosts = { a = "b:x" }'] = 'not "b:x"',
        ["hosts = { a = 1 }"] = "not a number",
        ["hosts = true"] = "http.hosts: must be a table",
      } do
        local text = problem(options)
        assert.truthy(text:find(words, 1, true), options .. "\n" .. text)
      end
    end)
  end)

  it("by http.dns is an address of that family", function()
    passes('dns = "ipv4"', 'same(http.get("http://localhost:@P@/ok").status, 200)')
    passes('dns = "ipv6"', [[
local r = http.get "http://localhost:@P@/ok"
assert(r.error == "refused" or r.error == "dns" or r.error == "unreachable", r.error)
same(http.get("http://127.0.0.1:@P@/ok").status, 200) ]])
    assert.truthy(problem('dns = "ipv5"'):find("http.dns: ipv5 is none of", 1, true))
  end)

  describe("by http.proxy", function()
    it("is the proxy", function()
      local proxy = ('proxy = "http://127.0.0.1:%d"'):format(nginx.port_a)
      passes(proxy, [[
local r = http.get "http://127.0.0.1:@P@/echo?a=1"
same(r.error, nil) same(r:json "path", "/echo") same(r:json "query", "a=1")
same(r.headers["x-via"], "GET 127.0.0.1:@P@")
r = http.post("http://127.0.0.1:@P@/mirror", { body = ("x"):rep(3000) })
same(#r.body, 3000) same(r.headers["x-via"], "POST 127.0.0.1:@P@") ]])
      assert.equal(2, httpd:counts().total)
    end)

    it("is nowhere when there is no such proxy", function()
      local r = run('proxy = "http://127.0.0.1:1"', 'http.get "http://127.0.0.1:@P@/ok"')
      assert.equal(1, expect.errors(r, "refused"))
      r = run('proxy = "http://proxy.invalid:1"', 'http.get "http://127.0.0.1:@P@/ok"')
      assert.equal(1, expect.errors(r, "dns"))
      assert.equal(0, httpd:counts().total)
    end)

    it("is not that of the environment", function()
      local r = cli.run_scenario(HELPERS .. [[return { journey = function()
        same(http.get("/ok").status, 200) end }]], {}, {
        base_url = httpd.url,
        env = { http_proxy = "http://127.0.0.1:1", ALL_PROXY = "http://127.0.0.1:1" },
      })
      expect.code(r, 0)
    end)

    it("is checked, and its password is not shown", function()
      for options, words in pairs {
        ['proxy = "127.0.0.1:3128"'] = "http.proxy: must be the address of a proxy",
        ['proxy = "ftp://u:secret@h:1"'] = "there are http, https, socks5 and socks5h",
        ['proxy = "http://u:secret@h"'] = "http.proxy: needs a host and a port",
        ['proxy = "http://h:99999"'] = "http.proxy: needs a host and a port",
        ["proxy = 1"] = "http.proxy: must be the address",
      } do
        local text = problem(options)
        assert.truthy(text:find(words, 1, true), options .. "\n" .. text)
        assert.is_nil(text:find("secret", 1, true))
      end
    end)
  end)

  describe("is nowhere by http.block_hosts", function()
    it("for these hosts alone, and no attempt is made", function()
      local r = passes([[block_hosts = { "Ads.test", "*.tracker.test", "127.0.0.1" }]], [[
local urls = { "http://ads.test/x", "https://a.b.tracker.test/", "http://127.0.0.1:@P@/ok" }
for _, url in ipairs(urls) do
  local r = http.get(url)
  same(r.status, 0) same(r.error, "unreachable") same(r.ok, false)
  assert(r.error_message:find "http.block_hosts has", r.error_message)
end
same(http.get("http://localhost:@P@/ok").status, 200) ]])
      assert.equal(1, httpd:counts().total)
      assert.equal(3, expect.errors(r, "unreachable"))
    end)

    it("also where a redirect leads there", function()
      local r = passes('block_hosts = { "127.0.0.1" }', [[
local r = http.get("http://localhost:@P@/answer", {
  query = { status = 302, header = "Location: http://127.0.0.1:@P@/ok" },
})
same(r.error, "unreachable") same(#r.hops, 1) ]])
      assert.equal(1, httpd:counts().total)
      assert.equal(2, r.result.metrics.http_reqs.count)
    end)

    it("is checked", function()
      for options, words in pairs {
        ['block_hosts = "a.test"'] = "http.block_hosts: must be a table",
        ['block_hosts = { "http://a" }'] = "http.block_hosts[1]: is no host",
        ['block_hosts = { "a*.test" }'] = "http.block_hosts[1]: is no host",
        ["block_hosts = { a = true }"] = "http.block_hosts.a: is no host",
        ['block_hosts = { "a.test", 1 }'] = "http.block_hosts[2]: is no host",
      } do
        local text = problem(options)
        assert.truthy(text:find(words, 1, true), options .. "\n" .. text)
      end
    end)
  end)
end)
