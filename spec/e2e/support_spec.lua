--- The fixtures themselves: what the other specs compare with must be right.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local process = require "spec.support.process"
local server = require "spec.support.server"

describe("httpd", function()
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

  -- curl's exit code, the status it saw, and how many bytes of body.
  local function curl(path, ...)
    local format = "%{exitcode} %{http_code} %{size_download}"
    local r = cli.program { "curl", "-s", "-o", "/dev/null", "-w", format, "--max-time", "1",
      httpd.url .. path, ... }
    local code, status, size = r.stdout:match "(%d+) (%d+) (%d+)"
    return { tonumber(code), tonumber(status), tonumber(size) }
  end

  it("answers well", function()
    assert.same({ 0, 200, 3 }, curl "/ok")
    assert.same({ 0, 204, 0 }, curl "/status/204")
    assert.same({ 0, 503, 19 }, curl "/status/503")
    assert.same({ 0, 200, 1000000 }, curl "/bytes/1000000")
    assert.same({ 0, 200, 1000000 }, curl "/chunked/1000000")
    assert.same({ 0, 200, 10000 }, curl "/chunked-trailers")
    assert.same({ 0, 200, 7 }, curl "/http10")
    assert.same({ 0, 200, 14 }, curl "/no-length")
    assert.same({ 0, 200, 5 }, curl "/drip?bytes=5&ms=5")
    assert.same({ 0, 404, 13 }, curl "/nowhere")
    assert.equal("first", cjson.decode(httpd:get "/json").path.to[1].field)
  end)

  it("answers badly on request", function()
    assert.same({ 18, 200, 500 }, curl "/drop")
    assert.equal(18, curl("/drop-chunked")[1])
    assert.same({ 52, 0, 0 }, curl "/drop-before")
    assert.same({ 56, 0, 0 }, curl "/reset")
    assert.same({ 56, 200, 500 }, curl "/reset-mid")
    assert.same({ 28, 0, 0 }, curl "/hang")
    assert.equal(1, curl("/garbage")[1])
  end)

  it("echoes what it was sent", function()
    local r = cli.program { "curl", "-s", "-X", "PUT", "-H", "X-One: a \"b\"", "-d", "caf\195\169",
      httpd.url .. "/echo/x?y=1" }
    local echo = cjson.decode(r.stdout)
    assert.same({ "PUT", "/echo/x?y=1", "/echo/x", "y=1" },
      { echo.method, echo.target, echo.path, echo.query })
    assert.equal('a "b"', echo.headers["x-one"])
    assert.same({ "caf\195\169", 5, "Y2Fmw6k=" }, { echo.body, echo.length, echo.body_base64 })
  end)

  it("counts requests and connections, but not the asking", function()
    cli.program { "curl", "-s", "-o", "/dev/null", "-o", "/dev/null", httpd.url .. "/ok?a=1",
      httpd.url .. "/ok?b=2" }
    curl "/reset"
    curl("/any/1", "--head")
    assert.same({
      total = 4,
      connections = 3,
      paths = { ["/ok"] = 2, ["/reset"] = 1, ["/any/1"] = 1 },
      methods = { GET = 3, HEAD = 1 },
    }, httpd:counts())
  end)
end)

describe("nginx", function()
  it("logs what is asked for, in the clear and over TLS", function()
    local nginx = server.nginx()
    finally(function()
      nginx:stop()
    end)
    local mark = nginx:mark()
    assert.equal(server.LINE, nginx:get "/small.txt")
    cli.program { "curl", "-sk", nginx.tls_url .. "/return", nginx.tls_url .. "/missing" }
    local seen = nginx:requests(mark)
    assert.same({ ["/small.txt"] = 1, ["/return"] = 1, ["/missing"] = 1 }, seen.paths)
    assert.same({ ["200"] = 2, ["404"] = 1 }, seen.statuses)
    assert.equal(2, seen.connections)
    local url = nginx.tls_url .. "/return"
    local verified = cli.program { "curl", "-s", "--cacert", nginx.cert, url }
    assert.equal(0, verified.code)
  end)
end)

describe("a child process", function()
  it("is reported with its code, its signal, and what it printed", function()
    local r = cli.program({ "sh", "-c", "cat; echo oops >&2; exit 7" }, { stdin = "it's \"so\"\n" })
    assert.same({ 7, "it's \"so\"\n", "oops\n" }, { r.code, r.stdout, r.stderr })
    assert.equal("SEGV", cli.program({ "sh", "-c", "kill -SEGV $$" }).signal)
  end)

  it("is killed when it takes too long", function()
    local before = process.now()
    assert.has_error(function()
      cli.program({ "sleep", "30" }, { timeout = 0.2 })
    end)
    assert.is_true(process.now() - before < 10)
  end)

  it("does not see what would steer it", function()
    local r = cli.program({ "env" }, { env = { MINE = "1", HOME = false } })
    assert.matches("MINE=1", r.stdout)
    for _, name in ipairs { "HOME", "LLOAD", "LLOAD_HTTPD", "http_proxy", "NO_COLOR" } do
      assert.is_nil(("\n" .. r.stdout):find("\n" .. name .. "=", 1, true), name)
    end
  end)
end)
