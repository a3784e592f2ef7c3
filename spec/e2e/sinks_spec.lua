--- Those who are told of a run while it lasts: what they get adds up to the result, and none of
--- them can hurt the run.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local pages = require "lload.analysis.prometheus"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local SCENARIO = [[
local orders, errors = lload.counter "orders", lload.rate "errors"
return {
  name = "the \"shop\"",
  stages = { main = { executor = "constant-vus", vus = 3, duration = "2500ms" } },
  setup = function() http.get "/any/setup" end,
  on_start = function() http.get "/any/start" end,
  journey = function()
    local r = http.get "/slow?ms=20"
    check(r, { ["is ok"] = function(r) return r.status == 200 end })
    errors:add(http.get("/status/503").status ~= 200)
    orders:add(2)
  end,
  teardown = function() http.get "/any/teardown" end,
}]]

-- The sinks of a result, by name.
local function sinks_of(run)
  local by_name = {}
  for _, sink in ipairs(run.result.sinks or {}) do by_name[sink.name] = sink end
  return by_name
end

local function sum_of(texts, pattern)
  local sum = 0
  for _, text in ipairs(texts) do
    for count in text:gmatch(pattern) do sum = sum + tonumber(count) end
  end
  return sum
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = cjson.decode(line) end
  return lines
end

local function curl(...)
  return cli.program({ "curl", "-s", "--max-time", "10", ... }).stdout
end

describe("sinks", function()
  local httpd, receiver

  setup(function()
    httpd, receiver = server.httpd(), server.receiver()
  end)

  teardown(function()
    httpd:stop()
    receiver:stop()
  end)

  before_each(function()
    httpd:reset_counts()
    receiver:received()
  end)

  local function run(args, opts)
    opts = opts or {}
    opts.base_url = httpd.url
    return cli.run_scenario(opts.text or SCENARIO, args, opts)
  end

  it("add up to the result", function()
    local dir = tmp.dir()
    local r = run({
      "--otlp", receiver.url, "--influx", receiver.url .. "/write?db=x&p=hush",
      "--statsd", "127.0.0.1:" .. receiver.udp_port, "--samples", dir .. "/samples.ndjson",
      "--warmup", "500ms", "--tag", "env=ci",
    }, { env = { LLOAD_INFLUX_TOKEN = "secret", OTEL_EXPORTER_OTLP_HEADERS = "x-key=a%20b" } })
    assert.equal(0, r.code, r.stderr)
    local metrics = r.result.metrics
    local requests = metrics.http_reqs.count
    assert.is_true(requests > 100)

    local posts, datagrams, exports = {}, {}, {}
    local function sort_out(got)
      if got.datagram then
        datagrams[#datagrams + 1] = got.datagram
        assert.is_true(#got.datagram <= 1432)
      elseif got.path == "/v1/metrics" then
        exports[#exports + 1] = cjson.decode(got.body)
        assert.equal("a b", got.headers["x-key"])
      else
        posts[#posts + 1] = got.body
        assert.equal("Token secret", got.headers.Authorization)
      end
    end
    process.wait_until(function() -- nobody knows when the last datagram was read
      for _, got in ipairs(receiver:received()) do sort_out(got) end
      return sum_of(datagrams, "lload%.http_req%.[%w_]+%.count:(%d+)|c") >= requests
    end, 20)
    assert.equal(requests, sum_of(posts, "lload_http_req,[^\n]* count=(%d+)i"))
    assert.equal(metrics.iterations.count, sum_of(posts, "lload_iterations,[^\n]* value=(%d+)i"))
    assert.equal(metrics.orders.count, sum_of(posts, "lload_orders,[^\n]* value=(%d+) "))
    assert.equal(metrics.checks.passes, sum_of(posts, "lload_checks,[^\n]* passes=(%d+)i"))
    assert.equal(requests, sum_of(datagrams, "lload%.http_reqs:(%d+)|c"))
    assert.equal(requests, sum_of(datagrams, "lload%.http_req%.[%w_]+%.count:(%d+)|c"))
    assert.equal(metrics.errors.passes, sum_of(datagrams, "lload%.errors%.true:(%d+)|c"))

    local exported, count = exports[#exports].resourceMetrics[1].scopeMetrics[1].metrics, 0
    for _, m in ipairs(exported) do
      if m.name == "lload.http_reqs" then
        for _, point in ipairs(m.sum.dataPoints) do count = count + tonumber(point.asInt) end
      end
    end
    assert.equal(requests, count)

    local samples, failed = lines_of(tmp.read(dir .. "/samples.ndjson")), 0
    assert.equal(requests, #samples)
    for _, sample in ipairs(samples) do failed = failed + (sample.ok and 0 or 1) end
    assert.equal(metrics.http_req_failed.passes, failed)
    for _, sink in pairs(sinks_of(r)) do
      assert.same({ 0, 0 }, { sink.failed, sink.dropped }, sink.name)
    end
    assert.equal(requests, sinks_of(r).samples.sent)
    local valid = cli.program { "/usr/bin/python3", "spec/support/validate_json.py",
      "docs/result.schema.json", r.dir .. "/result.json" }
    assert.equal(0, valid.code, valid.stdout .. valid.stderr)
    assert.is_nil((r.stdout .. r.stderr .. tmp.read(r.dir .. "/result.json")):find "hush")
    assert.is_nil((r.stdout .. r.stderr .. tmp.read(r.dir .. "/result.json")):find "secret")
  end)

  it("hold samples that say what happened, and when", function()
    local path = tmp.dir() .. "/s.ndjson.gz"
    local r = run({ "--samples", path, "-u", "1", "-i", "1" })
    assert.equal(0, r.code, r.stderr)
    local samples = lines_of(cli.program({ "zcat", path }).stdout)
    local parts, first = {}, samples[1]
    for index, sample in ipairs(samples) do parts[index] = sample.part or sample.name end
    assert.same({ "setup", "on_start", "GET /slow", "GET /status/503", "teardown" }, parts)
    assert.same({ 'the "shop"', "main", "GET", 200, true, 0 },
      { first.scenario, first.stage, first.method, first.status, first.ok, first.vu })
    local slow, refused = samples[3], samples[4]
    assert.same({ 1, 1, "default", 1, 1 },
      { slow.vu, slow.iteration, slow.journey, slow.profile, slow.step })
    assert.is_true(slow.waiting >= 20 and slow.duration >= slow.waiting)
    assert.same({ 503, false }, { refused.status, refused.ok })
    assert.is_true(refused.t_ms >= slow.t_ms + 20)
  end)

  it("can all be dead without any harm", function()
    local gone = server.receiver()
    local closed_url, closed_port = gone.url, gone.udp_port
    gone:stop()
    local r = run {
      "--otlp", closed_url, "--influx", receiver.url .. "/status/500?db=x",
      "--statsd", "127.0.0.1:" .. closed_port, "--samples", "/dev/full",
    }
    assert.equal(0, r.code, r.stderr)
    assert.equal(httpd:counts().total, r.result.metrics.http_reqs.count)
    local told = sinks_of(r)
    assert.equal(r.result.metrics.http_reqs.count, told.samples.failed)
    for name, words in pairs {
      otlp = "onnect", influx = "status 500", statsd = "refused", samples = "No space left",
    } do
      assert.is_true(told[name].failed > 0, name)
      assert.truthy(told[name].problem:find(words, 1, true), told[name].problem)
      local _, lines = r.stderr:gsub("lload: %-%-" .. name .. " [^\n]*the run goes on\n", "")
      assert.equal(1, lines, r.stderr)
      assert.truthy(r.stdout:find("\n  " .. name .. " ", 1, true), r.stdout)
    end
  end)

  it("may find somebody who never answers", function()
    local r = run { "--influx", receiver.url .. "/hole?db=x" }
    assert.equal(0, r.code, r.stderr)
    assert.equal(httpd:counts().total, r.result.metrics.http_reqs.count)
    local told = sinks_of(r).influx
    assert.equal(0, told.sent)
    assert.is_true(told.failed + told.dropped >= 2)
    assert.truthy(told.problem)
  end)

  it("are refused before the run when their address is none", function()
    for option, case in pairs {
      ["--otlp"] = { "collector:4318", "http" }, ["--influx"] = { receiver.url, "path" },
      ["--statsd"] = { "127.0.0.1", "8125" }, ["--prometheus"] = { "192.0.2.1:9464", "address" },
      ["--samples"] = { "/no/such/folder/x", "/no/such/folder/x" },
    } do
      local r = run { option, case[1] }
      assert.equal(104, r.code, option .. r.stderr)
      assert.truthy(r.stderr:find(option, 1, true) and r.stderr:find(case[2], 1, true), r.stderr)
    end
    assert.equal(0, httpd:counts().total)
  end)

  describe("on a page for Prometheus", function()
    local function start(...)
      local under_way = cli.start_scenario(SCENARIO, { "--prometheus", "127.0.0.1:0", ... },
        { base_url = httpd.url })
      local url
      assert(process.wait_until(function()
        url = under_way:stderr():match "metrics on (http://127%.0%.0%.1:%d+/metrics)\n"
        return url or not under_way:is_running()
      end, 20) and url, under_way:stderr())
      return under_way, url
    end

    local function counts_on(page)
      local sums, phase = {}, nil
      for _, sample in ipairs(pages.parse(page).samples) do
        sums[sample.name] = (sums[sample.name] or 0) + sample.value
        phase = sample.labels.phase or phase
      end
      return sums, phase
    end

    it("grow, and stay until the last scrape has seen the end", function()
      local under_way, url = start()
      local last, seen = {}, 0
      process.wait_until(function()
        local page = curl(url)
        if page:find "^# HELP" then
          local sums, phase = counts_on(page)
          for name, value in pairs(last) do
            if name:find "_total$" then assert.is_true(sums[name] >= value, name) end
          end
          last, seen = sums, seen + 1
          last.is_final = phase == "over"
        end
        return not under_way:is_running()
      end, 60)
      local r = under_way.finish()
      assert.equal(0, r.code, r.stderr)
      assert.is_true(seen >= 3 and last.is_final)
      local metrics = r.result.metrics
      assert.equal(metrics.http_reqs.count, last.lload_http_reqs_total)
      assert.equal(metrics.http_req_failed.passes, last.lload_http_reqs_failed_total)
      assert.equal(metrics.http_req_duration.count, last.lload_http_req_duration_seconds_count)
      assert.equal(metrics.orders.count, last.lload_orders_total)
      assert.equal(metrics.data_received.count, last.lload_data_received_bytes_total)
    end)

    it("come with the type that Prometheus wants, and to nobody's web page", function()
      local under_way, url = start("--control", "127.0.0.1:0")
      assert(process.wait_until(function() return curl(url):find "^# HELP" end, 20))
      local control = under_way:stderr():match "live control on (http://127%.0%.0%.1:%d+)\n"
      assert.truthy(curl("-i", url):find("Content-Type: text/plain; version=0.0.4", 1, true))
      assert.truthy(curl("-i", "-H", "Host: evil.test", url):find "^HTTP/1.1 403")
      assert.truthy(curl("-i", "-H", "Origin: http://evil.test", url):find "^HTTP/1.1 403")
      assert.truthy(curl("-i", "-X", "POST", url):find "^HTTP/1.1 405")
      assert.truthy(curl(control .. "/v1/status"):find "the \\\"shop\\\"")
      assert.truthy(curl(control .. "/metrics"):find '"error"')
      under_way:signal "INT"
      assert.equal(105, under_way.finish().code)
    end)
  end)
end)
