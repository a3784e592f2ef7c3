--- Whatever a network or a server does is a failure class: counted, bounded, never a crash.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

local REFUSING = "http://127.0.0.1:1" -- tcpmux: nobody listens there

describe("a failing request", function()
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
    opts.base_url = opts.base_url or httpd.url
    return cli.run_scenario(text, args, opts)
  end

  -- A good request and then `call` (an expression that makes one), three times; the good ones keep
  -- the run from failing as a whole. The journey sees `class` in r.error and status 0.
  local function fails_as(class, call, opts)
    local r = run(([[
return {
  journey = function()
    http.get "/slow?ms=40"
    local r = %s
    if r.error ~= %q then error(tostring(r.error) .. ", status " .. tostring(r.status)) end
    if r.status ~= 0 then error("status is " .. r.status) end
    if r.ok then error "it is ok" end
  end,
}]]):format(call, class), { "-i", "3", unpack(opts and opts.args or {}) }, opts)
    expect.code(r, 0)
    assert.equal(3, expect.errors(r, class))
    assert.near(0.5, r.result.metrics.http_req_failed.rate, 1e-9)
    expect.total(r, 6)
    local total
    for _, row in ipairs(r.result.errors) do
      total = row.class == class and row.count or total
    end
    assert.equal(3, total)
    return r
  end

  -- Only the three good requests are in the percentiles of successes.
  local function assert_successes_untouched(r)
    local duration = r.result.metrics.http_req_duration
    assert.equal(3, duration.count)
    assert.is_true(duration.min >= 38)
    assert.equal(3, expect.count(r, "http_req_failed_duration"))
  end

  it("is `refused` where nobody listens", function()
    assert_successes_untouched(fails_as("refused", ('http.get "%s/ok"'):format(REFUSING)))
  end)

  it("is `dns` for a name that does not exist", function()
    assert_successes_untouched(fails_as("dns", 'http.get "http://nonexistent.invalid/ok"'))
  end)

  it("is `reset` when the server resets before it answers", function()
    assert_successes_untouched(fails_as("reset", 'http.get "/reset"'))
  end)

  it("is `reset` when the server resets in the middle of the body", function()
    assert_successes_untouched(fails_as("reset", 'http.get "/reset-mid"'))
  end)

  it("is `closed` when the body ends too early", function()
    assert_successes_untouched(fails_as("closed", 'http.get "/drop"'))
  end)

  it("is `closed` when the chunks end too early", function()
    assert_successes_untouched(fails_as("closed", 'http.get "/drop-chunked"'))
  end)

  it("is `closed` when the server hangs up without a byte", function()
    assert_successes_untouched(fails_as("closed", 'http.post "/drop-before"'))
  end)

  it("is `protocol` when the answer is no HTTP", function()
    assert_successes_untouched(fails_as("protocol", 'http.get "/garbage"'))
  end)

  it("is `decoding` when the gzip is broken", function()
    local call = 'http.get("/gzip-broken", { headers = { ["Accept-Encoding"] = "gzip" } })'
    assert_successes_untouched(fails_as("decoding", call))
  end)

  it("is `tls` when the other side speaks none", function()
    local url = httpd.url:gsub("^http", "https")
    assert_successes_untouched(fails_as("tls", ('http.get "%s/ok"'):format(url)))
  end)

  describe("that takes too long", function()
    it("is `timeout`, and stands in the durations at its age", function()
      local r = fails_as("timeout", 'http.get("/hang", { timeout = "300ms" })')
      local duration = r.result.metrics.http_req_duration
      assert.equal(6, duration.count)
      assert.is_true(duration.max >= 295, "the longest is " .. duration.max)
      assert.equal(0, expect.count(r, "http_req_failed_duration"))
    end)

    for _, transport in ipairs { "curl", "h1" } do
      it("stands in the phase in which it waited, with " .. transport, function()
        local r = run([[
return { journey = function()
  for _ = 1, 4 do http.get "/ok" end
  local t = http.get("/hang", { timeout = "400ms" }).timings
  local age = t.sending + t.waiting + t.receiving
  assert(math.abs(age - t.duration) < 1, "phases sum to " .. age .. ", not " .. t.duration)
  assert(t.duration >= 300, "the age is " .. t.duration)
  assert(t.waiting >= 0.75 * t.duration, "waiting is " .. t.waiting .. " of " .. t.duration)
end }]], { "-i", "1", "--transport", transport,
          "--threshold", "http_req_waiting: p(95)>=200",
          "--threshold", "http_req_blocked: max<200",
          "--threshold", "http_req_receiving: max<200" })
        expect.code(r, 0)
        assert.equal(1, expect.errors(r, "timeout"))
        for _, name in ipairs { "sending", "waiting", "receiving", "duration" } do
          assert.equal(5, expect.count(r, "http_req_" .. name), name)
        end
        local phases = expect.request(r, "GET /hang").phases
        assert.is_true(phases.waiting.max >= 200)
      end)
    end

    it("is `timeout` when the answer only drips", function()
      fails_as("timeout", 'http.get("/drip?bytes=1000&ms=20", { timeout = "300ms" })')
    end)

    it("obeys the timeout of the file", function()
      local r = run([[
return {
  http = { timeout = "200ms" },
  journey = function() http.get "/ok" http.get "/slow?ms=5000" end,
}]], { "-i", "2" })
      expect.code(r, 0)
      assert.equal(2, expect.errors(r, "timeout"))
      expect.that(r, r.elapsed < 8, "the timeout came late")
    end)
  end)

  describe("that is too much", function()
    it("is `too_large` beyond max_body, read or not", function()
      for _, path in ipairs { "/bytes/20000", "/chunked/20000" } do
        fails_as("too_large", ('http.get("%s", { max_body = 10000 })'):format(path))
      end
      local r = run([[
return {
  http = { max_body = 10000 },
  journey = function() http.get "/bytes/10000" http.get "/bytes/10001" end,
}
]], { "-i", "2" })
      expect.code(r, 0)
      assert.equal(2, expect.errors(r, "too_large"))
      assert.equal(0, expect.request(r, "GET /bytes/10000").failed or 0)
    end)

    it("is `too_large` for 100 MB when nothing else is said", function()
      local r = run([[
return { journey = function()
  http.get "/ok"
  http.get "/bytes/104857600"
  http.get "/chunked/104857600"
end }
]], { "-i", "1" })
      expect.code(r, 0)
      assert.equal(2, expect.errors(r, "too_large"))
    end)

    it("is `too_large` for a gzip bomb, without the memory it asks for", function()
      local r = run([[
return { journey = function()
  http.get "/ok"
  for _ = 1, 3 do
    http.get("/gzip-bomb", { headers = { ["Accept-Encoding"] = "gzip" } })
  end
end }]], { "-i", "1" })
      expect.code(r, 0)
      assert.equal(3, expect.errors(r, "too_large"))
      expect.that(r, r.maxrss_kb < 700 * 1024, ("it took %d kB"):format(r.maxrss_kb))
    end)

    it("is a failure class or a bounded success for 1 MB of headers", function()
      local r = run([[
return { journey = function()
  http.get "/ok"
  local r = http.get "/headers/1048576"
  if r.status ~= (r.error and 0 or 200) then error(r.status .. ", " .. tostring(r.error)) end
end }]], { "-i", "3" })
      expect.code(r, 0)
      expect.total(r, 6)
    end)
  end)

  -- Each iteration: an answer that leaves the connection open, then a request on that connection
  -- which the server reads and answers with nothing but its end.
  for _, transport in ipairs { "curl", "h1" } do
    describe("on a kept connection that ends without a byte, with " .. transport, function()
      local N = 5

      local function ends_by(method, path)
        local r = run(([[
return { journey = function()
  assert(http.get("/ok").ok)
  local r = http.%s "%s"
  assert(r.error == "closed" or r.error == "reset", tostring(r.error))
end }]]):format(method:lower(), path), { "-u", "1", "-i", N, "--transport", transport })
        expect.code(r, 0)
        expect.total(r, 2 * N)
        local name = method .. " " .. path
        assert.equal(N, expect.request(r, name).count)
        assert.equal(N, expect.request(r, name).failed)
        return httpd:counts(), r.result.connections.reuse_races
      end

      for _, path in ipairs { "/drop-before", "/reset" } do
        for _, method in ipairs { "POST", "PATCH" } do
          it(("is never sent twice: %s %s"):format(method, path), function()
            local seen, races = ends_by(method, path)
            assert.same({ ["/ok"] = N, [path] = N }, seen.paths)
            assert.equal(N, seen.methods[method])
            assert.equal(0, races)
          end)
        end

        for _, method in ipairs { "GET", "PUT", "DELETE" } do
          it(("is sent once more at most, and counted: %s %s"):format(method, path), function()
            local seen, races = ends_by(method, path)
            assert.equal(N, seen.paths["/ok"])
            assert.is_true(races <= N, races .. " races")
            assert.equal(N + races, seen.paths[path])
          end)
        end
      end

      it("is sent once more at least by GET, so that races are no failures", function()
        local _, races = ends_by("GET", "/drop-before")
        assert.is_true(races >= 1)
      end)
    end)

    it("on a new connection that ends without a byte is never repeated, with " .. transport,
      function()
        local r = run([[
return { journey = function()
  for _ = 1, 3 do http.post "/drop-before" http.get "/drop-before" end
  http.get "/ok"
end }]], { "-i", "1", "--transport", transport })
        expect.code(r, 0)
        expect.total(r, 7)
        local seen = httpd:counts()
        assert.same({ ["/drop-before"] = 6, ["/ok"] = 1 }, seen.paths)
        assert.equal(3, seen.methods.POST)
        assert.equal(0, r.result.connections.reuse_races)
      end)
  end

  it("does not break the requests after it", function()
    local paths = {
      "/drop", "/drop-chunked", "/drop-before", "/reset", "/reset-mid", "/conflict", "/garbage",
      "/extra", "/close", "/http10", "/no-length", "/1xx", "/chunked-trailers", "/headers/300000",
      "/status/204", "/status/304", "/deflate-raw", "/gzip-broken", "/bytes/0", "/chunked/0",
    }
    local calls = {}
    for _, path in ipairs(paths) do
      calls[#calls + 1] = ('http.get "%s"\nassert(http.get("/bytes/26").body == text, "after %s")')
        :format(path, path)
    end
    local r = run(([[
return { journey = function()
  local text = http.get("/bytes/26").body
  %s
end }]]):format(table.concat(calls, "\n")), { "-u", "3", "-i", "6" })
    expect.code(r, 0)
    assert.equal(6 * (#paths + 1), expect.request(r, "GET /bytes/26").count)
    assert.equal(0, expect.request(r, "GET /bytes/26").failed or 0)
  end)

  it("leaves well-formed but unusual answers alone", function()
    local r = run([[
local function get(path, status, length, opts)
  local r = http.get(path, opts)
  assert(r.error == nil, path .. ": " .. tostring(r.error))
  assert(r.status == status, path .. ": status " .. r.status)
  assert(#r.body == length, path .. ": " .. #r.body .. " bytes")
  return r
end
return { journey = function()
  get("/close", 200, 6)
  get("/http10", 200, 7)
  get("/no-length", 200, 14)
  get("/1xx", 200, 3)
  get("/extra", 200, 3)
  get("/status/204", 204, 0)
  get("/status/304", 304, 0)
  get("/bytes/0", 200, 0)
  get("/chunked/0", 200, 0)
  get("/chunked-trailers", 200, 10000)
  get("/headers/50000", 200, 3)
  get("/drip?bytes=5&ms=10", 200, 5)
  get("/bytes/3000000", 200, 3000000)
  get("/chunked/3000000", 200, 3000000)
end }]], { "-u", "2", "-i", "4" })
    expect.code(r, 0)
    assert.is_nil(r.result.errors[1])
  end)

  describe("in a run where all fail", function()
    it("gives exit code 99, says so, and does not spin", function()
      local r = run('return { journey = function() http.get "/ok" end }', { "-u", "2", "-d", "2s" },
        { base_url = REFUSING })
      expect.code(r, 99)
      assert.equal("failed", r.result.verdict)
      assert.truthy((r.stdout .. r.stderr):lower():find("refused", 1, true))
      local n = expect.count(r, "http_reqs")
      expect.that(r, n >= 2 and n <= 2 * 2 * 20, n .. " requests by two users in 2 s")
      assert.is_nil(r.result.metrics.http_req_duration)
      assert.equal(n, expect.errors(r, "refused"))
    end)

    it("ends when the requests hang", function()
      local r = run([[
return {
  stages = {
    hang = { executor = "constant-vus", vus = 3, duration = "500ms", graceful_stop = "500ms" },
  },
  journey = function() http.get "/hang" end,
}]])
      expect.code(r, 99)
      expect.that(r, r.elapsed < 15, "it took too long to stop")
      assert.equal(3, expect.errors(r, "cut_off"))
      expect.total(r, 3)
    end)
  end)

  it("and a journey that does nothing is held back", function()
    local r = run("return { journey = function() end }", { "-u", "1", "-d", "1s" })
    expect.that(r, expect.count(r, "iterations") < 5000, "it spins")
  end)
end)
