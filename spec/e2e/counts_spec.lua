--- What lload counts is what the server counts: to the request, on every kind of answer.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

-- Every user runs `iterations` of the journey that follows.
local function per_vu(vus, iterations, rest)
  return ([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = %d, iterations = %d } },
  %s
}]]):format(vus, iterations, rest)
end

describe("counts", function()
  describe("against httpd", function()
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

    local function run(text, args)
      return cli.run_scenario(text, args, { base_url = httpd.url })
    end

    it("of cache hits are those of the answers that tell", function()
      local r = run([[
return {
  journey = function()
    for _, header in ipairs { "X-Cache: HIT", "X-Cache: MISS", "Age: 17", "X-Other: HIT" } do
      http.get("/answer", { query = { header = header }, name = "cached" })
      http.get("/ok", { name = "silent" })
    end
  end,
}]], { "-i", "5", "--threshold", "http_cache_hits{name:cached}: rate==0.6666666666666666" })
      expect.code(r, 0)
      assert.same({ hits = 10, answers = 15 }, expect.request(r, "cached").cache)
      assert.is_nil(expect.request(r, "silent").cache)
      assert.equal(10, r.result.metrics.http_cache_hits.passes)
      assert.matches("; cache hits 67%%\n", r.stdout)
    end)

    for _, threads in ipairs { 1, 2, 3 } do
      it(("of shared iterations are exact with %d threads"):format(threads), function()
        local r = run([[
return { journey = function() http.get "/ok" end }
]], { "-u", "7", "-i", "100", "--threads", threads })
        expect.code(r, 0)
        assert.equal(100, expect.count(r, "iterations"))
        assert.equal(100, httpd:counts().total)
        expect.total(r, 100)
      end)

      it(("of iterations per user are exact with %d threads"):format(threads), function()
        local text = per_vu(7, 9, 'journey = function() http.get "/ok" end')
        local r = run(text, { "--threads", threads })
        expect.code(r, 0)
        assert.equal(63, expect.count(r, "iterations"))
        expect.total(r, 63)
        local seen = httpd:counts()
        assert.equal(63, seen.total)
        assert.equal(7, seen.connections)
      end)
    end

    it("agree in a run that ends by time", function()
      local r = run([[
return { journey = function() http.get "/ok" http.get "/json" http.get "/slow?ms=20" end }
]], { "-u", "8", "-d", "1s" })
      expect.code(r, 0)
      local seen = httpd:counts()
      expect.total(r, seen.total)
      for _, path in ipairs { "/ok", "/json", "/slow" } do
        assert.equal(seen.paths[path], expect.request(r, "GET " .. path).count)
      end
    end)

    it("hold the requests of setup, on_start, on_stop and teardown", function()
      local r = run(per_vu(3, 2, [[
  setup = function() http.get "/any/setup" end,
  on_start = function() http.get "/any/start" end,
  journey = function() http.get "/ok" end,
  on_stop = function() http.get "/any/stop" end,
  teardown = function() http.get "/any/teardown" end,
]]))
      expect.code(r, 0)
      local seen = httpd:counts()
      assert.same({
        ["/any/setup"] = 1,
        ["/any/start"] = 3,
        ["/ok"] = 6,
        ["/any/stop"] = 3,
        ["/any/teardown"] = 1,
      }, seen.paths)
      expect.total(r, 14)
      for path, n in pairs(seen.paths) do
        assert.equal(n, expect.request(r, "GET " .. path).count)
      end
      assert.equal(6, expect.count(r, "iterations"))
    end)

    it("of windows are of the stage, without setup and teardown", function()
      local r = run [[
return {
  stages = { all = { executor = "constant-vus", vus = 2, duration = "2500ms" } },
  setup = function() for _ = 1, 300 do http.get "/any/setup" end end,
  journey = function() http.get "/slow?ms=20" end,
  teardown = function() for _ = 1, 300 do http.get "/any/teardown" end end,
}]]
      expect.code(r, 0)
      local seen = httpd:counts()
      assert.same({ 300, 300 }, { seen.paths["/any/setup"], seen.paths["/any/teardown"] })
      expect.total(r, seen.total)
      local in_windows = 0
      for _, w in ipairs(r.result.windows) do
        in_windows = in_windows + w.rps * (w.to_s - w.t_s)
      end
      assert.is_true(#r.result.windows >= 2)
      assert.near(seen.paths["/slow"], in_windows, 1)
      local in_steps = 0
      for _, step in ipairs(r.result.steps) do
        in_steps = in_steps + step.rps * (step.to_s - step.from_s)
      end
      assert.is_true(in_steps < 300, "steps hold the requests of setup: " .. in_steps)
    end)

    it("are split by status and by failure", function()
      local r = run(per_vu(2, 6, [[journey = function()
    http.get "/error-rate?every=3"
    http.get "/status/404"
    http.get("/status/404", { name = "expected 404", expect = 404 })
  end,]]))
      expect.code(r, 0)
      local mixed = expect.request(r, "GET /error-rate")
      assert.same({ ["200"] = 8, ["500"] = 4 }, mixed.status)
      assert.equal(4, mixed.failed)
      assert.equal(12, expect.request(r, "GET /status/404").failed)
      assert.equal(0, expect.request(r, "expected 404").failed or 0)
      local failed = r.result.metrics.http_req_failed
      assert.near((4 + 12) / 36, failed.rate, 1e-6)
      assert.equal(20, expect.count(r, "http_req_duration"))
      assert.equal(16, expect.count(r, "http_req_failed_duration"))
    end)

    it("of checks are exact", function()
      local r = run(per_vu(4, 10, [[journey = function(vu)
    local page = http.get "/ok"
    check(page, {
      ["status is 200"] = function(p) return p.status == 200 end,
      ["every other"] = function() return vu.iteration % 2 == 0 end,
      ["raises"] = function() error "in a check" end,
    })
  end,]]))
      expect.that(r, r.result, "no result")
      assert.equal(60, r.result.metrics.checks.passes)
      assert.equal(60, r.result.metrics.checks.fails)
      local by_name = {}
      for _, row in ipairs(r.result.checks) do
        by_name[row.name] = { row.passes, row.fails }
      end
      assert.same({ 40, 0 }, by_name["status is 200"])
      assert.same({ 20, 20 }, by_name["every other"])
      assert.same({ 0, 40 }, by_name.raises)
    end)

    it("hold several profiles of a stage that run at once", function()
      local r = run [[
return {
  stages = { both = {
    { executor = "per-vu-iterations", vus = 2, iterations = 5, journey = "one" },
    { executor = "shared-iterations", vus = 3, iterations = 12, journey = "two" },
  } },
  journeys = {
    one = { weight = 1, run = function() http.get "/any/one" end },
    two = { weight = 1, run = function() http.get "/any/two" end },
  },
}]]
      expect.code(r, 0)
      assert.same({ ["/any/one"] = 10, ["/any/two"] = 12 }, httpd:counts().paths)
      expect.total(r, 22)
    end)

    it("pick journeys in proportion to their weights", function()
      local r = run([[
return {
  journeys = {
    often = { weight = 3, run = function() http.get "/any/often" end },
    seldom = { weight = 1, run = function() http.get "/any/seldom" end },
    never = { weight = 0, run = function() http.get "/any/never" end },
  },
}]], { "-u", "4", "-i", "800", "--seed", "7" })
      expect.code(r, 0)
      local paths = httpd:counts().paths
      assert.equal(800, paths["/any/often"] + paths["/any/seldom"])
      assert.is_nil(paths["/any/never"])
      assert.near(600, paths["/any/often"], 75) -- six standard deviations
    end)

    it("of users follow the ramp", function()
      local r = run [[
return {
  stages = { ramp = { executor = "ramping-vus", start_vus = 1, steps = {
    { duration = "1s", target = 5 }, { duration = "500ms", target = 5 } } } },
  journey = function() http.get "/slow?ms=50" end,
}]]
      expect.code(r, 0)
      assert.equal(5, r.result.metrics.vus.max)
      assert.equal(5, httpd:counts().connections)
      expect.total(r, httpd:counts().total)
      assert.equal(2, #r.result.steps)
    end)

    it("are exact for a spike and a soak", function()
      local r = run([[
return {
  stages = {
    spike = { executor = "spike", vus = 2, peak = 12, before = "300ms", rise = "200ms",
      hold = "500ms", fall = "200ms", recovery = "300ms" },
    soak = { executor = "soak", vus = 4, ramp = "200ms", duration = "600ms" },
  },
  journey = function() http.get "/slow?ms=20" end,
}]], { "--stage", "spike" })
      expect.code(r, 0)
      assert.equal(12, r.result.metrics.vus.max)
      expect.total(r, httpd:counts().total)
      assert.is_true(#r.result.steps >= 5)
    end)
  end)

  describe("against nginx", function()
    local nginx

    setup(function()
      nginx = server.nginx()
    end)

    teardown(function()
      nginx:stop()
    end)

    -- Runs `body` as the journey of 4 users, 25 times each, and compares with the access log.
    local function compare(path, status, body, args, base_url)
      local mark = nginx:mark()
      local r = cli.run_scenario(per_vu(4, 25, "journey = function() " .. body .. " end"), args,
        { base_url = base_url or nginx.url })
      expect.code(r, 0)
      expect.total(r, 100)
      local seen = nginx:requests(mark)
      assert.same({ [path] = 100 }, seen.paths)
      assert.same({ [status] = 100 }, seen.statuses)
      assert.equal(4, seen.connections) -- keep-alive: one for each user
      return r
    end

    it("agree on a returned text", function()
      compare("/return", "200", [[assert(http.get("/return").body == "returned\n")]])
    end)

    it("agree on static files", function()
      compare("/small.txt", "200",
        ([[assert(http.get("/small.txt").body == %q)]]):format(server.LINE))
      compare("/large.txt", "200",
        ([[assert(http.get("/large.txt").body == (%q):rep(5000))]]):format(server.LINE))
    end)

    it("agree on HEAD", function()
      compare("/large.txt", "200", [[assert(http.head("/large.txt").body == "")]])
    end)

    it("agree on gzip, which is chunked here, and decode it", function()
      compare("/gzip/large.txt", "200", ([[
        local r = http.get("/gzip/large.txt", { headers = { ["Accept-Encoding"] = "gzip" } })
        assert(r.headers["transfer-encoding"] == "chunked", "not chunked")
        assert(r.body == (%q):rep(5000), "not decoded")
      ]]):format(server.LINE))
    end)

    it("ask for no encoding unless told to", function()
      compare("/gzip/large.txt", "200", [[
        local r = http.get "/gzip/large.txt"
        assert(r.headers["content-encoding"] == nil, "encoded unasked")
      ]])
    end)

    it("agree over TLS with --insecure", function()
      compare("/small.txt", "200",
        ([[assert(http.get("/small.txt").body == %q)]]):format(server.LINE),
        { "--insecure" }, nginx.tls_url)
    end)

    it("agree on errors the server reports", function()
      local mark = nginx:mark()
      local text = per_vu(2, 10, 'journey = function() http.get "/missing" http.get "/return" end')
      local r = cli.run_scenario(text, {}, { base_url = nginx.url })
      expect.code(r, 0)
      assert.same({ ["404"] = 20, ["200"] = 20 }, nginx:requests(mark).statuses)
      assert.same({ ["404"] = 20 }, expect.request(r, "GET /missing").status)
      expect.total(r, 40)
    end)

    it("hold a failed request for each certificate that cannot be verified", function()
      local mark = nginx:mark()
      local r = cli.run_scenario(per_vu(2, 2, 'journey = function() http.get "/return" end'), {},
        { base_url = nginx.tls_url })
      expect.code(r, 99) -- none succeeded
      expect.total(r, 4)
      assert.equal(4, expect.errors(r, "tls"))
      assert.equal(0, nginx:requests(mark).total)
    end)
  end)
end)
