--- http.stream: events and lines, read while the answer comes.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

describe("http.stream", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  local function run(body, args)
    return cli.run_scenario(
      "return { journey = function(vu)\n" .. body .. "\nend }", args or { "-i", "1" },
      { base_url = httpd.url })
  end

  it("hands over events as they come, and then says that it is over", function()
    local r = run([[
local s = http.stream("/events?n=4&ms=30", { tags = { kind = "sse" }, headers = { ["X-A"] = "1" } })
assert(s.status == 200 and s.ok and s.is_open and not s.error, s.error_message)
assert(s.proto == "HTTP/1.1" and s.headers["Transfer-Encoding"] == "chunked")
assert(s.name == "GET /events" and s.url:find "/events%?n=4")
assert(s:expect(200) == s and s.body == nil)
local n = 0
for event in s:events() do
  n = n + 1
  assert(event.event == "tick" and event.id == tostring(n) and event.retry == nil)
  assert(event.data == '{"n":' .. n .. "}", event.data)
end
assert(n == 4 and not s.is_open and not s.error, n)
local event, why = s:next()
assert(event == nil and why == "closed", why)
s:close()]], { "-u", "2", "-i", "4", "--threshold", "http_stream_events{kind:sse}: count==16",
      "--threshold", "http_stream_first_event{name:GET /events}: count==4",
      "--threshold", "http_reqs{status:200}: count==4",
      "--threshold", "http_req_receiving: max<=0" })
    expect.code(r, 0)
    expect.total(r, 4)
    assert.equal(16, expect.count(r, "http_stream_events"))
    assert.equal(4, r.result.metrics.http_stream_first_event.count)
    assert.equal(2, r.result.connections.opened)
  end)

  it("hands over lines", function()
    local r = run [[
local s, seen = http.stream "/no-length", {}
for line in s:lines() do seen[#seen + 1] = line end
assert(#seen == 1 and seen[1] == "until the end", seen[1])
s, seen = http.stream "/events?n=2", {}
for line in s:lines("5s") do seen[#seen + 1] = line end
local all = table.concat(seen, "|")
assert(all == 'id: 1|event: tick|data: {"n":1}||id: 2|event: tick|data: {"n":2}|', all)
s = http.stream("/echo", { method = "POST", json = { a = 1 } })
assert(s:next_line():find '"method":%s*"POST"')
local line, why = s:next_line()
assert(line == nil and why == "closed", why)
assert(http.stream("/status/204", {}):next_line() == nil)]]
    expect.code(r, 0)
  end)

  it("waits no longer than it is told, and goes on afterwards", function()
    local r = run [[
local s = http.stream "/events-hang?n=1"
assert(s:next().id == "1")
local event, why = s:next(0.05)
assert(event == nil and why == "timeout" and s.is_open and not s.error, why)
for _ in s:events("50ms") do error "no event is to come" end
assert(s.is_open)
s:close()
assert(not s.is_open and not s.error and select(2, s:next()) == "closed")
s:close()
assert(http.get("/ok").ok)]]
    expect.code(r, 0)
    expect.total(r, 2)
    assert.equal(0, r.result.metrics.http_req_failed.passes)
  end)

  it("has a timeout for the head alone", function()
    local r = run [[
local s = http.stream("/hang", { timeout = 0.1 })
assert(s.status == 0 and s.error == "timeout" and s.error_message and not s.is_open, s.error)
local event, why = s:next()
assert(event == nil and why == "timeout", why)
local n = 0
for _ in http.stream("/events?n=6&ms=60", { timeout = 0.15 }):events() do n = n + 1 end
assert(n == 6, n)]]
    expect.code(r, 0)
    assert.equal(1, expect.errors(r, "timeout"))
  end)

  it("drops what is not whole at the end, and says how it ended", function()
    local r = run [[
for path, wanted in pairs { ["/events-half"] = "closed", ["/events-drop"] = "closed",
    ["/events-reset?n=3"] = "reset" } do
  local s, n, last, why = http.stream(path), 0
  repeat
    last, why = s:next()
    n = n + (last and 1 or 0)
  until not last
  assert(n == 3 and why == wanted, path .. " " .. n .. " " .. tostring(why))
  assert((s.error ~= nil) == (path ~= "/events-half"), path)
end
assert(http.stream("http://127.0.0.1:9/").error == "refused")]]
    expect.code(r, 0)
    assert.equal(1, expect.errors(r, "closed"))
    assert.equal(1, expect.errors(r, "reset"))
    assert.equal(1, expect.errors(r, "refused"))
    assert.equal(3, r.result.metrics.http_req_failed.passes)
  end)

  it("gives up an event without an end", function()
    local r = run [[
local s = http.stream("/events-line?n=1000000000", { max_event = "100kB" })
local event, why = s:next()
assert(event == nil and why == "too_large" and s.error == "too_large", why)
assert(s.error_message:find "max_event", s.error_message)
assert(select(2, s:next()) == "too_large")
assert(http.get("/ok").ok)]]
    expect.code(r, 0)
    assert.equal(1, expect.errors(r, "too_large"))
  end)

  it("takes no compressed stream", function()
    local r = run [[
local s = http.stream "/gzip"
assert(s.status == 200 and s.error == "decoding", s.error)
assert(s.error_message:find "Content%-Encoding" and select(2, s:next()) == "decoding")]]
    expect.code(r, 99)
    assert.equal(1, expect.errors(r, "decoding"))
  end)

  it("follows redirects", function()
    local r = run [[
local s = http.stream("/answer", { query = { status = 302, header = "Location: /events?n=1" } })
assert(#s.hops == 1 and s:next().id == "1")]]
    expect.code(r, 0)
  end)

  it("keeps the server waiting while the script does not read", function()
    local r = run [[
local s = http.stream "/events?n=1000000000"
lload.sleep(0.5)
for i = 1, 20000 do assert(s:next().id == tostring(i)) end
s:close()]]
    expect.code(r, 0)
    expect.total(r, 1)
    assert.equal(20000, expect.count(r, "http_stream_events"))
    assert.is_true(r.result.metrics.data_received.count < 4e6,
      r.result.metrics.data_received.count)
  end)

  it("is closed with the iteration, and several may be open", function()
    local r = run([[
local a, b = http.stream "/events-hang?n=1", http.stream "/events-hang?n=2"
assert(a:next().id == "1" and b:next().id == "1" and b:next().id == "2")
if vu.iteration == 2 then error "on purpose" end]], { "-i", "4" })
    expect.code(r, 107)
    expect.total(r, 8)
    assert.equal(0, r.result.metrics.http_req_failed.passes)
    assert.equal(12, expect.count(r, "http_stream_events"))
  end)

  it("ends with the run", function()
    local r = cli.run_scenario([[
return {
  stages = { short = { executor = "constant-vus", vus = 3, duration = "300ms",
    graceful_stop = "100ms" } },
  journey = function(vu)
    if vu.id == 1 then http.stream "/hang" end
    for _ in http.stream("/events?n=1000000&ms=20"):events() do end
  end,
}]], {}, { base_url = httpd.url })
    expect.total(r, 3)
    assert.equal(1, expect.errors(r, "cut_off"))
    assert.equal(1, r.result.metrics.http_req_failed.passes)
    assert.equal(0, expect.count(r, "iterations"))
  end)

  it("is refused where it makes no sense", function()
    local r = run([[
for _, wrong in ipairs { { bogus = 1 }, { max_event = "x" }, { method = "get" },
    { headers = 5 }, { max_event = 0 } } do
  assert(not pcall(http.stream, "/events", wrong))
end
assert(not pcall(http.stream, "/events", 5))
local s = http.stream("/events?n=2")
assert(not pcall(s.next, s, "soon") and not pcall(s.events, s, {}) and not pcall(s.next, 5))
assert(s.bogus == nil and s:next().id == "1")
if vu.id == 1 then kept = s end]], { "-i", "1" })
    expect.code(r, 107)
    assert.truthy(r.result.script_errors[1].message:find "kept")
    r = run([[
local s = http.stream "/events"
s:expect(201)]])
    expect.code(r, 0)
    assert.equal(1, expect.count(r, "iterations_failed"))
    r = run "http.stream('/events', { bogus = 1 })"
    expect.code(r, 107)
    assert.truthy(r.result.script_errors[1].message:find ":2: .*unknown request option 'bogus'",
      r.result.script_errors[1].message)
  end)

  it("belongs to the user that opened it", function()
    local r = cli.run_scenario([[
local opened
return { journey = function(vu)
  if vu.id == 1 then
    opened = http.stream "/events-hang?n=1"
    lload.sleep(2)
  else
    while not opened do lload.sleep(0.01) end
    opened:next(1)
  end
end }]], { "-u", "2", "-i", "2", "--threads", "1" }, { base_url = httpd.url })
    expect.code(r, 107)
    assert.truthy(r.result.script_errors[1].message:find "another user",
      r.result.script_errors[1].message)
  end)

  it("is one of a session", function()
    local r = run [[
local api = http.session { base_url = lload.env("BASE_URL", ""), name_prefix = "api ",
  headers = { ["X-One"] = "1" } }
local s = api.stream("/events?n=1")
assert(s.name == "api GET /events" and s:next().id == "1", s.name)]]
    expect.code(r, 0)
  end)
end)
