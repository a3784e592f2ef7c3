--- Searches for the highest load, on servers whose capacity is known: what comes out, the exit
--- code, and what the reports tell.
---
--- A search takes its time, so those that put little load on the machine run beside the long one.
local again = require "spec.support.again"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

local RATE = [[executor = "search", max_vus = 300, hold = "2s", settle = "1s", from = "100/s",
  to = "450/s"]]

-- A journey of one request, searched with these fields.
local function search(fields, threshold, path)
  return ([[
return {
  stages = { main = { %s } },
  thresholds = { %s },
  journey = function() http.get "%s" end,
}]]):format(fields, threshold and ('http_req_duration = "%s"'):format(threshold) or "",
    path or "/api/v1/products/17")
end

-- The loads of the levels, in their order.
local function loads(run)
  local list = {}
  for index, level in ipairs(run.result.search.levels) do list[index] = level.load end
  return list
end

describe("a search", function()
  local shops, long, beside = {}, nil, {}

  local function shop(...)
    shops[#shops + 1] = server.shop { ... }
    return { base_url = shops[#shops].url, timeout = 120 }
  end

  local at_400

  setup(function()
    at_400 = shop("--pool", "20", "--service-time", "50ms")
    long = cli.start_scenario(search(RATE, "p(95)<150"), {}, at_400)
    -- Four users wait for nobody; eight wait for one service time, and with nine some for two.
    beside.users = cli.start_scenario(
      search('executor = "search", of = "vus", from = 4, to = 10, hold = "1s", settle = "500ms"',
        "p(95)<125"), {}, shop("--pool", "4", "--service-time", "50ms"))
    beside.above = cli.start_scenario(
      search('executor = "search", from = "20/s", to = "40/s", max_vus = 50, hold = "1s", '
        .. 'settle = 0, samples = 10', "p(95)<1s"),
      { "--threshold", "vus: max<50", "--threshold", "dropped_iterations: count==0" },
      shop("--service-time", "5ms"))
    beside.below = cli.start_scenario(
      search('executor = "search", from = "40/s", to = "80/s", max_vus = 200, hold = "1s", '
        .. 'settle = 0, samples = 10', "p(95)<150"), {},
      shop("--pool", "1", "--service-time", "50ms"))
  end)

  teardown(function()
    for _, started in ipairs(shops) do started:stop() end
  end)

  it("for users finds how many a pool bears", function()
    local r = beside.users.finish()
    expect.code(r, 0)
    local found = r.result.search
    assert.same({ "vus", "users", "found" }, { found.of, found.unit, found.outcome })
    expect.that(r, found.good == 8 and found.bad == 9,
      ("good %s, bad %s"):format(tostring(found.good), tostring(found.bad)))
    assert.matches("\nPASSED: 8 users passes, 9 users fails, both tested twice: ", r.stdout)
    again.same(r)
  end)

  it("that ends at `to` passes, and says that the limit lies beyond", function()
    local r = beside.above.finish()
    expect.code(r, 0)
    assert.same({ 20, 40, 40 }, loads(r))
    local found = r.result.search
    assert.same({ "above_to", 40, true }, { found.outcome, found.good, found.confirmed })
    assert.is_nil(found.bad)
    assert.matches("\nPASSED: to = 40/s passes, tested twice: the limit lies beyond it\n", r.stdout)
    again.same(r)
  end)

  it("whose `from` fails already fails, and says so", function()
    local r = beside.below.finish()
    expect.code(r, 99)
    assert.same({ 40, 40 }, loads(r))
    assert.same({ "from_failed", 40 }, { r.result.search.outcome, r.result.search.bad })
    assert.is_nil(r.result.search.good)
    assert.matches("\nFAILED %(exit 99%): from = 40/s already fails, tested twice: "
      .. "http_req_duration p%(95%)<150: ", r.stdout)
    assert.matches('<failure message="FAILED %(exit 99%): from = 40/s already fails', r.junit)
    again.same(r)
  end)

  it("that is interrupted keeps the levels it knows", function()
    local httpd = server.httpd()
    finally(function() httpd:stop() end)
    local run = cli.start_scenario(search('executor = "search", of = "vus", from = 2, to = 100, '
      .. 'hold = "1s", settle = 0, samples = 10', "p(95)<5s", "/slow?ms=20"), {},
      { base_url = httpd.url })
    httpd:wait_for_requests(400, run) -- two users make a hundred in the second of their level
    run:signal "INT"
    local r = run.finish()
    expect.code(r, 105)
    expect.says(r, "interrupted (Ctrl-C or SIGTERM)")
    local found = r.result.search
    assert.same({ "interrupted", false }, { found.outcome, found.confirmed })
    assert.is_true(#found.levels >= 1 and found.good >= 2)
    assert.matches("\n  the search was cut off; so far %d+ users passed", r.stdout)
    assert.matches("\n +2 users +[%d.]+ [ %d.ms]*%d+  PASS +closest: http_req_duration ", r.stdout)
    assert.matches("\nPASS 2 users: closest: ", r.junit)
    again.same(r)
  end)

  describe("is refused before any request", function()
    local function refused(text, ...)
      local r = cli.run_scenario(text, { ... }, { base_url = "http://127.0.0.1:1" })
      expect.code(r, 104)
      assert.same({}, r.result.requests)
      return r
    end

    it("without a threshold", function()
      local r = refused(search(RATE))
      expect.line(r, "scenario.lua: stages.main: search needs thresholds", "p(95)<800")
    end)

    it("with another one in its stage, by check as well", function()
      local two = search(("{ %s }, { %s }"):format(RATE, RATE), "p(95)<150")
      expect.line(refused(two), "stages.main: has more than one search")
      local checked = cli.run { "check", (cli.scenario(two)) }
      expect.code(checked, 104)
      expect.line(checked, "stages.main: has more than one search")
    end)

    it("with a load that does not rise", function()
      local r = refused(search('executor = "search", from = "50/s", to = 20, max_vus = 9', "max<1"))
      expect.line(r, "stages.main", "20/s is not above from = 50/s")
    end)
  end)

  describe("on a shop that serves 400 requests a second", function()
    local r

    -- At its capacity a shop never works off what piled up once. So when this machine, which others
    -- share, stands still for some 100 ms, a level fails that the shop could bear: once more.
    local function is_close(run)
      local found = run.result.search
      return run.code == 0 and found.good >= 380 and found.bad <= 420
    end

    setup(function()
      r = long.finish(120)
      if not is_close(r) then r = cli.run_scenario(search(RATE, "p(95)<150"), {}, at_400) end
    end)

    it("finds them", function()
      expect.code(r, 0)
      local found = r.result.search
      expect.that(r, is_close(r), "it is not within 5 % of 400")
      assert.same({ "rate", "/s", "found", true },
        { found.of, found.unit, found.outcome, found.confirmed })
      expect.that(r, found.good < found.bad and found.bad <= found.good * 1.05 + 1e-6,
        "the bracket is too wide")
      assert.matches("\nPASSED: %d+[%d.]*/s passes, %d+[%d.]*/s fails, both tested twice: "
        .. "http_req_duration p%(95%)<150: ", r.stdout)
    end)

    it("tells every level", function()
      local levels, last = r.result.search.levels, {}
      for _, level in ipairs(levels) do last[level.load] = level end
      expect.that(r, last[100].ok and last[200].ok, "a shop in no hurry failed")
      expect.that(r, last[200].rps > 190 and last[200].rps < 210, "200/s were not 200 a second")
      assert.is_true(last[200].p95 > 49 and last[200].samples >= 380 and last[200].held_s >= 1.9)
      assert.same({ 100, true }, { levels[1].load, levels[#levels].retest })
      assert.matches("\nSearch\n  [^\n]+/s passes", r.stdout)
      assert.matches("\n +Load +Req/s +p95 +Samples +Verdict +Why\n +100/s +[%d.]+ ", r.stdout)
    end)

    it("tells JUnit and result.json", function()
      local good = ("%.10g"):format(r.result.search.good)
      assert.truthy(r.junit:find(('name="search.good" value="%s"'):format(good), 1, true))
      assert.matches("<system%-out>PASSED: .*\nPASS 100/s: [^\n]*closest: .*</system%-out>",
        r.junit)
      assert.same({}, r.result.thresholds)
      assert.same({ verdict = "ok", reasons = {} }, r.result.validity)
      again.same(r)
    end)
  end)

  it("does not blame the server for a level that lload itself may have spoilt", function()
    local r = cli.run_scenario([[
return {
  stages = { main = { executor = "search", from = 2, to = 100, max_vus = 50, hold = "1s",
    settle = 0, samples = 1 } },
  thresholds = { http_req_duration = "p(95)<1" },
  journey = function()
    local till = lload.time.now() + 0.25
    while lload.time.now() < till do end
    http.get "/api/v1/products/17"
  end,
}]], {}, at_400)
    expect.code(r, 98)
    local found, reason = r.result.search, r.result.validity.reasons[1]
    assert.same({ "generator", 2 }, { found.outcome, found.generator_at })
    assert.is_nil(found.bad)
    assert.equal("invalid", r.result.validity.verdict)
    assert.is_true(reason.value > reason.limit)
    assert.matches("^at 2/s lload itself was the limit, not the server: ", reason.hint)
    assert.matches(
      "\nINVALID %(exit 98%): at 2/s the generator itself is the limit, tested twice: "
        .. reason.code, r.stdout)
    assert.matches("\n +2/s [^\n]*INVALID  again: " .. reason.code, r.stdout)
    assert.matches('<error message="INVALID %(exit 98%): at 2/s ', r.junit)
    again.same(r)
  end)
end)
