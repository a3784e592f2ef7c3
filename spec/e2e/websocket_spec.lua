--- lload.ws against npm's `ws`, and against a server that does what none should.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local journey = require "spec.support.journey"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

describe("lload.ws", function()
  local peer, why = server.websocket()
  if not peer then
    pending(why)
    return
  end
  local opts = { base_url = peer.url }

  teardown(function()
    peer:stop()
  end)

  before_each(function()
    peer:get "/closes?forget=1"
  end)

  local function run(body, args)
    local all = { "-e", "URL=" .. peer.url }
    for _, word in ipairs(args or {}) do all[#all + 1] = word end
    return journey.run("local ws = require('lload').ws " .. body, all, opts)
  end

  -- What close frames the server has seen: { { path, code, reason }, … }
  local function closes(count)
    local seen
    process.wait_until(function()
      seen = cjson.decode(peer:get "/closes")
      return #seen.closes >= count and seen.open == 0
    end, 20)
    return seen.closes
  end

  local function hex(bytes)
    return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
  end

  describe("messages", function()
    it("are sent and received, text and binary, of all sizes", function()
      local r = run [[
local s = ws.connect("/echo")
same(s.state, "open") same(s.status, 101) same(s.error, nil) same(s.detail, nil)
same(s.protocol, nil) same(s.close_code, nil)
same(s.url, (lload.env "URL"):gsub("^http", "ws") .. "/echo")
for _, size in ipairs { 0, 1, 125, 126, 127, 65535, 65536, 1000000 } do
  local text = ("x"):rep(size)
  same(s:send(text), true)
  local got, binary = s:receive()
  same(got == text, true, size) same(binary, false)
  local bytes = ("\0\255\128"):rep(size)
  same(s:send(bytes, { binary = true }), true)
  got, binary = s:receive()
  same(got == bytes, true, size) same(binary, true)
end
s:send "grüße €😀"
same((s:receive()), "grüße €😀")
s:send { a = { 1, 2 }, b = "c" }
local got = require("cjson").decode((s:receive()))
same(got.a[2], 2) same(got.b, "c")
same(s:receive(0), nil) same(select(2, s:receive "1ms"), "timeout")
same(s:close(), true)
same(s.state, "closed") same(s.close_code, 1000) same(s.close_reason, nil) same(s.error, nil)
same(select(2, s:receive()), "closed") same(select(2, s:send "x"), "closed")
same(select(2, s:ping()), "closed") same(s:close(), true) ]]
      local m = r.result.metrics
      assert.equal(1, m.ws_sessions.count)
      assert.equal(0, m.ws_session_failed.rate)
      assert.equal(18, m.ws_msgs_sent.count)
      assert.equal(18, m.ws_msgs_received.count)
      assert.equal(1, m.ws_connecting.count)
      assert.equal(1, m.ws_session_duration.count)
      assert.is_true(m.data_received.count > 4e6 and m.data_sent.count > 4e6)
      assert.same({ { "/echo", 1000, "" } }, closes(1))
    end)

    it("come in their order, in fragments, and before the close that follows", function()
      run [[
local s = ws.connect("/push", { query = { n = 5000, close = 4001, reason = "that is all" } })
for i = 1, 5000 do same((s:receive()), tostring(i)) end
local got, why = s:receive()
same(got, nil) same(why, "closed")
same(s.close_code, 4001) same(s.close_reason, "that is all")
s = ws.connect "/fragments"
same((s:receive()), "fragmented")
s = ws.connect "/pong"
same((s:receive()), "pong are you there") ]]
    end)

    it("wait for the user who receives late", function()
      run [[
local s = ws.connect("/push", { query = { n = 50000 } })
lload.sleep "300ms"
for i = 1, 50000 do same((s:receive()), tostring(i)) end ]]
    end)

    it("drip byte by byte", function()
      local bytes = "\1\3fra\137\1p\0\2gm\128\3ent\130\2\0\1\136\4\15\160ok"
      run(([[
local s = ws.connect("/drip?hex=%s")
same((s:receive()), "fragment")
local got, binary = s:receive() same(got, "\0\1") same(binary, true)
same(select(2, s:receive()), "closed") same(s.close_code, 4000) same(s.close_reason, "ok")
]]):format(hex(bytes)))
    end)
  end)

  it("measures pings", function()
    local r = run [[
local s = ws.connect "/echo"
for _ = 1, 3 do same(s:ping(), true) end
s:send "after" same((s:receive()), "after") ]]
    assert.equal(3, r.result.metrics.ws_ping.count)
    assert.equal(1, r.result.metrics.ws_msgs_received.count)
  end)

  it("sends headers, cookies, credentials and subprotocols as requests do", function()
    run([[
same(http.get("/login").status, 200)
local s = ws.connect("/headers", { headers = { ["X-Own"] = "own" }, bearer = "secret",
  cookies = { theme = "dark" }, protocols = { "chat.v1", "chat.v2" } })
same(s.protocol, "chat.v2")
local got = require("cjson").decode((s:receive()))
same(got["x-own"], "own") same(got["x-all"], "all") same(got.authorization, "Bearer secret")
same(got.cookie, "session=abc; theme=dark") same(got["sec-websocket-version"], "13")
same(got["sec-websocket-protocol"], "chat.v1, chat.v2")
same(got["sec-websocket-extensions"], nil) same(got.host, (lload.env "URL"):match "//(.*)")
s = ws.connect("/headers", { basic = "u:p" })
same(require("cjson").decode((s:receive())).authorization, "Basic dTpw") ]],
      { "-H", "X-All: all" })
  end)

  it("takes ws:// addresses, paths with parameters, names and tags", function()
    local r = journey.scenario(([[
local ws = require("lload").ws
return {
  hosts = nil,
  thresholds = {
    ["ws_msgs_sent{room:7}"] = "count==2", ["ws_sessions{name:join}"] = "count==1",
    ["ws_msgs_received{name:GET /:what}"] = "count==2",
    ["ws_session_duration{name:GET /:what}"] = "count==1",
  },
  journey = function(vu)
    local s = ws.connect("ws://127.0.0.1:%s/:what", { params = { what = "echo" },
      tags = { room = "7" } })
    s:send "a" s:send "b" same((s:receive()), "a") same((s:receive()), "b")
    same(s:close(3000, "bye"), true)
    same(ws.connect("/echo", { name = "join" }).status, 101)
  end,
}]]):format(peer.port), nil, opts)
    expect.code(r, 0)
    local seen = closes(2)
    assert.same({ "/echo", 3000, "bye" }, seen[1])
    assert.same({ "/echo", 1001, "" }, seen[2]) -- ended with its iteration
    assert.equal("GET /:what", r.result.requests[1].name)
  end)

  describe("the life of a connection", function()
    it("is the user's from on_start on, the iteration's else", function()
      local r = journey.scenario([[
local ws = require("lload").ws
local kept = {}
return {
  stages = { s = { executor = "per-vu-iterations", vus = 2, iterations = 3 } },
  on_start = function(vu) vu.socket = ws.connect "/echo" end,
  journey = function(vu)
    vu.socket:send(tostring(vu.iteration))
    same((vu.socket:receive()), tostring(vu.iteration))
    if vu.iteration > 1 then
      same(vu.other.state, "closed") same(select(2, vu.other:receive()), "closed")
    end
    vu.other = ws.connect "/echo"
    same(vu.other.state, "open")
  end,
  on_stop = function(vu)
    same(vu.socket.state, "open")
    same(vu.socket:close(1000, "stop"), true)
  end,
}]], nil, opts)
      expect.code(r, 0)
      assert.equal(8, r.result.metrics.ws_sessions.count)
      assert.equal(8, r.result.metrics.ws_session_duration.count)
      local codes = {}
      for _, close in ipairs(closes(8)) do codes[close[2]] = (codes[close[2]] or 0) + 1 end
      assert.same({ [1000] = 2, [1001] = 6 }, codes)
    end)

    it("ends with the stage, whoever waits", function()
      local r = journey.scenario([[
local ws = require("lload").ws
return {
  stages = { s = { executor = "constant-vus", vus = 5, duration = "2s",
    graceful_stop = "100ms" } },
  journey = function() ws.connect("/echo"):receive "1h" end,
}]], nil, opts)
      expect.code(r, 0)
      assert.equal(5, r.result.metrics.ws_session_duration.count)
      assert.equal(5, #closes(5))
    end)

    it("does not outlive a receive without a timeout", function()
      local r = run [[
local s = ws.connect("/echo", { timeout = "1s" })
local got, why = s:receive()
same(got, nil) same(why, "timeout") same(s.state, "open") ]]
      assert.equal(0, r.result.metrics.ws_session_failed.rate)
    end)

    it("is its user's only", function()
      local r = journey.scenario([[
local ws = require("lload").ws
local first, done
return {
  stages = { s = { executor = "per-vu-iterations", vus = 2, iterations = 1 } },
  journey = function(vu)
    if vu.id == 1 then first = ws.connect "/echo" end
    while not (vu.id == 1 and done or vu.id == 2 and first) do lload.sleep "10ms" end
    if vu.id == 1 then return end
    done = true
    first:send "mine"
  end,
}]], { "--threads", "1" }, opts)
      expect.code(r, 107)
      assert.matches("belongs to another user", r.result.script_errors[1].message, 1, true)
    end)
  end)

  describe("a handshake that fails", function()
    local function fails(path, class, detail, options)
      local r = journey.scenario(([[
local ws = require("lload").ws
return { journey = function()
  local s = ws.connect(%q, %s)
  same(s.error, %q) same(s.state, "closed") same(s.close_code, nil)
  local _, why = s:receive() same(why, %q)
  _, why = s:send "x" same(why, %q)
  _, why = s:close() same(why, %q)
  if %q ~= "" then same(s.detail:find(%q, 1, true) ~= nil, true, s.detail) end
end }]]):format(path, options or "nil", class, class, class, class, detail, detail), nil, opts)
      expect.code(r, 99)
      assert.matches("no request succeeded", r.stdout, 1, true)
      assert.equal(1, r.result.metrics.ws_session_failed.rate)
      assert.is_nil(r.result.metrics.ws_sessions)
      assert.equal(1, r.result.metrics.http_req_failed.rate)
      assert.equal(class, r.result.errors[1].class)
      assert.equal(1, r.result.errors[1].count)
      return r
    end

    it("for the status", function()
      fails("/status?code=403", "status_403", "")
      fails("/status?code=302", "status_302", "") -- redirects are not followed
      fails("/hello", "status_404", "")
    end)

    it("for what the answer says", function()
      fails("/answer?accept=wrong", "protocol", "Sec-WebSocket-Accept")
      fails("/answer?line=Sec-WebSocket-Extensions:%20permessage-deflate%0d%0a", "protocol",
        "extension")
      fails("/answer?line=Sec-WebSocket-Protocol:%20chat%0d%0a", "protocol", "subprotocol")
    end)

    it("for no answer, and no connection", function()
      fails("/silent", "timeout", "there was no answer", "{ timeout = '100ms' }")
      fails("/hangup", "closed", "")
      fails("ws://127.0.0.1:1/", "refused", "")
      fails(("wss://127.0.0.1:%s/"):format(peer.port), "tls", "")
    end)
  end)

  describe("a connection that breaks", function()
    -- Each case: what the server does, how that ends, the code it is told, what comes before.
    local function break_all(cases)
      local lines = {}
      for i, case in ipairs(cases) do
        lines[i] = ("try(%d, %q, %q, %s)"):format(i, case[1], case[2],
          case[4] and ("%q"):format(case[4]) or "nil")
      end
      local r = journey.scenario(([[
local ws = require("lload").ws
local function try(id, query, class, message)
  local s = ws.connect("/raw?id=" .. id .. "&" .. query, { max_message = 1000 })
  same(s.status, 101, query)
  if message then same((s:receive()), message, query) end
  local got, why = s:receive(20)
  same(got, nil, query) same(why, class, query) same(s.error, class, query)
  same(s.state, "closed") same(type(s.detail), "string") same(s.close_code, 1006)
end
return { journey = function()
  %s
end }]]):format(table.concat(lines, "\n")), nil, opts)
      expect.code(r, 99)
      assert.matches("no WebSocket session succeeded", r.stdout, 1, true)
      assert.equal(#cases, r.result.metrics.ws_sessions.count)
      assert.equal(#cases, r.result.metrics.ws_session_failed.passes)
      local wanted, found = {}, {}
      for _, case in ipairs(cases) do wanted[case[2]] = (wanted[case[2]] or 0) + 1 end
      for _, item in ipairs(r.result.errors) do
        found[item.class] = item.count
        assert.matches("^WS ws://", item.sample)
      end
      assert.same(wanted, found)
    end

    it("by the server's fault, which it is told", function()
      local cases = {
        { "hex=818501020304aaaaaaaaaa", "protocol", 1002 },   -- masked
        { "hex=c100&early=1", "protocol", 1002 },             -- a reserved bit
        { "hex=8300", "protocol", 1002 },                     -- a reserved opcode
        { "hex=0900", "protocol", 1002 },                     -- a fragmented ping
        { "hex=897e007e", "protocol", 1002 },                 -- a large ping
        { "hex=817e0001", "protocol", 1002 },                 -- a length written long
        { "hex=827f8000000000000000", "protocol", 1002 },     -- 64 bits, the first set
        { "hex=880203ed", "protocol", 1002 },                 -- code 1005 on the wire
        { "hex=8101ff", "protocol", 1007 },                   -- no UTF-8
        { "hex=827f00000000ffffffff", "too_large", 1009 },
        { "hex=827e03e9&early=1", "too_large", 1009 },
      }
      break_all(cases)
      local told = {}
      for _, close in ipairs(closes(#cases)) do told[tonumber(close[1])] = close[2] end
      for i, case in ipairs(cases) do assert.equal(case[3], told[i], case[1]) end
    end)

    it("amid nothing, amid a frame, and by a reset", function()
      break_all {
        { "then=close", "closed" },
        { "hex=8105616263&then=close", "closed" },
        { "hex=810161&then=reset", "reset", nil, "a" },
      }
    end)

    it("in the closing handshake", function()
      local r = journey.scenario([[
local ws = require("lload").ws
return { journey = function()
  local s = ws.connect "/deaf"
  local ok, why = s:close()
  same(ok, nil) same(why, "timeout") same(s.close_code, 1006)
end }]], nil, opts)
      expect.code(r, 99)
      assert.equal("timeout", r.result.errors[1].class)
    end)

    it("for a server that reads nothing", function()
      local r = journey.scenario([[
local ws = require("lload").ws
return { journey = function()
  local s = ws.connect("/deaf", { timeout = "300ms" })
  local block, ok, why = ("x"):rep(1000000), nil, nil
  local sent = 0
  repeat
    ok, why = s:send(block)
    sent = sent + 1
  until not ok or sent > 100
  same(ok, nil) same(why, "timeout") same(s.state, "closed")
end }]], nil, opts)
      expect.code(r, 99)
      assert.equal("timeout", r.result.errors[1].class)
    end)
  end)

  it("ignores what comes behind a close frame", function()
    run("local s = ws.connect('/raw?hex=" .. hex "\136\2\3\232\129\2xy\255\255rubbish" .. [[')
same(select(2, s:receive()), "closed") same(s.close_code, 1000)
same(s:close(), true) same(s.error, nil)
s = ws.connect('/raw?hex=8800')
same(select(2, s:receive()), "closed") same(s.close_code, 1005)]])
  end)

  it("is told about misuse at the line", function()
    local MISUSE = {
      ["ws.connect('/echo', { protokols = 'a' })"] = "did you mean 'protocols'",
      ["ws.connect('/echo', { headers = { upgrade = 'x' } })"] = "sets the header upgrade itself",
      ["ws.connect('/echo', { protocols = { 'a', 'a' } })"] = "given twice",
      ["ws.connect(1)"] = "an address is wanted",
      ["ws.connect('ftp://x/')"] = "only http:// and https://",
      ["ws.connect('/echo'):send()"] = "text or a table",
      ["ws.connect('/echo'):send('\\255')"] = "not UTF-8",
      ["ws.connect('/echo'):send('a', { binery = true })"] = "the only option is binary",
      ["ws.connect('/echo'):close(1005)"] = "the code is 1000",
      ["ws.connect('/echo'):close(1000, ('x'):rep(124))"] = "at most 123 bytes",
      ["ws.connect('/echo'):receive('soon')"] = "soon",
    }
    local lines = { "local ws, ok, why = require('lload').ws" }
    for body, message in pairs(MISUSE) do
      lines[#lines + 1] = ("ok, why = pcall(function() %s end) same(ok, false) "
        .. "same(why:find(%q, 1, true) and why:match '^.*scenario.lua:(%%d+)', '%d', why)"):format(
          body, message, #lines + 2)
    end
    journey.run(table.concat(lines, "\n"), nil, opts)
  end)

  it("does not go through a proxy, or to a blocked host", function()
    local r = journey.scenario([[return { http = { proxy = "http://127.0.0.1:1" },
journey = function() lload.ws.connect "/echo" end }]], nil, opts)
    expect.code(r, 107)
    assert.matches("does not go through http.proxy", r.result.script_errors[1].message, 1, true)
    r = journey.scenario([[return { http = { block_hosts = { "127.0.0.1" } },
journey = function() same(lload.ws.connect("/echo").error, "unreachable") end }]], nil, opts)
    expect.code(r, 99)
  end)

  it("is connected where hosts says, whatever transport HTTP has", function()
    for _, http in ipairs { "", "http_version = '2'," } do
      local r = journey.scenario(([[return { http = { %s
  hosts = { ["chat.test"] = "127.0.0.1:%s" } },
journey = function()
  local s = lload.ws.connect "ws://chat.test/headers"
  same(require("cjson").decode((s:receive())).host, "chat.test")
end }]]):format(http, peer.port), nil, opts)
      expect.code(r, 0)
    end
  end)
end)

describe("the example", function()
  it("talks to its own server", function()
    local room, why = server.node("examples/websocket/server.js", "0")
    if not room then
      pending(why)
      return
    end
    finally(function() room:stop() end)
    local dir = tmp.dir()
    local r = cli.run { "run", "examples/websocket/scenario.lua", "--base-url", room.url, "-u", "3",
      "-i", "9", "--json", dir .. "/result.json" }
    expect.code(r, 0)
    local metrics = cli.read_json(dir .. "/result.json").metrics
    assert.equal(3, metrics.ws_sessions.count)
    assert.equal(9, metrics.ws_msgs_received.count)
    assert.equal(1, metrics.checks.rate)
    assert.matches("3 WebSocket sessions, 9 messages sent, 9 received", r.stdout, 1, true)
  end)
end)

describe("lload.ws over TLS", function()
  local dir = tmp.dir()
  local made = process.spawn({ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", dir .. "/key.pem", "-out",
    dir .. "/cert.pem" }, { stderr = dir .. "/stderr" })
  assert(made:wait(20) and made.code == 0, tmp.read(dir .. "/stderr"))
  local peer, why = server.websocket(dir .. "/cert.pem", dir .. "/key.pem")
  if not peer then
    pending(why)
    return
  end
  local opts = { base_url = peer.url }

  teardown(function()
    peer:stop()
  end)

  local ECHO = [[
local s = lload.ws.connect "/echo"
same(s.status, 101, s.detail)
same(s.url:sub(1, 6), "wss://")
s:ping()
for _, size in ipairs { 1, 70000, 3000000 } do
  local text = ("x"):rep(size)
  s:send(text) same(s:receive() == text, true, size)
end
s = lload.ws.connect("/push", { query = { n = 30000, close = 1000 } })
for i = 1, 30000 do same((s:receive()), tostring(i)) end
same(select(2, s:receive()), "closed") ]]

  it("echoes, with the authority it is told to trust", function()
    local r = journey.scenario(("return { http = { tls = { ca = %q } }, journey = function()\n")
      :format(dir .. "/cert.pem") .. ECHO .. "\nend }", nil, opts)
    expect.code(r, 0)
    assert.equal(1, r.result.metrics.ws_ping.count)
  end)

  it("trusts nobody else, unless told to", function()
    journey.run(ECHO, { "--insecure" }, opts)
    local r = journey.scenario([[return { journey = function()
      same(lload.ws.connect("/echo").error, "tls")
    end }]], nil, opts)
    expect.code(r, 99)
  end)

  it("breaks as without it", function()
    local r = journey.scenario([[return { journey = function()
      local s = lload.ws.connect("/raw?hex=c100&early=1")
      same(select(2, s:receive()), "protocol")
      s = lload.ws.connect("/raw?then=close")
      same(select(2, s:receive(20)), "closed")
    end }]], { "--insecure" }, opts)
    expect.code(r, 99)
    assert.equal(2, r.result.metrics.ws_sessions.count)
  end)
end)

