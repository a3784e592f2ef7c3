--- What outlives a run: --out, its windows.hlog, and lload report on them.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local lfs = require "lfs"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local JOURNEY = [[
return {
  name = "shop",
  stages = { short = { executor = "ramping-vus", start_vus = 2, warmup = "300ms", steps = {
    { duration = "600ms", target = 3 }, { duration = "600ms", target = 1 } } } },
  thresholds = { ["http_req_duration{group:pay}"] = "p(95)<60s" },
  setup = function() http.get "/ok?setup" end,
  journey = function()
    http.get("/slow?ms=" .. lload.random.int(1, 20), { name = "a, b 100%" })
    http.post("/status/503", { name = "POST /broken" })
    own:add(lload.random.int(1, 1000))
    lload.group("pay", function() http.get "/ok" end)
  end,
  teardown = function() http.get "/ok?teardown" end,
}
]]

-- Scenarios use what stands above them; see spec/support/scenario_file.lua.
local SCENARIO = 'local own = lload.trend "own"\n' .. JOURNEY

-- In the order of options.lua and outputs.lua.
local REPORTS = {
  json = "result.json", html = "report.html", junit = "junit.xml", markdown = "summary.md",
  csv = "series.csv",
}

local function result_of(folder)
  return cli.read_json(folder .. "/result.json")
end

local function sum(list, key)
  local total = 0
  for _, item in ipairs(list) do total = total + (item[key] or 0) end
  return total
end

local function validate(...)
  return cli.program {
    "/usr/bin/python3", "spec/support/validate_json.py", "docs/result.schema.json", ...,
  }
end

local function assert_valid(...)
  local r = validate(...)
  assert.equal(0, r.code, r.stdout .. r.stderr)
end

local function files_in(folder)
  local names = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

describe("a stored run", function()
  local httpd, folder, ran

  local function run(text, args, opts)
    opts = opts or {}
    opts.base_url = httpd.url
    return cli.run_scenario(text, args, opts)
  end

  setup(function()
    httpd = server.httpd()
    folder = tmp.dir() .. "/out"
    ran = run(SCENARIO, { "--out", folder })
  end)

  teardown(function()
    httpd:stop()
  end)

  it("has every artifact and nothing else", function()
    expect.code(ran, 0)
    assert.same({
      "junit.xml", "report.html", "result.json", "series.csv", "summary.md", "windows.hlog",
    }, files_in(folder))
  end)

  it("follows its JSON Schema, as the golden results do", function()
    local paths = {}
    for name in lfs.dir "spec/golden" do
      local path = "spec/golden/" .. name
      local text = name:find "%.json$" and tmp.read(path)
      if text and text:find '"schema": "lload/result' then paths[#paths + 1] = path end
    end
    assert.is_true(#paths >= 5)
    assert_valid(folder .. "/result.json", unpack(paths))
  end)

  it("is told from what is no result by the schema", function()
    local dir = tmp.dir()
    for _, text in ipairs { "{}", "[]", '{"schema":"lload/result/1"}' } do
      assert.equal(1, validate(tmp.write(dir, "bad.json", text)).code)
    end
    local result = result_of(folder)
    result.windows[1].requests = "many"
    assert.equal(1, validate(tmp.write(dir, "bad.json", cjson.encode(result))).code)
  end)

  it("sums up over names, steps and windows", function()
    local r = result_of(folder)
    local all = r.metrics.http_reqs.count
    assert.equal(all, sum(r.requests, "count"))
    assert.equal(all, sum(r.windows, "requests") + sum(r.outside, "requests"))
    assert.equal(2, sum(r.outside, "requests"))
    assert.equal(all - 2, sum(r.steps, "count"))
    local failed = r.metrics.http_req_failed.passes
    assert.equal(failed, sum(r.requests, "failed"))
    assert.equal(failed, sum(r.windows, "failed"))
    for metric, key in pairs { data_sent = "sent", data_received = "received" } do
      assert.equal(r.metrics[metric].count, sum(r.requests, metric))
      assert.equal(r.metrics[metric].count, sum(r.windows, key) + sum(r.outside, key))
    end
    local durations = 0
    for _, row in ipairs(r.requests) do
      durations = durations + (row.duration and row.duration.count or 0)
    end
    assert.equal(r.metrics.http_req_duration.count, durations)
    assert.is_true(#r.warmup_windows >= 1 and r.warmup_windows[1].t_s < 0)
    assert.equal(0, r.warmup_windows[#r.warmup_windows].to_s)
  end)

  -- The highest value that shares a bin with these ms: what HdrHistogram says.
  local function highest_equivalent(ms)
    local ns = math.floor(ms * 1e6 + 0.5)
    local width = 64
    while ns >= width * 2048 do width = width * 2 end
    return math.floor(ns / width) * width + width - 1
  end

  local function assert_same_trend(trend, decoded, series)
    assert.truthy(decoded, series)
    assert.equal(trend.count, decoded.count, series)
    for key, name in pairs {
      med = "p50", ["p(90)"] = "p90", ["p(95)"] = "p95", ["p(99)"] = "p99", ["p(99.9)"] = "p99.9",
    } do
      assert.equal(highest_equivalent(trend[key]), decoded[name], series .. " " .. name)
    end
  end

  it("says the same to HdrHistogram's own reader", function()
    if not tmp.read "spec/npm/node_modules/hdr-histogram-js/package.json" then
      io.stderr:write("\nNOT CHECKED: windows.hlog against hdr-histogram-js, as npm could not ",
        "install it; see scripts/install-npm-deps\n")
      return pending "hdr-histogram-js is not installed"
    end
    local r = cli.program { "node", "spec/npm/read_hlog.js", folder .. "/windows.hlog" }
    assert.equal(0, r.code, r.stderr)
    local result, series = result_of(folder), cjson.decode(r.stdout).series
    for name, metric in pairs(result.metrics) do
      if metric.type == "trend" then assert_same_trend(metric, series[name], name) end
    end
    for _, row in ipairs(result.requests) do
      local tag = ("{name:%s}"):format((row.name:gsub("[ ,%%]", function(c)
        return ("%%%02X"):format(c:byte())
      end)))
      for _, key in ipairs { "duration", "failed_duration" } do
        if row[key] then
          assert_same_trend(row[key], series["http_req_" .. key .. tag], row.name)
        end
      end
    end
    for _, step in ipairs(result.steps) do
      local tag = ("http_req_duration{step:%d}"):format(step.step)
      assert_same_trend(step.duration, series[tag], tag)
    end
    assert.truthy(series["http_req_duration{group:pay}"])
    assert.truthy(series["iteration_duration{journey:default}"])
  end)

  it("renders again byte for byte, from the file and from the folder", function()
    for _, stored in ipairs { folder, folder .. "/result.json" } do
      local dir, args = tmp.dir(), { "report", stored, "-q" }
      for option, file in pairs(REPORTS) do
        args[#args + 1] = ("--%s=%s/%s"):format(option, dir, file)
      end
      expect.code(cli.run(args), 0)
      for _, file in pairs(REPORTS) do
        assert.equal(tmp.read(folder .. "/" .. file), tmp.read(dir .. "/" .. file), file)
      end
    end
  end)

  describe("judged by other thresholds", function()
    local function judge(...)
      local args = { "report", folder, "--json", tmp.dir() .. "/r.json" }
      for _, text in ipairs { ... } do
        args[#args + 1], args[#args + 2] = "--threshold", text
      end
      local r = cli.run(args)
      return r, r.code ~= 104 and cjson.decode(tmp.read(args[4]))
    end

    it("uses what the result has, and the windows for what it has not", function()
      local r, judged = judge("http_req_duration: p(95)<60s", "http_req_duration: p(42)<60s",
        "http_req_duration{name:a, b 100%}: p(33)<60s", "http_req_waiting{name:GET /ok}: avg<60s",
        "http_req_duration{step:2}: p(51)<60s", "http_req_duration{group:pay}: p(77)<60s",
        "own: p(12.5)>=1", "http_req_failed{name:POST /broken}: rate==1", "http_reqs: count>3",
        "iterations{journey:default}: count>0", "http_req_duration: p(95)<60s over 1s",
        "http_req_failed: rate>0 over 1s", "http_req_duration{stage:short}: max<60s")
      expect.code(r, 0)
      assert.equal("passed", judged.verdict)
      local result = result_of(folder)
      assert.equal(13, #judged.thresholds)
      assert.equal(result.metrics.http_req_duration["p(95)"], judged.thresholds[1].actual)
      assert.is_true(judged.thresholds[2].actual <= result.metrics.http_req_duration.med)
      for _, t in ipairs(judged.thresholds) do assert.is_true(t.data and t.ok, t.expression) end
    end)

    it("fails with 99 and says so in every report", function()
      local r, judged = judge("http_req_duration: p(50)<1us")
      expect.code(r, 99)
      assert.equal("failed", judged.verdict)
      assert.matches("FAIL  http_req_duration", r.stdout)
    end)

    it("has no data for what was never asked, which fails", function()
      local r, judged = judge("http_req_duration{name:GET /never}: p(95)<1s", "checks: rate>0.1")
      expect.code(r, 99)
      for _, t in ipairs(judged.thresholds) do assert.is_false(t.data) end
    end)

    it("says what cannot be judged, and what is no threshold", function()
      for threshold, why in pairs {
        ["http_req_duration{page:cart}: p(95)<1s"] = "cannot be judged by what is stored",
        ["data_sent: count>1 over 1s"] = "http_reqs and http_req_failed of each window",
        ["nothing: count>1"] = 'unknown metric "nothing"',
        ["http_req_duration: p(95)>>1"] = "--threshold",
      } do
        local r = judge(threshold)
        expect.code(r, 104)
        expect.says(r, why)
      end
    end)

    it("needs the windows of the same run", function()
      local dir = tmp.dir()
      tmp.write(dir, "result.json", tmp.read(folder .. "/result.json"))
      local args = { "report", dir, "--threshold", "http_req_duration: p(42)<60s" }
      local r = cli.run(args)
      expect.code(r, 104)
      expect.says(r, "there is no windows.hlog beside the result")
      local log = tmp.read(folder .. "/windows.hlog")
      tmp.write(dir, "windows.hlog", (log:gsub("StartTime: %d+", "StartTime: 1234")))
      r = cli.run(args)
      expect.code(r, 104)
      expect.says(r, "windows.hlog: is of another run")
      tmp.write(dir, "windows.hlog", log)
      expect.code(cli.run(args), 0)
    end)

    it("refuses broken windows with the line", function()
      local log = tmp.read(folder .. "/windows.hlog")
      for text, why in pairs {
        [log:sub(1, -20)] = "the line is cut off",
        ["hello\n"] = "it is not an interval log of HdrHistogram",
        [log:gsub("(Tag=http_req_duration,[^\n]*HISTF)[^\n]*", "%1AAA!")] = "is not base64",
        [log:gsub("(Tag=http_req_duration,[^\n]*HIST)[^\n]*", "%1FAAAAAQAAAAA")] =
          "cannot be unpacked",
      } do
        local dir = tmp.dir()
        tmp.write(dir, "result.json", tmp.read(folder .. "/result.json"))
        tmp.write(dir, "windows.hlog", text)
        local r = cli.run { "report", dir, "--threshold", "http_req_duration: p(42)<60s" }
        expect.code(r, 104)
        expect.says(r, "windows.hlog", why)
      end
    end)
  end)

  it("leaves the old file when the disk is full, and says so", function()
    local dir = tmp.dir() .. "/out"
    expect.code(run(SCENARIO, { "--out", dir }), 0)
    local before = {}
    for _, name in ipairs(files_in(dir)) do before[name] = tmp.read(dir .. "/" .. name) end
    local scenario = tmp.write(tmp.dir(), "shop.lua",
      'local lload = require "lload" local http = lload.http\n' .. SCENARIO)
    -- 2 KiB: less than any report but the table of windows.
    local r = cli.program({ "/bin/sh", "-c", 'ulimit -f 4; exec "$@"', "sh",
      require("spec.support.binaries").lload(), "run", scenario, "--base-url", httpd.url,
      "--out", dir, "-q" }, {})
    expect.code(r, 70)
    expect.says(r, "windows.hlog: File too large", "result.json: File too large")
    for _, name in ipairs { "result.json", "report.html", "windows.hlog" } do
      assert.equal(before[name], tmp.read(dir .. "/" .. name), name)
    end
    assert.equal(6, #files_in(dir))
    assert.matches("<error ", tmp.read(dir .. "/junit.xml")) -- small enough to be written
    expect.prints(r, "ERROR (exit 70): internal error of lload: cannot write ")
  end)

  it("is whole or the old one when the run is killed", function()
    local dir = tmp.dir()
    tmp.write(dir, "windows.hlog", "old")
    local scenario = tmp.write(tmp.dir(), "long.lua", [[
return { stages = { long = { executor = "constant-vus", vus = 2, duration = "60s" } },
  journey = function() require("lload").http.get "/slow?ms=5" end }]])
    local started = cli.start { "run", scenario, "--base-url", httpd.url, "--out", dir, "-q" }
    local deadline, partial = os.time() + 30, ""
    while os.time() < deadline and not partial:find "\nTag=" do
      cli.program { "sleep", "0.1" }
      partial = tmp.read(dir .. "/windows.hlog.partial") or ""
    end
    started:kill()
    assert.equal("old", tmp.read(dir .. "/windows.hlog"))
    partial = tmp.read(dir .. "/windows.hlog.partial")
    assert.matches("^#%[Histogram log format", partial)
    assert.matches("\nTag=http_req_duration,0.0", partial)
    assert.equal("\n", partial:sub(-1))
    expect.code(run(SCENARIO, { "--out", dir, "-q" }), 0)
    assert.is_nil(lfs.attributes(dir .. "/windows.hlog.partial"))
  end)

  it("can go to any place, standard output and devices included", function()
    local path = tmp.dir() .. "/w.hlog"
    expect.code(run(SCENARIO, { "--hlog", path, "-q" }), 0)
    assert.matches("\nTag=http_req_duration,", tmp.read(path))
    local r = run(SCENARIO, { "--hlog", "-", "-q" })
    expect.code(r, 0)
    assert.matches("^#%[Histogram log format version 1.3%]\n", r.stdout)
    assert.is_nil(r.stdout:find("PASSED", 1, true))
    r = run(SCENARIO, { "--hlog", "/dev/full", "-q" })
    assert.equal(70, r.code)
    expect.says(r, "cannot write /dev/full: No space left on device")
    r = run(SCENARIO, { "--hlog", path .. "/below", "-q" })
    assert.equal(104, r.code)
    local both = tmp.dir()
    expect.code(run(SCENARIO, { "--hlog", path, "--out", both, "-q" }), 0)
    assert.equal(tmp.read(both .. "/windows.hlog"), tmp.read(path))
  end)

  it("has a folder for each of several scenarios, which report takes together", function()
    local dir, out = tmp.dir(), tmp.dir()
    local args = { "run", "--base-url", httpd.url, "--out", out, "-q" }
    for _, name in ipairs { "one", "two" } do
      args[#args + 1] = tmp.write(dir, name .. ".lua",
        'return { journey = function() require("lload").http.get "/ok" end }')
    end
    expect.code(cli.run(args), 0)
    assert.same({ "one", "two" }, files_in(out))
    assert.truthy(tmp.read(out .. "/two/windows.hlog"))
    local together = tmp.dir() .. "/r.json"
    local r = cli.run { "report", out, "--json", together, "-q", "--threshold",
      "http_req_duration: p(42)<60s" }
    expect.code(r, 0)
    assert.equal(2, #cjson.decode(tmp.read(together)).runs)
    assert_valid(together)
    args[#args + 1], args[#args + 2] = "--hlog", dir .. "/w.hlog"
    r = cli.run(args)
    expect.code(r, 104)
    expect.says(r, "--hlog holds one run")
  end)

  it("is sound whatever little happened", function()
    local long = ("x"):rep(200)
    local cases = {
      ["aborted in setup"] = { 108, 'return { setup = function() lload.abort "no" end, '
        .. "journey = function() end }" },
      ["without requests"] = { 0, "return { journey = function() lload.think(0.01) end }" },
      ["of a second"] = { 0, "return { stages = { s = { executor = 'constant-vus', vus = 1, "
        .. "duration = '1s' } }, journey = function() http.get '/slow?ms=50' end }" },
      ["with long names"] = { 0, ([[return {
        stages = { s = { executor = "per-vu-iterations", vus = 2, iterations = 260 } },
        journey = function(vu)
          local n = vu.iteration + 260 * (vu.id - 1)
          http.get("/ok", { name = ("%%03d "):format(n) .. "%s" }) end }]]):format(long) },
    }
    for what, case in pairs(cases) do
      local dir = tmp.dir()
      local r = run(case[2], { "--out", dir, "-q" })
      assert.equal(case[1], r.code, what .. "\n" .. r.stderr)
      assert_valid(dir .. "/result.json")
      local again = tmp.dir()
      r = cli.run { "report", dir, "-q", "--html", again .. "/h", "--csv", again .. "/c" }
      expect.code(r, 0)
      assert.equal(tmp.read(dir .. "/report.html"), tmp.read(again .. "/h"), what)
      assert.equal(tmp.read(dir .. "/series.csv"), tmp.read(again .. "/c"), what)
      local log = tmp.read(dir .. "/windows.hlog")
      assert.matches("^#%[Histogram log format version 1.3%]\n", log, what)
      assert.equal("\n", log:sub(-1), what)
    end
  end)

  it("refuses what is no result", function()
    local dir, newer = tmp.dir(), result_of(folder)
    newer.schema = "lload/result/2"
    for text, why in pairs {
      [tmp.read(folder .. "/result.json"):sub(1, 500)] = "perhaps cut off",
      ["{}"] = "it is not a result of lload",
      [cjson.encode(newer)] = "written by a newer lload (schema lload/result/2)",
    } do
      tmp.write(dir, "result.json", text)
      for _, path in ipairs { dir, dir .. "/result.json" } do
        local r = cli.run { "report", path }
        expect.code(r, 104)
        expect.says(r, why)
      end
    end
    local r = cli.run { "report", tmp.dir() }
    expect.code(r, 104)
    expect.says(r, "has no result.json")
  end)
end)
