--- Every exit code, and what is said with it. Bad input is found before the first request.
local binaries = require "spec.support.binaries"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local PLAIN = [[
return { journey = function() http.get "/ok" end }
]]

describe("exit code", function()
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
    opts.base_url = opts.base_url == nil and httpd.url or opts.base_url
    return cli.run_scenario(text, args, opts)
  end

  -- Exit code 104 with these words on standard error, and no request.
  local function refused(text, words, args, opts)
    local r = run(text, args, opts)
    expect.code(r, 104)
    expect.says(r, unpack(words))
    assert.equal(0, httpd:counts().total)
    return r
  end

  describe("0", function()
    it("is a run in which nothing went wrong", function()
      local r = run(PLAIN, { "-i", "3" })
      expect.code(r, 0)
      assert.equal("passed", r.result.verdict)
    end)

    it("is a run whose thresholds hold", function()
      local r = run([[
return {
  thresholds = {
    http_req_failed = "rate<0.5", http_reqs = { "count==3", "count>=1" }, checks = "rate==1",
  },
  journey = function() check(http.get "/ok", { ok = function(r) return r.status == 200 end }) end,
}]], { "-i", "3" })
      expect.code(r, 0)
      assert.equal(4, #r.result.thresholds)
      for _, t in ipairs(r.result.thresholds) do
        assert.is_true(t.ok)
      end
    end)

    it("is help, version and the table of exit codes", function()
      expect.code(cli.run { "help" }, 0)
      local version = cli.run { "version" }
      expect.code(version, 0)
      assert.matches("%d+%.%d+%.%d+", version.stdout)
      local codes = cli.run { "help", "exit-codes" }
      expect.code(codes, 0)
      for _, code in ipairs { 0, 2, 70, 98, 99, 100, 101, 104, 105, 107, 108 } do
        assert.matches("%f[%d]" .. code .. "%f[%D]", codes.stdout)
      end
    end)
  end)

  describe("2", function()
    it("is an unknown option, and the nearest one is named", function()
      local path = cli.scenario(PLAIN)
      local r = cli.run { "run", path, "--stagee", "smoke" }
      expect.code(r, 2)
      expect.line(r, "--stagee", "--stage")
      r = cli.run { "run", path, "--thread", "2" }
      expect.code(r, 2)
      expect.line(r, "--threads")
    end)

    it("is an option without its value", function()
      local r = cli.run { "run", cli.scenario(PLAIN), "--stage" }
      expect.code(r, 2)
      expect.says(r, "--stage")
    end)

    it("is an unknown command", function()
      local r = cli.run { "rnu", cli.scenario(PLAIN) }
      expect.code(r, 2)
      expect.says(r, "rnu")
    end)

    it("is a run without a file", function()
      expect.code(cli.run { "run" }, 2)
    end)

    it("is a command that does not exist yet, and help does not promise it", function()
      local help = cli.run({ "help" }).stdout
      for _, command in ipairs { "completion" } do
        expect.code(cli.run { command, "x" }, 2)
        assert.is_nil(help:find("%f[%w]lload " .. command), command .. " is in the help")
      end
    end)
  end)

  describe("70", function()
    -- Runs lload with its standard output redirected by the shell.
    local function redirected(redirection, ...)
      return cli.program { "sh", "-c", 'exec "$@" ' .. redirection, "sh", binaries.lload(), ... }
    end

    it("is a summary that nobody can read", function()
      local path = cli.scenario(PLAIN)
      for _, redirection in ipairs { ">/dev/full", ">&-" } do
        for _, more in ipairs { "--no-color", "-q" } do
          local r = redirected(redirection, "run", path, "--base-url", httpd.url, more)
          expect.code(r, 70)
          expect.says(r, "cannot write to standard output")
        end
      end
      expect.code(redirected(">/dev/full", "version"), 70)
    end)

    it("gives way to what else went wrong", function()
      local path = cli.scenario(PLAIN)
      expect.code(redirected(">/dev/full", "run", path, "--base-url", httpd.url,
        "--threshold", "http_reqs: count>99"), 99)
    end)

    it("is a report that could not be written after all", function()
      local r = cli.run { "run", cli.scenario(PLAIN), "--base-url", httpd.url,
        "--json", "/dev/full" }
      expect.code(r, 70)
      expect.says(r, "cannot write /dev/full")
    end)
  end)

  describe("99", function()
    it("is a failed threshold, which is named with its value", function()
      local r = run([[
return { thresholds = { http_reqs = "count>1000" }, journey = function() http.get "/ok" end }
]], { "-i", "3" })
      expect.code(r, 99)
      assert.equal("failed", r.result.verdict)
      local t = r.result.thresholds[1]
      assert.is_false(t.ok)
      assert.equal("http_reqs", t.metric)
      assert.equal(3, t.actual)
    end)

    it("is a failed threshold from the command line", function()
      local r = run(PLAIN, { "-i", "2", "--threshold", "http_req_duration: p(95)<0.000001" })
      expect.code(r, 99)
    end)

    it("is a threshold without data, unless it says otherwise", function()
      local text = [[
return {
  thresholds = { ["http_req_duration{name:GET /never}"] = %s },
  journey = function() http.get "/ok" end,
}]]
      local r = run(text:format '"p(95)<1000"', { "-i", "1" })
      expect.code(r, 99)
      assert.is_false(r.result.thresholds[1].data)
      r = run(text:format '{ "p(95)<1000", on_no_data = "pass" }', { "-i", "1" })
      expect.code(r, 0)
    end)

    it("is a counter that never had a sample: by tag, or the script's own", function()
      local r = run [[
local orders = lload.counter "orders"
return {
  thresholds = {
    orders = { "count>=0", "count<1" },
    ["http_reqs{kind:never}"] = { "count>=0", "count<1" },
    ["http_reqs{name:GET /never}"] = "rate>=0",
  },
  journey = function() http.get "/ok" if false then orders:add(1) end end,
}]]
      expect.code(r, 99)
      assert.equal(5, #r.result.thresholds)
      for _, t in ipairs(r.result.thresholds) do
        assert.same({ t.expression, false, false }, { t.expression, t.ok, t.data })
        assert.is_nil(t.actual)
      end
    end)

    it("is not a built-in counter at 0, nor one that was given 0: these are data", function()
      local r = run([[
local orders = lload.counter "orders"
return {
  thresholds = {
    http_reqs = { "count>=0", "count==0" }, iteration_errors = "count==0",
    orders = "count==0",
  },
  journey = function() orders:add(0) think(0.001) end,
}]], { "-i", "2" })
      expect.code(r, 0)
      assert.equal(4, #r.result.thresholds)
      for _, t in ipairs(r.result.thresholds) do
        assert.same({ t.expression, true, true, 0 }, { t.expression, t.ok, t.data, t.actual })
      end
    end)

    it("is a run in which every request failed, even without thresholds", function()
      local r = run([[
return { journey = function() http.get "/status/500" end }
]], { "-i", "3" })
      expect.code(r, 99)
      assert.equal("failed", r.result.verdict)
    end)

    it("stops the run when a threshold says so", function()
      local r = run([[
return {
  stages = { long = { executor = "constant-vus", vus = 2, duration = "40s" } },
  thresholds = { checks = { "rate>0.9", abort_on_fail = true } },
  journey = function()
    check(http.get "/slow?ms=50", { never = function() return false end })
  end,
}]])
      expect.code(r, 99)
      expect.that(r, r.elapsed < 30, "the run was not stopped early")
    end)
  end)

  describe("100 and 101", function()
    it("are a setup that takes too long: nothing else runs", function()
      local r = run([[
return {
  setup_timeout = "500ms",
  setup = function() http.get "/hang" end,
  journey = function() http.get "/ok" end,
}]])
      expect.code(r, 100)
      expect.says(r, "setup")
      assert.is_nil(httpd:counts().paths["/ok"])
    end)

    it("are a teardown that takes too long: the reports are there", function()
      local r = run([[
return {
  teardown_timeout = "500ms",
  teardown = function() http.get "/hang" end,
  journey = function() http.get "/ok" end,
}]], { "-i", "2" })
      expect.code(r, 101)
      expect.says(r, "teardown")
      assert.equal(2, expect.request(r, "GET /ok").count)
    end)
  end)

  describe("104", function()
    it("is a missing file", function()
      local r = cli.run { "run", "/nonexistent/none.lua" }
      expect.code(r, 104)
      expect.says(r, "/nonexistent/none.lua")
    end)

    it("is a syntax error, with file and line", function()
      refused("\nreturn {\n  journey = = 1,\n}", { "scenario.lua:3" })
    end)

    it("is an error while the file is loaded, with file and line", function()
      refused('\nerror "not today"\n', { "scenario.lua:2", "not today" })
    end)

    it("is an undefined global that is read while the file is loaded", function()
      local text = "\nlocal port = PORTT\nreturn { journey = function() end }"
      refused(text, { "scenario.lua:2", "PORTT" })
    end)

    it("is a file that returns no table, or has no journey", function()
      refused("local x = 1", {})
      refused("return 42", {})
      refused('return { name = "nothing to do" }', { "journey" })
    end)

    it("lists every mistake of a table, each with what was probably meant", function()
      local r = refused([[
return {
  bas_url = "http://127.0.0.1:1",
  tresholds = {},
  teardwon = function() end,
  stages = {
    smoke = { executor = "constant-vus", vus = 1, duration = "1s", gracefull_stop = "1s" },
  },
  on_strat = function() end,
  journey = function() http.get "/ok" end,
}]], {})
      for wrong, right in pairs {
        bas_url = "base_url",
        tresholds = "thresholds",
        teardwon = "teardown",
        gracefull_stop = "graceful_stop",
        on_strat = "on_start",
      } do
        assert.equal(1, expect.line(r, wrong, right))
      end
      assert.equal(5, expect.line(r, "did you mean"))
    end)

    it("names the executor that was probably meant", function()
      refused([[
return {
  stages = { smoke = { executor = "constant-vu", vus = 1, duration = "1s" } },
  journey = function() end,
}]], { "constant-vu", "constant-vus" })
    end)

    it("is an unknown stage, and lists those that exist", function()
      local text = [[
return {
  stages = {
    morning = { executor = "constant-vus", vus = 1, duration = "1s" },
    evening = { executor = "constant-vus", vus = 1, duration = "1s" },
  },
  journey = function() http.get "/ok" end,
}]]
      refused(text, { "mornin", "morning", "evening" }, { "--stage", "mornin" })
      refused(text, { "morning", "evening" }) -- none chosen, none is the default
    end)

    it("is a report path that cannot be written, found out before the run", function()
      local file = tmp.write(tmp.dir(), "file.txt", "not a folder")
      for _, option in ipairs { "--json", "--junit" } do
        refused(PLAIN, { file .. "/report" }, { option, file .. "/report" })
      end
      refused(PLAIN, { file }, { "--out", file .. "/folder" })
    end)

    it("is a duration that makes no sense", function()
      for _, duration in ipairs {
        '"-5s"', "-5", '"soon"', '"10 parsecs"', '"1e300h"', '""', "0/0", "{}",
      } do
        refused(([[
return {
  stages = { smoke = { executor = "constant-vus", vus = 1, duration = %s } },
  journey = function() http.get "/ok" end,
}]]):format(duration), { "duration" })
      end
      refused(PLAIN, { "soon" }, { "-d", "soon" })
    end)

    it("is a number of users that makes no sense", function()
      for _, vus in ipairs { "-1", "1.5", '"many"', "1e300", "0/0" } do
        refused(([[
return {
  stages = { smoke = { executor = "constant-vus", vus = %s, duration = "1s" } },
  journey = function() http.get "/ok" end,
}]]):format(vus), { "vus" })
      end
      refused(PLAIN, { "many" }, { "-u", "many", "-d", "1s" })
    end)

    it("is a CSV that is missing or ragged", function()
      local text = [[
local users = lload.csv "users.csv"
return { journey = function() http.get("/any/:id", { params = { id = users:random().id } }) end }
]]
      refused(text, { "users.csv" })
      local path, dir = cli.scenario(text)
      tmp.write(dir, "users.csv", "id,name\n1,ann\n2\n3,cid\n")
      local r = cli.run({ "run", path, "--base-url", httpd.url }, { cwd = dir })
      expect.code(r, 104)
      expect.says(r, "users.csv", "3")
      assert.equal(0, httpd:counts().total)
    end)

    it("is a CSV with two columns of one name, which is named", function()
      local path, dir = cli.scenario [[
local users = lload.csv "users.csv"
return { journey = function() http.get("/any/:id", { params = { id = users:random().id } }) end }
]]
      tmp.write(dir, "users.csv", "id,email,id\n1,a@example.com,2\n")
      local r = cli.run({ "run", path, "--base-url", httpd.url }, { cwd = dir })
      expect.code(r, 104)
      expect.line(r, "users.csv", "line 1", "'id'")
      assert.equal(0, httpd:counts().total)
    end)

    it("is a loop without end while the file is loaded, with file and line", function()
      local runs = {}
      for _, row in ipairs {
        { "run", "scenario.lua:3", "\nlocal n = 0\nwhile true do n = n + 1 end" },
        { "check", "scenario.lua:3", "\nlocal function roll()\n"
          .. "while true do pcall(function() while true do lload.random.int(1, 6) end end) end\n"
          .. "end\ncoroutine.wrap(roll)()" },
        { "check", "scenario.lua:3", "\nreturn setmetatable({}, { __index = function()\n"
          .. "while true do end end })" },
      } do
        runs[#runs + 1] = { row[2], cli.start { row[1], (cli.scenario(row[3])) } }
      end
      for _, row in ipairs(runs) do
        local r = row[2]:wait()
        expect.code(r, 104)
        expect.line(r, row[1], "5 s", "loads")
      end
    end)

    it("is not a file that waits for a program while it is loaded", function()
      local r = cli.run { "check", (cli.scenario [[
assert(io.popen("sleep 5.5 && echo ready"):read() == "ready")
local n = 0
for _ = 1, 1e5 do n = n + 1 end
return { journey = function() http.get "/ok" end }]]) }
      expect.code(r, 0)
    end)

    it("is os.exit while the file is loaded", function()
      for _, argument in ipairs { "0", "", "true", "3" } do
        refused("\nos.exit(" .. argument .. ")\nreturn { journey = function() end }",
          { "scenario.lua:2", "os.exit", "lload.abort" })
      end
    end)

    it("is a base URL without a scheme", function()
      refused(PLAIN, { "127.0.0.1:8080", "http://" }, {}, { base_url = "127.0.0.1:8080" })
      refused([[
return { base_url = "localhost/api", journey = function() http.get "/ok" end }
]], { "base_url" }, {}, { base_url = false })
    end)

    it("is a threshold nobody can judge", function()
      for threshold, words in pairs {
        ['http_req_duratoin = "p(95)<1"'] = { "http_req_duratoin", "http_req_duration" },
        ['nobody_knows = "count<1"'] = { "nobody_knows" },
        ['checks = "p(95)<1"'] = { "checks" },
        ['http_reqs = "avg<1"'] = { "http_reqs" },
        ['http_req_duration = "p(95)<<1"'] = { "p(95)<<1" },
        ['http_req_duration = "p(101)<1"'] = { "p(101)<1" },
        ['http_req_duration = "quick"'] = { "quick" },
      } do
        local text = "return { thresholds = { %s }, journey = function() http.get '/ok' end }"
        refused(text:format(threshold), words)
      end
      refused(PLAIN, { "nobody_knows" }, { "--threshold", "nobody_knows: count<1" })
    end)

    it("is one bad file among several: the good one does not start", function()
      local good, bad = cli.scenario(PLAIN), cli.scenario "return 42"
      local r = cli.run { "run", good, bad, "--base-url", httpd.url }
      expect.code(r, 104)
      assert.equal(0, httpd:counts().total)
    end)
  end)

  describe("105", function()
    local SLOW = [[
return {
  stages = { long = { executor = "constant-vus", vus = 2, duration = "60s" } },
  journey = function() http.get "/slow?ms=700" http.get "/ok" end,
}]]

    for _, name in ipairs { "INT", "TERM" } do
      it("is SIG" .. name .. ": running iterations finish, then the reports are written", function()
        local started = cli.start_scenario(SLOW, {}, { base_url = httpd.url })
        httpd:wait_for_requests(2, started)
        started:signal(name)
        local r = started.finish(40)
        expect.code(r, 105)
        assert.equal("interrupted", r.result.verdict)
        expect.total(r, httpd:counts().total)
        assert.equal(0, expect.errors(r, "cut_off"))
        assert.equal(expect.request(r, "GET /slow").count, expect.request(r, "GET /ok").count)
        assert.truthy(r.junit)
      end)
    end

    it("is Ctrl-C twice: running iterations are cut off, the reports are written", function()
      local started = cli.start_scenario([[
return {
  stages = { long = { executor = "constant-vus", vus = 2, duration = "60s" } },
  journey = function() http.get "/ok" http.get "/hang" end,
}]], {}, { base_url = httpd.url })
      httpd:wait_for_requests(4, started)
      started:signal "INT"
      process.sleep(0.5)
      expect.that({ stdout = started:stdout(), stderr = started:stderr() }, started:is_running(),
        "one Ctrl-C must leave the running iterations their grace")
      started:signal "INT"
      local r = started.finish(20)
      expect.code(r, 105)
      assert.equal(2, expect.request(r, "GET /ok").count)
      assert.equal(2, expect.errors(r, "cut_off"))
      expect.total(r, 4)
      assert.truthy(r.junit)
    end)
  end)

  describe("107", function()
    it("is a script error: only its iteration ends, and it is shown once with its count", function()
      local r = run([[
return {
  journey = function(vu)
    http.get "/ok"
    if vu.iteration % 2 == 0 then
      local cart = nil
      http.get(cart.url)
    end
    http.get "/any/after"
  end,
}]], { "-i", "10" })
      expect.code(r, 107)
      assert.equal("error", r.result.verdict)
      expect.says(r, "scenario.lua:6")
      assert.equal(10, expect.request(r, "GET /ok").count)
      assert.equal(5, expect.request(r, "GET /any/after").count)
      assert.equal(5, expect.count(r, "iteration_errors"))
      assert.equal(1, #r.result.script_errors)
      local e = r.result.script_errors[1]
      assert.equal(5, e.count)
      assert.matches("scenario.lua:6", e.message)
      assert.matches("traceback", e.traceback)
    end)

    it("counts distinct errors apart", function()
      local r = run([[
return {
  journey = function(vu)
    http.get "/ok"
    if vu.iteration % 2 == 0 then error "first kind" else error "second kind" end
  end,
}]], { "-i", "6" })
      expect.code(r, 107)
      assert.equal(2, #r.result.script_errors)
      assert.equal(6, r.result.script_errors[1].count + r.result.script_errors[2].count)
      expect.says(r, "first kind", "second kind")
    end)

    it("is an undefined global that a journey reads, with file and line", function()
      local r = run "return {\n  journey = function()\n    http.get(PATHH)\n  end,\n}"
      expect.code(r, 107)
      expect.says(r, "scenario.lua:3", "PATHH")
    end)

    it("is misuse of the API, reported at the caller's line", function()
      local r = run('return {\n  journey = function()\n    http.get(42)\n  end,\n}', { "-i", "1" })
      expect.code(r, 107)
      expect.says(r, "scenario.lua:3")
    end)

    it("is os.exit, which ends only its iteration: the reports are written", function()
      for _, argument in ipairs { "0", "", "3" } do
        httpd:reset_counts()
        local r = run(([[
return { journey = function()
  http.get "/ok"
  os.exit(%s)
  http.get "/any/after"
end }]]):format(argument), { "-i", "3" })
        expect.code(r, 107)
        expect.says(r, "scenario.lua:3", "os.exit", "lload.abort")
        assert.equal(3, expect.count(r, "iteration_errors"))
        assert.same({ ["/ok"] = 3 }, httpd:counts().paths)
        expect.total(r, 3)
        assert.truthy(r.junit)
      end
    end)

    it("is os.exit in setup, on_start and teardown as well", function()
      for _, part in ipairs { "setup", "on_start", "teardown" } do
        local r = run(([[
return { %s = function() os.exit(0) end, journey = function() http.get "/ok" end }
]]):format(part))
        expect.code(r, 107)
        expect.says(r, "os.exit")
        assert.truthy(r.result)
        assert.truthy(r.junit)
      end
    end)

    it("is an error in on_start, at once where iterations are to be made", function()
      for _, args in ipairs { { "-i", "1" }, { "-u", "3", "-i", "10" } } do
        local r = run([[
return {
  on_start = function() error "no account" end,
  journey = function() http.get "/ok" end,
}]], args, { timeout = 50 }) -- max_duration is 10 m
        expect.code(r, 107)
        expect.says(r, "no account")
        assert.equal(0, httpd:counts().total)
        assert.equal(0, expect.count(r, "iterations"))
      end
    end)

    it("is left to a threshold on iteration_errors if there is one", function()
      local text = [[
return {
  thresholds = { iteration_errors = "count<%d" },
  journey = function(vu) http.get "/ok" if vu.iteration == 1 then error "once" end end,
}]]
      expect.code(run(text:format(5), { "-i", "4" }), 0)
      expect.code(run(text:format(1), { "-i", "4" }), 99)
    end)

    it("is an error in setup: no journey runs", function()
      local r = run([[
return { setup = function() error "no database" end, journey = function() http.get "/ok" end }
]])
      expect.code(r, 107)
      expect.says(r, "no database")
      assert.equal(0, httpd:counts().total)
    end)
  end)

  describe("108", function()
    it("is lload.abort, with its reason", function()
      local r = run([[
return {
  stages = { long = { executor = "constant-vus", vus = 2, duration = "60s" } },
  journey = function(vu)
    http.get "/ok"
    if vu.iteration >= 2 then lload.abort "the shop is closed" end
  end,
}]])
      expect.code(r, 108)
      assert.equal("aborted", r.result.verdict)
      expect.says(r, "the shop is closed")
      -- A request that is cut off may not have reached the server.
      local seen, sent = httpd:counts().total, expect.count(r, "http_reqs")
      assert.is_true(sent >= seen and sent - expect.errors(r, "cut_off") <= seen)
    end)

    it("lets the user that aborts send nothing more, even under pcall and in on_stop", function()
      local r = run([[
return {
  journey = function()
    http.get "/ok"
    pcall(lload.abort, "the first reason")
    pcall(function() http.get "/any/after" end)
    pcall(lload.abort, "the second reason")
    http.get "/any/after"
  end,
  on_stop = function() http.get "/any/stop" end,
}]], { "-u", "1", "-i", "5" })
      expect.code(r, 108)
      expect.says(r, "the first reason")
      assert.is_nil(r.stderr:find("the second reason", 1, true))
      assert.same({ ["/ok"] = 1 }, httpd:counts().paths)
      expect.total(r, 1)
    end)

    it("reports the reason that was first of several users'", function()
      local r = run([[
return {
  stages = { all = { executor = "constant-vus", vus = 20, duration = "30s" } },
  journey = function(vu)
    lload.log.warn(("user %d aborts"):format(vu.id))
    lload.abort(("reason of %d."):format(vu.id))
  end,
}]], { "--threads", "1" })
      expect.code(r, 108)
      local first = r.stderr:match "user (%d+) aborts"
      expect.says(r, "reason of " .. first .. ".")
      for id in r.stderr:gmatch "reason of (%d+)%." do
        assert.equal(first, id)
      end
    end)
  end)

  describe("precedence", function()
    local FAILS = [[
return { thresholds = { http_reqs = "count>99" }, journey = function() http.get "/ok" end }
]]
    local RAISES = [[
return { journey = function() http.get "/ok" error "boom" end }
]]
    local ABORTS = [[
return {
  teardown = function() end,
  thresholds = { http_reqs = "count>99" },
  journey = function() http.get "/ok" lload.abort "enough" end,
}]]

    it("puts a script error before a failed threshold", function()
      local r = run([[
return {
  thresholds = { http_reqs = "count>99" },
  journey = function() http.get "/ok" error "boom" end,
}]])
      expect.code(r, 107)
      assert.is_false(r.result.thresholds[1].ok)
    end)

    it("puts an abort before a failed threshold", function()
      expect.code(run(ABORTS), 108)
    end)

    -- Interrupts the run as soon as its first request has come.
    local function interrupted(text)
      local started = cli.start_scenario(text, {}, { base_url = httpd.url })
      httpd:wait_for_requests(1, started)
      started:signal "INT"
      return started.finish(40)
    end

    it("puts an abort in a draining iteration before the Ctrl-C that was first", function()
      local r = interrupted [[
return {
  stages = { long = { executor = "constant-vus", vus = 1, duration = "60s" } },
  journey = function() http.get "/slow?ms=2000" lload.abort "seen while draining" end,
}]]
      expect.code(r, 108)
      assert.equal("aborted", r.result.verdict)
      expect.says(r, "seen while draining")
      assert.same({ ["/slow"] = 1 }, httpd:counts().paths)
    end)

    it("puts a teardown that takes too long before the Ctrl-C that was first", function()
      local r = interrupted [[
return {
  teardown_timeout = "500ms",
  stages = { long = { executor = "constant-vus", vus = 1, duration = "60s" } },
  teardown = function() http.get "/hang" end,
  journey = function() http.get "/slow?ms=500" end,
}]]
      expect.code(r, 101)
      expect.says(r, "teardown")
      assert.equal(1, httpd:counts().paths["/hang"])
      assert.truthy(r.junit)
    end)

    it("puts a teardown that takes too long before an abort", function()
      expect.code(run [[
return {
  teardown_timeout = "500ms",
  teardown = function() http.get "/hang" end,
  journey = function() http.get "/ok" lload.abort "enough" end,
}]], 101)
    end)

    it("puts a Ctrl-C before a script error", function()
      expect.code(interrupted [[
return {
  stages = { long = { executor = "constant-vus", vus = 1, duration = "60s" } },
  journey = function() http.get "/slow?ms=500" error "boom" end,
}]], 105)
    end)

    it("holds over several files, whichever comes first", function()
      local fails, raises = cli.scenario(FAILS), cli.scenario(RAISES)
      local good = cli.scenario(PLAIN)
      expect.code(cli.run { "run", good, fails, "--base-url", httpd.url }, 99)
      expect.code(cli.run { "run", raises, fails, good, "--base-url", httpd.url }, 107)
      expect.code(cli.run { "run", fails, raises, "--base-url", httpd.url }, 107)
    end)
  end)
end)
