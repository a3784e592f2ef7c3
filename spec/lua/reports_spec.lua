--- The reports: golden console, JSON, HTML and JUnit of made-up runs, and the stored round trip.

local cjson = require "cjson"
local console = require "lload.report.console"
local fake = require "spec.support.fake_engine"
local golden = require "spec.support.golden"
local html = require "lload.report.html"
local json = require "lload.report.json"
local junit = require "lload.report.junit"
local notes = require "lload.notes"
local profile = require "lload.profile"
local queue = require "spec.support.queue"
local runs = require "spec.support.runs"
local search = require "lload.search"
local soaks = require "spec.support.soaks"
local stored = require "lload.stored"
local summary = require "lload.summary"
local target = require "lload.analysis.target"
local text = require "lload.text"

local HOSTILE = 'a<b>&"c\'d\1\27[31m\r\n]]> \255 é </testcase><!-- 😀'

local model_of = runs.model

local function good_run()
  return model_of(fake.final(), {
    { "checks", "rate>99%" }, { "http_req_duration", "p(95)<800" },
    { "http_req_duration{name:POST /api/cart/add}", "p(99) < 1s" },
  })
end

-- Ramps and thresholds with time; the ninth second is a bad one.
local function ramped()
  local made = profile.make("ramping-vus", { start_vus = 50, steps = {
    { duration = 4, target = 50 }, { duration = 2, target = 500 }, { duration = 14, target = 0 },
  } })
  local final = fake.final()
  final.steps[3] = { stage = "ramp", step = 3, profile = 1, from_s = 6, to_s = 20, vus = 500,
    rps = 301, count = 4214, duration = fake.trend(4214, 1), error_rate = 0 }
  final.steps[1].label, final.steps[2].label = nil, nil
  local looks = {}
  for second = 1, 20 do
    local p95 = second == 9 and 1234 or 90
    looks[second] = { elapsed_s = second, value = function() return p95 end }
  end
  return model_of(final, {
    { "http_req_duration", { "p(95)<800", "p(95)<800 over 5s", "p(95)<2s over 5s" } },
    { "http_req_duration{name:POST /api/cart/add}", "p(95)<800 for 10s" },
    { "http_req_duration{step:3}", "p(95)<800 over 5s" },
  }, { name = "ramped", looks = looks, plan = { stage = { name = "ramp", profiles = { made } },
    spec = { seed = 42, threads = 2, tags = {}, profiles = { made } } } })
end

-- A run in which much is wrong at once.
local function bad_run()
  local final = fake.final()
  final.stop, final.stop_detail = "aborted", "the shop is closed"
  final.metrics.iteration_errors = { type = "counter", count = 7, rate = 0.35 }
  final.script_errors = {
    { message = "checkout.lua:12: attempt to index a nil value", count = 6,
      traceback = "stack traceback:\n\tcheckout.lua:12: in function 'buy'\n\tcheckout.lua:30" },
    { message = HOSTILE, count = 1, traceback = "stack traceback:\n\t" .. HOSTILE },
  }
  final.checks[1].name = HOSTILE
  final.requests[2].name = HOSTILE
  final.notes = { "500 names are in use; further ones are counted as (other)" }
  final.validity = { verdict = "suspect", reasons = {
    { code = "CPU_SAT", value = 0.97, limit = 0.9, hint = "use more threads or machines" } } }
  return model_of(final, {
    { "http_req_duration", "p(95)<200" }, { "http_req_duration", "p(95)<200" },
    { "http_req_duration{name:" .. HOSTILE .. "}", "max<5ms" },
    { "order_latency", "avg<100ms" }, { "http_req_failed", "rate==0" },
  }, { name = "evil <shop> & \1" .. "co" })
end

local function outage()
  local final = fake.final()
  final.requests = { { name = "GET /", count = 40, rate = 2, failed = 40, total_ms = 4,
    errors = { refused = 40 } } }
  final.steps = { { stage = "spike", step = 1, profile = 1, from_s = 0, to_s = 20, vus = 2,
    rps = 2, count = 40, error_rate = 1 } }
  final.metrics.http_req_duration, final.metrics.order_latency = nil, nil
  final.checks, final.iteration_failures, final.windows, final.journeys = {}, {}, {}, {}
  final.warmup_windows, final.distribution = {}, {}
  final.errors = { { class = "refused", count = 40, sample = "GET / 127.0.0.1:1" } }
  return model_of(final, { { "http_req_duration", "p(95)<800" } })
end

-- What the open model measures besides.
local function with_arrivals(final, count, dropped)
  final.metrics.iteration_lag = fake.trend(count - dropped, 0.001)
  final.metrics.iteration_response_time = fake.trend(count - dropped, 5.001)
  final.metrics.dropped_iterations = { type = "counter", count = dropped, rate = dropped / 20 }
  final.health = {
    arrivals = count, arrivals_dropped = dropped, arrivals_dropped_share = dropped / count,
    arrivals_missed_share = 0, send_lag_p99_ms = 0.612, busiest_worker = 0.21, workers = 2,
  }
  return final
end

-- A search for a rate on a server that serves 400 requests a second.
local function searched()
  local fields = {
    of = "rate", from = 100, to = 10000, max_vus = 2000, hold = 10, settle = 3, resolution = 0.05,
    samples = 100, max_duration = 3600,
  }
  local s = search.new(fields)
  queue.new({ capacity = 400 }):drive(s)
  local made = profile.make("search", fields)
  return model_of(with_arrivals(fake.final(), 1042, 42), { { "http_req_duration", "p(95)<200" } }, {
    name = "limit", beside = { driver = { result = function() return s:result() end } },
    plan = { stage = { name = "search", profiles = { made } } },
  })
end

-- A soak of arrivals whose target gets slower, starts again and loses a metric.
local function open_soak()
  local made = profile.make("soak",
    { load = 209, max_vus = 50, ramp = 60, duration = 1800, on_drift = "fail" })
  local final = with_arrivals(fake.final(), 1000, 0)
  final.duration_s = 1860
  final.range = soaks.range(1860, function(t)
    return { p95 = 50 + t / 60, rps = 209, in_flight = 0.209 * (40 + t / 60) }
  end)
  final.notes = { "live control, after 15m: paused", "live control, after 15m1s: resumed" }
  local scrapes = {}
  for t = 0, 1855, 5 do
    local up = t < 900 and 1000 or 1900
    scrapes[#scrapes + 1] = { t_s = t, body = ("process_start_time_seconds %d\n"):format(up)
      .. ("process_resident_memory_bytes %d\n"):format(100e6 + 1e5 * t)
      .. (t < 600 and "go_goroutines 50\n" or "") }
  end
  return model_of(final, { { "http_req_duration", "p(95)<800" } }, {
    beside = { target = target.follow(scrapes) },
    plan = { stage = { name = "soak", profiles = { made } } },
  })
end

local RUNS = {
  good = good_run, ramped = ramped, bad = bad_run, outage = outage, search = searched,
  soak = open_soak,
}

local function has_colour(s)
  return s:find("\27[", 1, true) ~= nil
end

describe("golden reports", function()
  for name, make in pairs(RUNS) do
    it("of the " .. name .. " run are what they were", function()
      local model = make()
      for file, content in pairs {
        [name .. ".json"] = json.render(model),
        [name .. ".xml"] = junit.render(model),
        [name .. ".html"] = html.render(model),
        [name .. ".txt"] = console.render(model, { width = 100, written = { "out/result.json" } }),
      } do
        assert.equal(golden.expected(file, content), content)
      end
    end)
  end

  it("of several runs are what they were", function()
    local results = summary.combine { good_run(), outage() }
    assert.equal(99, results.exit_code)
    assert.equal(golden.expected("several.xml", junit.render(results)), junit.render(results))
    assert.equal("lload/results/1", cjson.decode(json.render(results)).schema)
  end)
end)

describe("the console summary", function()
  it("fits any width and moves no cursor", function()
    for _, make in pairs(RUNS) do
      for _, width in ipairs { 60, 80, 200 } do
        local page = console.render(make(), { width = width })
        assert.is_nil(page:find("[%z\1-\9\11-\31\127]"))
        for line in page:gsub("[^\n]+\n$", ""):gmatch("[^\n]+") do
          -- The verdict line and the tables of numbers do not give way; all else does.
          assert.is_true(text.width(line) <= math.max(width, 95), line)
        end
      end
    end
  end)

  it("says PASS and FAIL in words, and colours only when wanted", function()
    local plain = console.render(bad_run(), { width = 100 })
    assert.is_false(has_colour(plain))
    assert.matches("FAIL", plain)
    local painted = console.render(bad_run(), { width = 100, color = true })
    assert.is_true(has_colour(painted))
    assert.equal(plain, (painted:gsub("\27%[%d+m", "")))
  end)

  it("shows everything with verbose", function()
    local final = fake.final()
    for i = 1, 30 do final.requests[i + 2] = { name = "GET /" .. i, count = 1, failed = 0 } end
    local model = model_of(final, {})
    local function page(options)
      options.width = 100
      return console.render(model, options)
    end
    assert.matches("\n  … and 22 more %(%-v shows all%)\n", page {})
    assert.matches("\n  … and 22 more %(lload report out/r%.json %-v%)\n",
      page { written = { "out/junit.xml", "out/r.json" } })
    assert.is_nil(page({ verbose = true }):find("… and", 1, true))
  end)

  it("fits one screen, however much there is", function()
    local final, thresholds = fake.final(), {}
    for i = 1, 60 do
      local name = ("GET /api/v2/%s/%d"):format(("very-long-name-"):rep(13), i)
      final.requests[i] = { name = name, count = 9e6, rate = 4e5, failed = 12345, total_ms = i,
        duration = fake.trend(9e6, 9) }
      final.checks[i] = { name = name, passes = i, fails = i % 2 }
      final.errors[i] = { class = "class" .. i, count = i, sample = name }
      final.steps[i] = { stage = "a", step = i, profile = 1, vus = 1e4, rps = 4e5, error_rate = 0.5,
        duration = fake.trend(9e6, 9) }
      thresholds[i] = { ("http_req_duration{name:%s}"):format(name), "p(95)<" .. 10 * i }
    end
    local model = model_of(final, thresholds)
    for _, width in ipairs { 80, 100, 200 } do
      local page = console.render(model, { width = width })
      assert.is_true(select(2, page:gsub("\n", "")) < 80)
      for line in page:gmatch("[^\n]+") do assert.is_true(text.width(line) <= width, line) end
      assert.truthy(page:find("GET", 1, true) and page:find("….*/60 "))
    end
  end)

  it("shows thresholds that fail first where it cannot show all", function()
    local thresholds = {}
    for i = 1, 30 do
      thresholds[i] = { "http_req_duration", "max<" .. (i == 30 and 1 or 1e6 + i) }
    end
    local page = console.render(model_of(fake.final(), thresholds), { width = 100 })
    assert.matches("Margin\n  FAIL  http_req_duration  max<1 ", page)
    assert.matches("… and 20 more", page)
  end)

  it("is as long as wanted", function()
    local model = good_run()
    local function page(size)
      return console.render(model, { width = 100, summary = size, written = { "r.json" } })
    end
    assert.equal(page "full", page(nil))
    assert.equal("PASSED: 3 thresholds hold\n", page "none")
    local short = page "short"
    for _, heading in ipairs { "Thresholds", "Errors", "Iterations ended early" } do
      assert.truthy(short:find("\n" .. heading .. "\n", 1, true))
    end
    for _, heading in ipairs { "Steps", "Requests", "Checks", "Totals", "Written" } do
      assert.is_nil(short:find("\n" .. heading .. "\n", 1, true))
    end
    assert.matches("\nPASSED: 3 thresholds hold\n$", short)
  end)

  it("gives up what can be done without before names get too short", function()
    local model = good_run()
    model.requests[1].name = "POST /api/v1/shopping/carts/:cart/items/:item"
    local narrow = console.render(model, { width = 70 })
    local wide = console.render(model, { width = 90 })
    assert.matches("Count%s+Req/s%s+p50%s+p95%s+p99%s+Max%s+Failed", wide)
    assert.matches("Count%s+Req/s%s+p50%s+p95%s+p99%s+Failed", narrow)
    assert.matches("\n  POST /api/v…tems/:item  4,000", narrow)
  end)
end)

describe("notes", function()
  local SHARED = profile.make(
    "shared-iterations", { vus = 5, iterations = 1000, max_duration = 20 })
  local PER_VU = profile.make(
    "per-vu-iterations", { vus = 5, iterations = 200, max_duration = 20 })
  local TIMED = profile.make("constant-vus", { vus = 5, duration = 20 })

  -- The notes of a run of these profiles, with these parts put over a final table.
  local function notes_of(profiles, parts)
    local final = { stop = "finished", duration_s = 20.05, notes = { "engine" },
      journeys = { { iterations = 50, cut_off = 2 }, { iterations = 8, cut_off = 0 } } }
    for key, value in pairs(parts or {}) do final[key] = value end
    local list = notes.of(profiles, final)
    assert.equal("engine", table.remove(list, 1))
    return list
  end

  it("say how many iterations max_duration left undone", function()
    local line = "60 of 1,000 iterations were made within max_duration"
    assert.same({ line }, notes_of { SHARED })
    assert.same({ line }, notes_of { PER_VU })
    assert.same({ "60 of 2,000 iterations were made within max_duration" },
      notes_of { SHARED, PER_VU })
  end)

  it("say nothing when all were made, or something else ended the run", function()
    assert.same({}, notes_of({ SHARED }, { journeys = { { iterations = 999, cut_off = 1 } } }))
    assert.same({}, notes_of({ SHARED }, { stop = "interrupted" }))
    assert.same({}, notes_of({ SHARED }, { duration_s = 3 }))
    assert.same({}, notes_of { TIMED })
    assert.same({}, notes_of { SHARED, TIMED })
    assert.same({}, notes_of {})
  end)

  it("say that requests were sent twice", function()
    local function races(n) return notes_of({}, { connections = { reuse_races = n } }) end
    assert.same({}, races(0))
    assert.same({ "1 request was sent again on a new connection, because the server had closed "
      .. "the kept one; the server may have seen both" }, races(1))
    assert.matches("^1,200 requests were sent again", races(1200)[1])
  end)
end)

describe("a password in base_url", function()
  it("is in no report", function()
    local final = fake.final()
    final.errors[1].sample = "GET http://user:secret@127.0.0.1:8080/a: 503"
    local model = model_of(final, {}, { base_url = "http://user:secret@127.0.0.1:8080" })
    for _, report in ipairs { json.render(model), console.render(model, { width = 100 }) } do
      assert.is_nil(report:find("secret", 1, true))
      assert.truthy(report:find("http://user:***@127.0.0.1:8080", 1, true))
    end
  end)
end)

describe("JUnit", function()
  it("counts what it holds and keeps names apart", function()
    local xml = junit.render(bad_run())
    local function count(pattern) return select(2, xml:gsub(pattern, "")) end
    assert.equal(6, count("<testcase "))
    assert.equal(5, count("<failure "))
    assert.equal(1, count("<error "))
    assert.matches('tests="6" failures="5" errors="1"', xml)
    assert.matches('name="http_req_duration p%(95%)&lt;200 %(2%)"', xml)
    assert.is_nil(xml:find("[%z\1-\8\11\12\14-\31]"))
  end)

  it("tells the levels of a search, whatever came out", function()
    local model = searched()
    model.search.levels[3].generator = true
    assert.matches("<system%-out>PASSED: 400/s.*\nINVALID 400/s: .*\nPASS 400/s: again: ",
      junit.render(model))
    model.exit_code, model.verdict = 98, "invalid"
    assert.matches("<error [^>]*>INVALID %(exit 98%): 400/s passes.*\nFAIL 413/s: again: ",
      junit.render(model))
    model.search.of = "vus"
    assert.matches("\nPASS 100 users: all thresholds hold\n", junit.render(model))
  end)
end)

describe("a stored result", function()
  it("renders to the same bytes", function()
    for _, make in pairs(RUNS) do
      local model = make()
      local again = assert(stored.parse(json.render(model)))
      assert.equal(json.render(model), json.render(again))
      assert.equal(junit.render(model), junit.render(again))
      assert.equal(html.render(model), html.render(again))
      assert.equal(console.render(model, { width = 100 }), console.render(again, { width = 100 }))
    end
  end)

  for given, message in pairs {
    ["{"] = "not JSON, perhaps cut off", ["[]"] = "not a result of lload",
    ['{"schema":"other/1"}'] = "not a result of lload", ["42"] = "not a result of lload",
    ['{"schema":"lload/result/2"}'] = "newer lload %(schema lload/result/2%)",
    ['{"schema":"lload/result/1"}'] = "duration_s is missing",
    ['{"schema":"lload/results/1"}'] = "runs is missing",
    ['{"schema":"lload/results/1","runs":[]}'] = "has no runs",
    ['{"schema":"lload/results/1","runs":[null]}'] = "has no runs",
    ['{"schema":"lload/results/1","runs":[null,{}]}'] = "runs must be a list without gaps",
    ['{"schema":"lload/results/1","runs":{"a":{}}}'] = "runs must be a list without gaps",
    ['{"schema":"lload/results/1","runs":[7]}'] = "runs%[1%] must be an object, not a number",
    ['{"schema":"lload/results/1","runs":[{}]}'] = "runs%[1%].duration_s is missing",
  } do
    it("refuses " .. given, function()
      local model, problem = stored.parse(given)
      assert.is_nil(model)
      assert.matches(message, problem)
    end)
  end

  -- a part of an otherwise sound result → what is said about it
  for part, message in pairs {
    ['"validity":"ok"'] = "validity must be an object, not a string",
    ['"validity":{"verdict":"ok","reasons":"none"}'] = "validity.reasons must be a list",
    ['"exit_code":42'] = "exit_code is none that lload has",
    ['"exit_code":"0"'] = "exit_code is none that lload has",
    ['"duration_s":1e999'] = "duration_s must be a number, not inf",
    ['"scenario":"shop"'] = "scenario must be an object",
    ['"scenario":{"name":5}'] = "scenario.name must be a string, not 5",
    ['"stop":"interrupted"'] = "stop must be an object",
    ['"requests":5'] = "requests must be a list, not a number",
    ['"requests":[{"name":"a","count":"1"}]'] = "requests%[1%].count must be a number, not a str",
    ['"requests":[{"name":"a","count":1,"duration":{}}]'] = "duration.count is missing",
    ['"thresholds":[{"metric":"a","expression":"b","ok":1}]'] = "thresholds%[1%].data is missing",
    ['"checks":[{"name":"a","passes":1}]'] = "checks%[1%].fails is missing",
    ['"steps":[{}]'] = "steps%[1%].step is missing", ['"notes":[{}]'] = "notes%[1%] must be a str",
    ['"metrics":{"a":{"type":"trend"}}'] = "metrics.a.avg is missing",
    ['"metrics":{"a":{"type":"sum"}}'] = "metrics.a.type is no kind of metric",
    ['"metrics":{"checks":{"type":"counter","count":1}}'] = "metrics.checks must be a rate",
    ['"connections":{"opened":"many"}'] = "connections.opened must be a number",
    ['"settings":{"seed":true}'] = "settings.seed must be a number, not a boolean",
  } do
    it("refuses " .. part, function()
      local model, problem = stored.parse(
        '{"schema":"lload/result/1","scenario":{"name":"x"},"exit_code":0,"duration_s":1,'
          .. part .. "}")
      assert.is_nil(model)
      assert.matches(message, problem)
    end)
  end

  it("reads what is new in a later version", function()
    local model = assert(stored.parse(
      '{"schema":"lload/result/1","scenario":{"name":"x"},"exit_code":0,"duration_s":1,'
        .. '"soak":{"verdict":"ok"},"requests":[{"name":"a","count":1,"new":[]}]}'))
    assert.equal("ok", model.soak.verdict)
  end)
end)
