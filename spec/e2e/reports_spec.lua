--- Reports: result.json, JUnit, several files with one verdict, what goes to which stream.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local PLAIN = [[
return {
  journey = function() check(http.get "/ok", { ["is ok"] = function(r) return r.ok end }) end,
}
]]
local FAILS = [[
return { thresholds = { http_reqs = "count>99" }, journey = function() http.get "/ok" end }
]]
local RAISES = [[
return { journey = function() http.get "/ok" error "boom" end }
]]

local ESCAPE = "\27"

local function xmllint(path, ...)
  return cli.program { "xmllint", "--noout", "--nonet", path, ... }
end

-- What an XPath expression gives: a number, a text.
local function xpath(path, expression)
  local r = cli.program { "xmllint", "--nonet", "--xpath", expression, path }
  return (r.stdout:gsub("\n$", ""))
end

local function assert_well_formed(path)
  local r = xmllint(path)
  assert.equal(0, r.code, r.stderr)
end

describe("reports", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  local function run(text, args, opts)
    opts = opts or {}
    opts.base_url = httpd.url
    return cli.run_scenario(text, args, opts)
  end

  describe("result.json", function()
    it("has the keys of its schema, and no null", function()
      local r = run([[
return {
  name = "the scenario",
  stages = { steps = { executor = "ramping-vus", start_vus = 2, steps = {
    { duration = "600ms", target = 2 }, { duration = "600ms", target = 3 } } } },
  thresholds = { http_req_duration = "p(95)<5000" },
  journey = function()
    check(http.get "/slow?ms=20", { ["is ok"] = function(r) return r.ok end })
    http.get "/status/500"
  end,
}]])
      expect.code(r, 0)
      local j = r.result
      assert.equal("lload/result/1", j.schema)
      assert.matches("^%d+%.%d+%.%d+", j.lload)
      assert.equal("passed", j.verdict)
      assert.equal("the scenario", j.scenario.name)
      assert.equal("steps", j.scenario.stage)
      assert.matches("scenario%.lua$", j.scenario.file)
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", j.started)
      assert.is_true(j.duration_s >= 1.1 and j.duration_s < 20)
      assert.equal("table", type(j.machine))
      assert.matches("^[a-z]+$", j.validity.verdict)
      assert.equal("table", type(j.validity.reasons))
      for _, key in ipairs {
        "requests", "steps", "checks", "errors", "windows", "script_errors", "journeys",
      } do
        assert.equal("table", type(j[key]), key)
      end
      assert.is_nil(tmp.read(r.dir .. "/result.json"):find("null", 1, true))
    end)

    it("has every built-in metric of its kind", function()
      local r = run([[
return { journey = function() http.get "/slow?ms=20" end }
]], { "-u", "2", "-d", "500ms" })
      local m = r.result.metrics
      for _, name in ipairs { "http_reqs", "iterations", "data_sent", "data_received" } do
        assert.equal("counter", m[name].type, name)
        assert.is_true(m[name].count > 0 and m[name].rate > 0, name)
      end
      assert.equal("rate", m.http_req_failed.type)
      assert.equal(0, m.http_req_failed.rate)
      assert.equal("gauge", m.vus.type)
      assert.equal(2, m.vus.max)
      for _, name in ipairs {
        "http_req_duration", "http_req_blocked", "http_req_connecting", "http_req_sending",
        "http_req_waiting", "http_req_receiving", "iteration_duration",
      } do
        local t = m[name]
        assert.equal("trend", t.type, name)
        for _, key in ipairs {
          "count", "avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)",
        } do
          assert.equal("number", type(t[key]), name .. " " .. key)
        end
        assert.is_true(t.min <= t.med and t.med <= t["p(95)"] and t["p(95)"] <= t["p(99.9)"], name)
      end
      assert.is_true(m.http_req_duration.min >= 19)
      assert.is_true(m.data_received.count >= m.http_reqs.count * 5)
    end)

    it("has the rows of requests, steps, checks and windows", function()
      local r = run([[
return {
  stages = { steps = { executor = "ramping-vus", start_vus = 2, steps = {
    { duration = "1s", target = 2 }, { duration = "1200ms", target = 4 } } } },
  journey = function()
    check(http.get "/slow?ms=20", { ["is ok"] = function(r) return r.ok end })
  end,
}]])
      local row = expect.request(r, "GET /slow")
      assert.is_true(row.count > 10 and row.rate > 0)
      assert.equal(row.count, row.duration.count)
      assert.is_true(row.duration.med >= 19)
      assert.equal("number", type(row.phases.waiting.avg))
      assert.same({ ["200"] = row.count }, row.status)

      local steps = r.result.steps
      assert.equal(2, #steps)
      local counted = 0
      for i, step in ipairs(steps) do
        assert.equal("steps", step.stage)
        assert.equal(i, step.step)
        assert.is_true(step.to_s > step.from_s)
        assert.is_true(step.rps > 0)
        counted = counted + step.duration.count
      end
      assert.near(1, steps[2].from_s, 0.2)
      assert.equal(row.count, counted)

      local passed = r.result.checks[1]
      assert.equal("is ok", passed.name)
      assert.equal(row.count, passed.passes)
      assert.is_true(#r.result.windows >= 2)
      assert.equal("number", type(r.result.windows[1].t_s))
      assert.equal("number", type(r.result.windows[1].rps))
    end)

    it("goes alone to standard output with --json -", function()
      local path = cli.scenario(PLAIN)
      local r = cli.run { "run", path, "-i", "2", "--base-url", httpd.url, "--json", "-" }
      expect.code(r, 0)
      assert.equal("lload/result/1", cjson.decode(r.stdout).schema)
    end)

    it("is written when the run fails or raises, too", function()
      assert.equal(99, run(FAILS).result.exit_code)
      assert.equal(107, run(RAISES).result.exit_code)
    end)
  end)

  describe("JUnit", function()
    local function junit(text, args)
      local r = run(text, args)
      local path = r.dir .. "/junit.xml"
      assert_well_formed(path)
      return path, r
    end

    it("has a suite a file, a case a threshold and the case `run`", function()
      local path = junit [[
return {
  name = "the shop",
  thresholds = {
    http_reqs = "count>0",
    ["http_req_duration{name:GET /ok}"] = { "p(95)<5000", "max<5000" },
  },
  journey = function() http.get "/ok" end,
}]]
      assert.equal("1", xpath(path, "count(//testsuite)"))
      assert.equal("the shop", xpath(path, "string(//testsuite/@name)"))
      assert.equal("4", xpath(path, "count(//testcase)"))
      assert.equal("1", xpath(path, "count(//testcase[@name='run'])"))
      assert.equal("0", xpath(path, "count(//failure) + count(//error)"))
      assert.equal("0", xpath(path, "count(//testcase[not(@classname) or not(@time)])"))
      assert.equal("4", xpath(path, "string(//testsuite/@tests)"))
      assert.equal("true", xpath(path, "boolean(//properties/property)"))
    end)

    it("fails with a failure for 99, in `run` and in the threshold", function()
      local path = junit(FAILS)
      assert.equal("1", xpath(path, "count(//testcase[@name='run']/failure)"))
      assert.equal("2", xpath(path, "count(//failure)"))
      assert.equal("0", xpath(path, "count(//error)"))
      local told = "//testcase[@name!='run']/failure[@message!='' and text()!='']"
      assert.equal("1", xpath(path, ("count(%s)"):format(told)))
      assert.equal("2", xpath(path, "string(//testsuite/@failures)"))
    end)

    it("fails with an error for any other exit", function()
      local path = junit(RAISES)
      assert.equal("1", xpath(path, "count(//testcase[@name='run']/error)"))
      assert.truthy(tmp.read(path):find("boom", 1, true))
      path = junit [[
return { journey = function() http.get "/ok" lload.abort "enough" end }
]]
      assert.equal("1", xpath(path, "count(//testcase[@name='run']/error)"))
    end)

    it("keeps class and name the same from run to run", function()
      local first, second = junit(FAILS), junit(FAILS)
      for _, attribute in ipairs { "classname", "name" } do
        local wanted = ("string(//testcase[@name!='run']/@%s)"):format(attribute)
        assert.equal(xpath(first, wanted), xpath(second, wanted))
      end
    end)
  end)

  describe("with hostile names", function()
    local TEXT = [==[
local evil = 'a<b>&"c\'d\1\8\11\27[31m\r\n]]> \195\169 \255\254 </testcase><!--'
return {
  name = [=[<script>alert("x")</script> & ../..]=],
  thresholds = { checks = "rate>0.5", http_reqs = "count>99" },
  journey = function()
    local r = http.get("/ok", { name = evil })
    check(r, { [evil] = function() return true end })
    check(r, { ["\239\191\191 \240\159\146\165"] = function() return false end })
    error(evil)
  end,
}]==]

    it("stay well-formed", function()
      local r = run(TEXT, { "-i", "2" })
      expect.code(r, 107)
      assert_well_formed(r.dir .. "/junit.xml")
      local utf8 = cli.program { "iconv", "-f", "UTF-8", "-t", "UTF-8", r.dir .. "/result.json" }
      assert.equal(0, utf8.code, utf8.stderr)
      expect.total(r, 2)
      assert.is_nil((r.stdout .. r.stderr):find(ESCAPE .. "[31m", 1, true))
    end)

    it("do not lead out of the folder of --out", function()
      local out = tmp.dir()
      local inner = out .. "/inner"
      local args = { "run" }
      for i = 1, 2 do
        args[#args + 1] = cli.scenario(([[
return { name = "../../evil/%d", journey = function() http.get "/ok" end }
]]):format(i))
      end
      for _, word in ipairs { "--base-url", httpd.url, "--out", inner } do
        args[#args + 1] = word
      end
      expect.code(cli.run(args), 0)
      assert.same({ "inner" }, tmp.list(out))
      assert.equal(2, #tmp.list(inner))
    end)
  end)

  describe("of several files", function()
    local function several(args)
      local all = { "run" }
      for _, case in ipairs { { "first", PLAIN }, { "second", FAILS }, { "third", PLAIN } } do
        local text = case[2]:gsub("return {", ('return { name = "%s",'):format(case[1]), 1)
        all[#all + 1] = cli.scenario(text, case[1] .. ".lua")
      end
      for _, word in ipairs { "--base-url", httpd.url, unpack(args) } do
        all[#all + 1] = word
      end
      return cli.run(all)
    end

    it("make one verdict", function()
      local dir = tmp.dir()
      local r = several { "--json", dir .. "/all.json", "--junit", dir .. "/all.xml" }
      expect.code(r, 99)
      local j = cli.read_json(dir .. "/all.json")
      assert.equal("lload/results/1", j.schema)
      assert.equal("failed", j.verdict)
      assert.equal(99, j.exit_code)
      local codes = {}
      for i, one in ipairs(j.runs) do
        assert.equal("lload/result/1", one.schema)
        codes[i] = one.exit_code
      end
      assert.same({ 0, 99, 0 }, codes)
      assert_well_formed(dir .. "/all.xml")
      assert.equal("3", xpath(dir .. "/all.xml", "count(//testsuite)"))
      assert.equal("3", xpath(dir .. "/all.xml", "count(//testcase[@name='run'])"))
      assert.equal("1", xpath(dir .. "/all.xml", "count(//testcase[@name='run']/failure)"))
    end)

    it("have a folder each in --out", function()
      local out = tmp.dir() .. "/reports"
      expect.code(several { "--out", out }, 99)
      assert.same({ "first", "second", "third" }, tmp.list(out))
      for _, name in ipairs { "first", "second", "third" } do
        assert.equal(name, cli.read_json(("%s/%s/result.json"):format(out, name)).scenario.name)
        assert_well_formed(("%s/%s/junit.xml"):format(out, name))
      end
    end)
  end)

  it("of --out hold every artifact of one file", function()
    local out = tmp.dir() .. "/new/folder"
    expect.code(run(PLAIN, { "--out", out }), 0)
    assert.equal("lload/result/1", cli.read_json(out .. "/result.json").schema)
    assert_well_formed(out .. "/junit.xml")
  end)

  it("are rendered again from a stored result", function()
    local r = run(FAILS)
    local again = r.dir .. "/again.xml"
    cli.run { "report", r.dir .. "/result.json", "--junit", again }
    assert_well_formed(again)
    assert.equal(r.junit, tmp.read(again))
  end)

  describe("on the console", function()
    it("name the verdict, thresholds, requests, checks and errors on standard output", function()
      local r = run([[
return {
  thresholds = { http_reqs = "count>99" },
  journey = function()
    check(http.get "/any/shown", { ["shown check"] = function() return false end })
    http.get "/reset"
  end,
}]], { "-i", "2" })
      expect.code(r, 99)
      for _, text in ipairs {
        "FAIL", "http_reqs", "GET /any/shown", "shown check", "reset", "p95", "count>99",
      } do
        assert.truthy(r.stdout:find(text, 1, true), text .. " is not in\n" .. r.stdout)
      end
      assert.truthy(run(PLAIN).stdout:find("PASS", 1, true))
    end)

    it("have no colours or repaints where there is no terminal", function()
      local r = run(PLAIN, { "-d", "1s" })
      assert.is_nil((r.stdout .. r.stderr):find(ESCAPE, 1, true))
      assert.is_nil((r.stdout .. r.stderr):find("\r", 1, true))
    end)

    it("keep progress to standard error", function()
      local path = cli.scenario(PLAIN)
      local words = { "-d", "1500ms", "--base-url", httpd.url, "--json", "-", "-v" }
      local r = cli.run { "run", path, unpack(words) }
      expect.code(r, 0)
      assert.equal("passed", cjson.decode(r.stdout).verdict)
    end)

    -- script(1) gives the program a terminal for all its streams.
    local function on_terminal(env)
      local path = cli.scenario(PLAIN)
      local command = ("exec '%s' run '%s' -d 1200ms --base-url %s"):format(
        require("spec.support.binaries").lload(), path, httpd.url)
      return cli.program({ "script", "-qec", command, "/dev/null" }, { env = env, timeout = 30 })
    end

    it("show progress on a terminal", function()
      local r = on_terminal { TERM = "xterm", LC_ALL = "C" }
      expect.code(r, 0)
      assert.truthy(r.stdout:find("\r", 1, true))
      assert.truthy(r.stdout:find("PASS", 1, true))
      assert.matches("req/s  [_.=+*#@-]+  at most %d", r.stdout)
      assert.matches("p95    [_.=+*#@-]+  at most %d",
        r.stdout:match("^(.*)\n[^\n]* · stage ") or "")
      r = on_terminal { TERM = "xterm", LC_ALL = "C.UTF-8" }
      expect.code(r, 0)
      assert.truthy(r.stdout:find("█", 1, true))
    end)

    it("have no colours with NO_COLOR, and no escapes at all on a dumb terminal", function()
      local r = on_terminal { TERM = "xterm", NO_COLOR = "1" }
      expect.code(r, 0)
      assert.is_nil(r.stdout:find(ESCAPE .. "%[[%d;]*m"))
      r = on_terminal { TERM = "dumb" }
      expect.code(r, 0)
      assert.is_nil(r.stdout:find(ESCAPE, 1, true))
    end)

    it("are one verdict line with -q", function()
      local r = run(PLAIN, { "-q" })
      expect.code(r, 0)
      local _, lines = r.stdout:gsub("\n", "")
      assert.is_true(lines <= 2, r.stdout)
    end)
  end)
end)
