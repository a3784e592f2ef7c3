--- Those who are told of a run while it lasts: their formats, their settings, what goes wrong.

local cjson = require "cjson"
local families = require "lload.sink.families"
local fake = require "spec.support.fake_engine"
local golden = require "spec.support.golden"
local influx = require "lload.sink.influx"
local measured = require "spec.support.measured"
local otlp = require "lload.sink.otlp"
local page = require "lload.sink.page"
local pages = require "lload.analysis.prometheus"
local prometheus = require "lload.sink.prometheus"
local settings = require "lload.settings"
local sinks = require "lload.sinks"
local statsd = require "lload.sink.statsd"

local function assert_golden(name, format)
  local text = format.render(measured.run(), measured.facts())
  assert.equal(golden.expected(name, text), text)
  return text
end

-- The samples of a page by name and one label.
local function samples_of(text)
  local found = pages.parse(text)
  assert.same({ 0, false }, { found.unreadable, found.truncated })
  return found
end

local function sum_of(found, name)
  local sum = 0
  for _, sample in ipairs(found.samples) do
    if sample.name == name then sum = sum + sample.value end
  end
  return sum
end

describe("the page for Prometheus", function()
  it("is what it was", function() assert_golden("sink.prom", prometheus) end)

  it("reads as the numbers that went in, by our own reader", function()
    local found = samples_of(prometheus.render(measured.run(), measured.facts()))
    assert.equal(12, sum_of(found, "lload_http_reqs_total"))
    assert.equal(2, sum_of(found, "lload_http_reqs_failed_total"))
    assert.equal(0.125, sum_of(found, "lload_http_req_duration_seconds_sum"))
    assert.equal(-3, sum_of(found, "lload_depth"))
    assert.equal("histogram", found.types.lload_http_req_duration_seconds)
  end)

  it("gives names and tags back as they were, but for bytes that are no UTF-8", function()
    local found, names = samples_of(prometheus.render(measured.run(), measured.facts())), {}
    for _, sample in ipairs(found.samples) do
      names[sample.labels.name or ""] = true
      assert.same({ 'the "shop"', "ramp", "ci", "7, b", "x" }, {
        sample.labels.scenario, sample.labels.stage, sample.labels.env, sample.labels.build_no,
        sample.labels.tag_name,
      })
    end
    assert.is_true(names[(measured.HOSTILE:gsub("\255", "\239\191\189"))])
  end)

  it("counts buckets from below, up to the count", function()
    local found = samples_of(prometheus.render(measured.run(), measured.facts()))
    local last, ends = {}, 0
    for _, sample in ipairs(found.samples) do
      if sample.name:find "_bucket$" then
        local key = sample.name .. (sample.labels.name or "")
        assert.is_true(sample.value >= (last[key] or 0))
        last[key] = sample.value
        if sample.labels.le == "+Inf" then ends, last[key] = ends + sample.value, nil end
      end
    end
    assert.equal(10 + 2 + 10 + 3, ends)
  end)

  it("keeps families apart whose names would be the same", function()
    local found, seen = prometheus.render(measured.run(), measured.facts()), {}
    for name in found:gmatch "# TYPE (%S+)" do
      assert.is_nil(seen[name], name)
      seen[name] = true
    end
    assert.is_true(seen.lload_http_reqs_failed_total and seen.lload_http_reqs_failed__total)
  end)

  it("writes numbers that JSON could not", function()
    local run = measured.run()
    run.metrics = { { name = "x", type = "gauge", value = 0 / 0 },
      { name = "y", type = "gauge", value = -math.huge } }
    local text = prometheus.render(run, measured.facts())
    assert.truthy(text:find('\nlload_x{[^\n]*} NaN\n') and text:find('\nlload_y{[^\n]*} %-Inf\n'))
  end)
end)

describe("OTLP", function()
  local function metrics_of(text)
    local by_name = {}
    local sent = cjson.decode(text).resourceMetrics[1]
    for _, m in ipairs(sent.scopeMetrics[1].metrics) do by_name[m.name] = m end
    return by_name, sent.resource.attributes
  end

  it("is what it was", function() assert_golden("sink.otlp.json", otlp) end)

  it("is JSON with the numbers that went in", function()
    local by_name, resource = metrics_of(otlp.render(measured.run(), measured.facts()))
    assert.same({ key = "service.name", value = { stringValue = "lload" } }, resource[1])
    local reqs = by_name["lload.http_reqs"].sum
    assert.same({ 2, true, "10", "2" }, { reqs.aggregationTemporality, reqs.isMonotonic,
      reqs.dataPoints[1].asInt, reqs.dataPoints[2].asInt })
    assert.equal(2.5, by_name["lload.orders_made"].sum.dataPoints[1].asDouble)
    assert.equal("-3", by_name["lload.depth"].gauge.dataPoints[1].asInt)
    assert.same({ "1769853600000000000", "1769853603000000000" },
      { reqs.dataPoints[1].startTimeUnixNano, reqs.dataPoints[1].timeUnixNano })
  end)

  it("has one bucket more than it has bounds, which add up", function()
    local by_name, histograms = metrics_of(otlp.render(measured.run(), measured.facts())), 0
    for _, m in pairs(by_name) do
      for _, point in ipairs(m.histogram and m.histogram.dataPoints or {}) do
        local sum = 0
        for _, count in ipairs(point.bucketCounts) do sum = sum + tonumber(count) end
        assert.same({ #point.explicitBounds + 1, tonumber(point.count) },
          { #point.bucketCounts, sum })
        histograms = histograms + 1
      end
    end
    assert.equal(4, histograms)
  end)

  it("leaves out what JSON cannot say", function()
    local run = measured.run()
    run.metrics = { { name = "x", type = "gauge", value = 1 / 0 } }
    assert.same({}, metrics_of(otlp.render(run, measured.facts()))["lload.x"].gauge.dataPoints)
  end)

  it("knows where collectors listen", function()
    assert.equal("http://c:4318/v1/metrics", otlp.endpoint "http://c:4318")
    assert.equal("http://c:4318/v1/metrics", otlp.endpoint "http://c:4318/")
    assert.equal("http://p/api/v1/otlp/v1/metrics", otlp.endpoint "http://p/api/v1/otlp/v1/metrics")
  end)

  it("reads headers as other exporters do", function()
    assert.same({}, otlp.headers(nil))
    assert.same({ "api-key: a=b c", "x: y" }, otlp.headers "api-key=a=b%20c, x = y")
    for _, wrong in ipairs { "x", "a b=c", "x=a%0d%0aEvil: 1", "=x", ("a=b,"):rep(31) } do
      assert.is_nil(otlp.headers(wrong), wrong)
    end
  end)
end)

describe("lines for InfluxDB", function()
  it("are what they were", function() assert_golden("sink.influx", influx) end)

  it("have a measurement, fields and a time each, whatever names are like", function()
    local text, count = influx.render(measured.run(), measured.facts()), 0
    for line in text:gmatch "([^\n]*)\n" do
      local bare = line:gsub("\\[,= ]", "_")
      assert.truthy(bare:find "^lload_[%w_.]+,[^ ]+ [^ ]+ 1769853603000000000$", line)
      for field in bare:match " ([^ ]+) ":gmatch "[^,]+" do
        assert.truthy(field:find "^[%w_]+=%-?[%d.e+-]+i?$", field)
      end
      count = count + 1
    end
    assert.is_true(count >= 8)
  end)

  it("leave out what the format has no words for", function()
    local run = measured.run()
    run.requests, run.checks = {}, {}
    run.metrics = { { name = "x", type = "gauge", value = 0 / 0 } }
    assert.is_nil(influx.render(run, measured.facts()):find("lload_x", 1, true))
  end)

  it("need an address that can be written to", function()
    assert.is_nil(influx.problem "http://db:8086/api/v2/write?org=o&bucket=b")
    assert.truthy(influx.problem("http://db:8086"):find "needs the path")
    assert.truthy(influx.problem("http://db:8086/write?db=x&precision=ms"):find "precision")
  end)
end)

describe("lines for StatsD", function()
  it("are what they were", function() assert_golden("sink.statsd", statsd) end)

  it("have a name, a value and a type each", function()
    for line in statsd.render(measured.run(), measured.facts()):gmatch "([^\n]*)\n" do
      assert.truthy(line:find "^lload%.[%w_.-]+:%-?[%d.e+-]+|[cg]$", line)
    end
  end)
end)

describe("families", function()
  it("have edges in order, of which a label shows no more than it means", function()
    for _, ladder in ipairs { families.TIMES_MS, families.OTHERS } do
      for index = 2, #ladder do assert.is_true(ladder[index] > ladder[index - 1]) end
    end
  end)
end)

describe("the server of the page", function()
  local now_s = 0
  local server

  before_each(function()
    now_s = 0
    server = page.new(function() return now_s end)
  end)

  local function ask(method, path)
    return server:answer({ method = method, path = path }, measured.run, measured.facts())
  end

  it("answers one path, to be read", function()
    local status, body = ask("GET", "/metrics")
    assert.same({ 200, "# HELP" }, { status, body:sub(1, 6) })
    assert.equal(200, (ask("HEAD", "/metrics")))
    assert.equal(405, (ask("POST", "/metrics")))
    status, body = ask("GET", '/x"\n')
    assert.equal(404, status)
    assert.truthy(cjson.decode(body).error:find("/metrics", 1, true))
  end)

  it("waits as long as scrapes are apart, if there were two", function()
    assert.is_nil(server:patience_s())
    ask("GET", "/metrics")
    ask("GET", "/")
    assert.is_nil(server:patience_s())
    now_s = 4
    ask("GET", "/metrics")
    assert.equal(11, server:patience_s())
    now_s = 1000
    ask("GET", "/metrics")
    assert.equal(30, server:patience_s())
  end)

  it("says that it is at fault when it is", function()
    local status, body = server:answer({ method = "GET", path = "/metrics" },
      function() error "broken" end, measured.facts())
    assert.equal(503, status)
    assert.truthy(cjson.decode(body).error:find "report it")
  end)
end)

describe("sinks", function()
  -- An engine whose senders remember what they got.
  local function world_of(env)
    local world = fake.world { env = env }
    world.opened, world.pushed = {}, {}
    local function sender(name)
      local s = { name = name, report_now = { sent = 0, failed = 0, dropped = 0 } }
      function s:push(body)
        table.insert(world.pushed, { name, body })
        self.report_now.sent = self.report_now.sent + 1
      end
      function s.drain() end
      function s:report() return self.report_now end
      function s.close() end
      world.opened[#world.opened + 1] = s
      return s
    end
    function world.engine.post(url, headers)
      world.headers = headers
      if url:find "^ftp" then return nil, "the URL must begin with http:// or https://" end
      return sender(url)
    end
    function world.engine.datagrams(host, port) return sender(host .. ":" .. port) end
    return world
  end

  local function open(given, env)
    local world = world_of(env)
    local chosen, mistakes = settings.read({ command = "run", given = given }, world.getenv)
    assert.same({}, mistakes)
    local opened, problems = sinks.open(chosen, world)
    return opened, problems, world
  end

  local PLAN = { test = { name = "shop" }, stage = { name = "ramp" }, spec = { tags = {} } }

  local function snapshot()
    return {
      phase = "run", vus = 3, vus_max = 10, elapsed_s = 1, steps = { 1 },
      measured = function(_, ladders)
        assert.is_true(ladders == nil or ladders == families.LADDERS)
        return measured.run()
      end,
      begin_interval = function() end,
    }
  end

  it("are none unless asked for", function()
    local opened, problems, world = open {}
    assert.same({}, problems)
    local run = opened:begin(PLAN, {})
    run:tick {}
    assert.is_nil(run:finish {})
    assert.same({}, world.opened)
  end)

  it("refuse what cannot be, before the run, without its password", function()
    local _, problems = open { influx = "http://u:hush@db:8086/", otlp = "ftp://u:hush@x" }
    assert.equal(2, #problems)
    assert.truthy(problems[1]:find "^%-%-otlp: the URL must" and problems[2]:find "^%-%-influx: ")
    assert.is_nil(table.concat(problems):find "hush")
    _, problems = open({ otlp = "http://x" }, { OTEL_EXPORTER_OTLP_HEADERS = "nonsense" })
    assert.truthy(problems[1]:find "OTEL_EXPORTER_OTLP_HEADERS")
    _, problems = open({ influx = "http://x/write?db=y" }, { LLOAD_INFLUX_TOKEN = "a\r\nb" })
    assert.truthy(problems[1]:find "control character")
  end)

  it("take their keys from the environment, and show none", function()
    local opened, _, world = open({ influx = "http://x/write?db=y&p=hush&q=1" },
      { LLOAD_INFLUX_TOKEN = "secret" })
    assert.equal("Authorization: Token secret", world.headers[2])
    local told = opened:begin(PLAN, {}):finish {}
    assert.same("http://x/write?db=y&p=***&q=1", told[1].to)
  end)

  it("get every interval, and cumulative ones now and then, and all the end", function()
    local opened, _, world = open { statsd = "127.0.0.1:8125", otlp = "http://c:4318" }
    local run, intervals = opened:begin(PLAN, {}), 0
    for _ = 1, 7 do
      local now = snapshot()
      now.begin_interval = function() intervals = intervals + 1 end
      run:tick(now)
    end
    local told = run:finish { measured = snapshot().measured, duration_s = 7, steps = { {} } }
    assert.equal(7, intervals)
    assert.same({ "otlp", 2 }, { told[1].name, told[1].sent })
    assert.same({ "statsd", 8 }, { told[2].name, told[2].sent })
    assert.equal(10, #world.pushed)
  end)

  it("say once that one is down, and when the live block is gone", function()
    local opened, _, world = open { statsd = "127.0.0.1:8125" }
    local run = opened:begin(PLAN, { live = true })
    world.opened[#world.opened].report_now = {
      sent = 0, failed = 2, dropped = 1, problem = "connection\27[2J refused",
    }
    run:tick(snapshot())
    run:tick(snapshot())
    local told = run:finish { measured = snapshot().measured }
    assert.equal("", world.stderr:text())
    run:tell_rest()
    local line = world.stderr:text()
    assert.equal(1, select(2, line:gsub("\n", "")))
    assert.truthy(line:find "%-%-statsd 127%.0%.0%.1:8125: connection.*the run goes on")
    assert.is_nil(line:find "\27")
    assert.same({ 2, 1 }, { told[1].failed, told[1].dropped })
  end)

  it("cannot end a run by a mistake in a format", function()
    local opened, _, world = open { statsd = "127.0.0.1:8125" }
    local run = opened:begin(PLAN, {})
    local broken = snapshot()
    broken.measured = function() return {} end
    run:tick(broken)
    assert.truthy(world.stderr:text():find "report it")
  end)

  it("want addresses that can be", function()
    local world = world_of()
    for given, wrong in pairs { statsd = "x", prometheus = "shop:1", samples = "-", otlp = "" } do
      local _, mistakes = settings.read({ command = "run", given = { [given] = wrong } },
        world.getenv)
      assert.equal(1, #mistakes, given)
      assert.truthy(mistakes[1]:find("--" .. given, 1, true))
    end
  end)
end)
