--- The open model: iterations start when the plan says so, whatever the server and the threads do;
--- and what surrounds it: warm-up, pacing, segments, the verdict on the measurement itself.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local process = require "spec.support.process"
local server = require "spec.support.server"

local THREADS = { 1, 2, 3 }

-- A stage of one profile, and what else the scenario has.
local function stage(profile, rest)
  return ("return {\n  stages = { all = { %s } },\n  %s\n}"):format(profile, rest)
end

-- One request an iteration, to a path that tells the runs apart: see run_together.
local COUNTED = [[journey = function()
    http.get("/any/:run", { params = { run = lload.env "RUN" } })
  end,]]

-- A machine that is busy itself may spoil a measurement of moments; what is counted holds all the
-- same.
local function assert_ended(r)
  if r.code ~= 98 then
    expect.code(r, 0)
  end
end

describe("the open model", function()
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

  local function options(more)
    local opts = { base_url = httpd.url }
    for name, value in pairs(more or {}) do
      opts[name] = value
    end
    return opts
  end

  local function run(text, args, opts)
    return cli.run_scenario(text, args, options(opts))
  end

  -- Runs a scenario several times at once, each with arguments of its own; lload.env "RUN" is the
  -- number of the run.
  local function run_together(text, list_of_args)
    local runs = {}
    for i, args in ipairs(list_of_args) do
      local all = { "-e", "RUN=" .. i, unpack(args) }
      runs[i] = cli.start_scenario(text, all, options())
    end
    for i, started in ipairs(runs) do
      runs[i] = started.finish()
    end
    return runs
  end

  local function with_threads(...)
    local list = {}
    for i, threads in ipairs(THREADS) do
      list[i] = { "--threads", tostring(threads), ... }
    end
    return list
  end

  -- Every thread count made exactly so many iterations, the server saw them, and none was dropped.
  local function assert_counts(expected, text, ...)
    for i, r in ipairs(run_together(text, with_threads(...))) do
      assert_ended(r)
      local what = ("%d threads"):format(THREADS[i])
      assert.equal(expected, expect.count(r, "iterations"), what)
      assert.equal(0, expect.count(r, "dropped_iterations"), what)
      assert.equal(expected, httpd:counts().paths["/any/" .. i], what)
      expect.total(r, expected)
      assert.equal(expected, r.result.generator.arrivals, what)
      assert.equal(expected, expect.count(r, "iteration_lag"), what)
      assert.equal(expected, expect.count(r, "iteration_response_time"), what)
    end
  end

  describe("starts as many iterations as the area under the rate", function()
    it("at a constant rate, with 1, 2 and 3 threads", function()
      assert_counts(40, stage( -- 37/s x 1.1 s = 40.7
        'executor = "constant-arrival-rate", rate = "37/s", duration = "1100ms", max_vus = 100',
        COUNTED))
    end)

    it("over ramps and jumps, with 1, 2 and 3 threads", function()
      assert_counts(26, stage([[executor = "ramping-arrival-rate", start_rate = 5, max_vus = 100,
        steps = {
          { duration = "500ms", target = 50 }, -- 13.75
          { duration = 0, target = 20 },
          { duration = "500ms", target = "1200/m" }, -- 10
          { duration = "300ms", target = 0 }, -- 3, in all 26.75
        }]], COUNTED))
    end)

    it("in a time unit, a spike and a soak", function()
      local text = [[
return {
  stages = {
    unit = { executor = "constant-arrival-rate", rate = 900, time_unit = "1m", duration = "1s",
      max_vus = 20 },
    spike = { executor = "spike", rate = 10, peak_rate = 50, max_vus = 50, before = "200ms",
      rise = "200ms", hold = "300ms", fall = "200ms", recovery = "200ms" }, -- 2 + 6 + 15 + 6 + 2
    soak = { executor = "soak", rate = "20/s", max_vus = 20, ramp = "500ms", duration = "500ms" },
  },
]] .. COUNTED .. "}"
      local runs = run_together(text, {
        { "--stage", "unit" }, { "--stage", "spike" }, { "--stage", "soak" },
        { "-r", "30/s", "-d", "500ms", "-u", "20", "--stage", "soak" },
      })
      for i, expected in ipairs { 15, 31, 15, 15 } do
        assert_ended(runs[i])
        assert.equal(expected, expect.count(runs[i], "iterations"))
        assert.equal(expected, httpd:counts().paths["/any/" .. i])
      end
      local labels = {}
      for i, step in ipairs(runs[2].result.steps) do
        labels[i] = step.label
      end
      assert.same({ "before", "rise", "hold", "fall", "recovery" }, labels)
    end)

    it("at random: as many for every number of threads, and as the plan says", function()
      local text = stage([[executor = "constant-arrival-rate", rate = "150/s", duration = "1s",
        max_vus = 500, arrival = "poisson"]], COUNTED)
      local r = cli.run { "check", cli.scenario(text), "--json", "--arrivals", "1000",
        "--seed", "11" }
      expect.code(r, 0)
      local planned = #cjson.decode(r.stdout).stages.all.profiles[1].arrivals
      assert.near(150, planned, 75) -- six standard deviations
      assert_counts(planned, text, "--seed", "11")
    end)
  end)

  describe("with all users busy", function()
    local BUSY = [[journey = function() lload.sleep "1m" end,]]

    it("drops what arrives, and counts it", function()
      local text = stage([[executor = "constant-arrival-rate", rate = "40/s", duration = "500ms",
        max_vus = 2, graceful_stop = "100ms"]], BUSY .. [[
        thresholds = {
          dropped_iterations = "count==18", ["dropped_iterations{step:1}"] = "count==18",
          iteration_lag = "count==2",
        },]])
      for i, r in ipairs(run_together(text, with_threads())) do
        assert_ended(r)
        local what = ("%d threads"):format(THREADS[i])
        assert.equal(18, expect.count(r, "dropped_iterations"), what)
        assert.equal(0, expect.count(r, "iterations"), what)
        assert.equal(2, r.result.journeys[1].cut_off, what)
        assert.equal(20, r.result.generator.arrivals, what)
        assert.equal(2, r.result.metrics.vus.max, what)
        assert.equal(2, expect.count(r, "iteration_response_time"), what) -- at their age
      end
    end)

    it("lets it wait in line when told so, and the wait is in the response time", function()
      local text = stage([[executor = "constant-arrival-rate", rate = "60/s", duration = "1s",
        max_vus = 2, on_saturation = "queue"]], [[journey = function() lload.sleep "50ms" end,]])
      for _, r in ipairs(run_together(text, with_threads())) do
        assert_ended(r)
        local m = r.result.metrics
        assert.equal(60, expect.count(r, "iterations"))
        assert.equal(0, expect.count(r, "dropped_iterations"))
        -- Two users need 1.5 s for what arrives in 1 s. In one line the lag grows evenly, whatever
        -- thread a user belongs to.
        assert.is_true(m.iteration_lag.max > 400, m.iteration_lag.max)
        assert.is_true(m.iteration_lag.max < 4 * m.iteration_lag.med, m.iteration_lag.med)
        assert.is_true(m.iteration_response_time.max >= m.iteration_lag.max + 49)
        assert.equal(0, r.result.generator.arrivals_missed_share) -- the users' fault, not ours
      end
    end)

    it("drops what still waits when the grace is over", function()
      local r = run(stage([[executor = "constant-arrival-rate", rate = "40/s",
        duration = "500ms", max_vus = 1, graceful_stop = "200ms", on_saturation = "queue"]], BUSY))
      assert_ended(r)
      assert.equal(19, expect.count(r, "dropped_iterations"))
      assert.equal(1, r.result.journeys[1].cut_off)
    end)

    -- An arrival finds three users busy only if an iteration, its lateness included, took as long
    -- as three arrivals are apart: on a machine that is busy itself nothing can be said.
    local function run_in_calm(text, apart_ms, ...)
      for _ = 1, 4 do
        local runs, calm = run_together(text, { ... }), true
        for _, r in ipairs(runs) do
          local m = r.result.metrics
          calm = calm and m.iteration_duration.max + m.iteration_lag.max < apart_ms - 2
        end
        if calm then
          return runs
        end
      end
      pending "the machine is too busy"
      return {}
    end

    it("means the users of all threads: three of them carry 20/s of 105 ms", function()
      local text = stage(
        'executor = "constant-arrival-rate", rate = "20/s", duration = "1s", max_vus = 3',
        [[journey = function() lload.sleep "105ms" end,]])
      for _, r in ipairs(run_in_calm(text, 150, { "--threads", "2" }, { "--threads", "3" })) do
        assert_ended(r)
        assert.equal(20, expect.count(r, "iterations"))
        assert.equal(0, expect.count(r, "dropped_iterations"))
      end
    end)

    it("means the one user of three threads", function()
      local text = stage(
        'executor = "constant-arrival-rate", rate = "10/s", duration = "1s", max_vus = 1',
        [[journey = function(vu) assert(vu.id == 1) lload.sleep "20ms" end,]])
      for _, r in ipairs(run_in_calm(text, 100, { "--threads", "3" })) do
        assert_ended(r)
        assert.equal(10, expect.count(r, "iterations"))
        assert.equal(0, expect.count(r, "dropped_iterations"))
      end
    end)
  end)

  it("shows a frozen server in the response time, not in the service time of the rest", function()
    local shop = server.shop { "--stall", "1s:2s", "--service-time", "1ms", "--pool", "1000",
      "--queue-timeout", "1m" }
    finally(function()
      shop:stop()
    end)
    local r = run('local frozen = lload.counter "frozen"\n' .. stage([[
      executor = "constant-arrival-rate", rate = "1000/s", duration = "2500ms", max_vus = 50,
      on_saturation = "queue"]], [[journey = function()
        local page = http.get "/api/v1/products/1"
        if page.timings.duration > 1000 then frozen:add(1) end
      end,]]), {}, { base_url = shop.url })
    assert_ended(r)
    local m = r.result.metrics
    assert.equal(2500, expect.count(r, "iterations"))
    assert.equal(0, expect.count(r, "dropped_iterations"))
    -- Only the users that were waiting for an answer then saw the freeze: one request each.
    assert.is_true(m.frozen.count >= 1 and m.frozen.count <= 50, m.frozen.count)
    assert.is_true(m.http_req_duration["p(95)"] < 1000, m.http_req_duration["p(95)"])
    assert.is_true(m.iteration_response_time["p(99.9)"] > 1800)
    assert.is_true(m.iteration_response_time["p(95)"] > 1000)
    assert.is_true(m.iteration_response_time.max >= m.http_req_duration.max)
  end)

  describe("over several machines", function()
    -- The numbers that `pattern` finds in what the server was asked for are 1 to `expected`, each
    -- of them once.
    local function assert_dense(pattern, expected)
      local seen, total = {}, 0
      for path, count in pairs(httpd:counts().paths) do
        local number = tonumber(path:match(pattern))
        if number then
          assert.equal(1, count, path)
          assert.is_nil(seen[number], path)
          seen[number], total = true, total + 1
        end
      end
      assert.equal(expected, total)
      for number = 1, expected do
        assert.is_true(seen[number], ("number %d is missing"):format(number))
      end
    end

    it("the parts add up to the whole, with numbers of their own", function()
      -- Every arrival has a user of its own: none is done before the last one comes.
      local text = stage(
        'executor = "constant-arrival-rate", rate = "41/s", duration = "1s", max_vus = 41',
        [[journey = function(vu)
            local division = lload.env "DIVISION"
            local path = ("/any/%s-%d-%d"):format(division, vu.iteration_in_run, vu.id)
            http.get(path, { name = "n" })
            lload.sleep "1200ms"
          end,]])
      local runs = run_together(text, {
        { "-e", "DIVISION=a", "--segment", "1/2", "--threads", "2" },
        { "-e", "DIVISION=a", "--segment", "2/2", "--threads", "1" },
        { "-e", "DIVISION=b", "--segment", "1:1/2,1/4,1/4", "--threads", "3" },
        { "-e", "DIVISION=b", "--segment", "2:1/2,1/4,1/4", "--threads", "1" },
        { "-e", "DIVISION=b", "--segment", "3:1/2,1/4,1/4", "--threads", "2" },
      })
      for i, expected in ipairs { 21, 20, 21, 10, 10 } do
        assert_ended(runs[i])
        assert.equal(expected, expect.count(runs[i], "iterations"))
        assert.equal(expected, runs[i].result.metrics.vus_max.max)
        assert.equal(0, expect.count(runs[i], "dropped_iterations"))
      end
      for _, division in ipairs { "a", "b" } do
        assert_dense("^/any/" .. division .. "%-(%d+)%-", 41)
        assert_dense("^/any/" .. division .. "%-%d+%-(%d+)$", 41)
      end
    end)

    it("the parts of random arrivals are those of the whole", function()
      local text = stage([[executor = "constant-arrival-rate", rate = "100/s", duration = "1s",
        max_vus = 300, arrival = "poisson"]], [[journey = function(vu)
          http.get(("/any/%s-%d"):format(lload.env("DIVISION", "whole"), vu.iteration_in_run),
            { name = "n" })
        end,]])
      local runs = run_together(text, {
        { "--seed", "5" },
        { "--seed", "5", "--segment", "1:2/3,1/3", "-e", "DIVISION=a" },
        { "--seed", "5", "--segment", "2:2/3,1/3", "-e", "DIVISION=a" },
      })
      local total = expect.count(runs[1], "iterations")
      assert_dense("^/any/whole%-(%d+)", total)
      assert_dense("^/any/a%-(%d+)", total)
    end)

    it("the closed model is divided as well", function()
      local text = [[
return {
  stages = {
    each = { executor = "per-vu-iterations", vus = 6, iterations = 5 },
    shared = { executor = "shared-iterations", vus = 6, iterations = 30 },
  },
  journey = function(vu)
    http.get(("/any/%d-%d-%d"):format(vu.iteration_in_run, vu.id, vu.iteration), { name = "n" })
  end,
}]]
      for _, name in ipairs { "each", "shared" } do
        httpd:reset_counts()
        local runs = run_together(text, {
          { "--stage", name, "--segment", "1/3", "--threads", "2" },
          { "--stage", name, "--segment", "2/3", "--threads", "1" },
          { "--stage", name, "--segment", "3/3", "--threads", "1" },
        })
        for _, r in ipairs(runs) do
          expect.code(r, 0)
          assert.equal(10, expect.count(r, "iterations"))
          assert.equal(2, r.result.metrics.vus.max)
        end
        assert_dense("^/any/(%d+)", 30)
      end
    end)
  end)

  describe("a warm-up", function()
    -- What happens in the warm-up would spoil every figure. Only the last request of each user may
    -- still begin in the stage; as a part of the load, it counts there.
    local SPOILS = [[
  setup = function() http.get "/any/setup" end,
  teardown = function() http.get "/any/teardown" end,
  thresholds = { checks = "rate==1", http_req_failed = "rate<0.2", seen = "count==30" },
  journey = function(vu)
    local warm = vu.iteration_in_run == 0
    local page = http.get(warm and "/status/500" or "/ok")
    check(page, { ["is 200"] = function() return page.status == 200 end })
    seen:add(1)
    if warm then http.get("/any/:id", { params = { id = nil } }) end
  end,]]

    local function spoiled(profile, args)
      local r = run('local seen = lload.counter "seen"\n' .. stage(profile, SPOILS), args)
      expect.code(r, 0)
      local paths = httpd:counts().paths
      assert.is_true(paths["/status/500"] > 15, "it did not warm up")
      assert.equal(30, paths["/ok"])
      local late = expect.request(r, "GET /status/500")
      late = late and late.count or 0
      assert.is_true(late <= 5, late)
      expect.total(r, 32 + late) -- with setup and teardown
      assert.equal(30, expect.count(r, "iterations"))
      assert.equal(30, r.result.metrics.checks.passes)
      assert.equal(0, expect.count(r, "iterations_failed"))
      assert.is_nil(r.result.iteration_failures)
      assert.is_true(r.result.steps[1].to_s < 2)
      return r, paths
    end

    it("of arrivals runs at the starting rate and is counted nowhere", function()
      local r, paths = spoiled([[executor = "constant-arrival-rate", rate = "60/s",
        duration = "500ms", max_vus = 50, warmup = "500ms"]])
      assert.near(30, paths["/status/500"], 1)
      assert.equal(30, r.result.generator.arrivals)
    end)

    it("has no number for its arrivals, even for those that begin late", function()
      local r = run(stage([[executor = "constant-arrival-rate", rate = "20/s", duration = "500ms",
        max_vus = 2, on_saturation = "queue", warmup = "500ms"]], [[journey = function(vu)
          http.get("/any/" .. vu.iteration_in_run, { name = "n" })
          lload.sleep "150ms"
        end,]]))
      assert_ended(r)
      assert.equal(10, expect.count(r, "iterations"))
      local paths = httpd:counts().paths
      assert.equal(9, paths["/any/0"]) -- the tenth would be the first of the stage
      for number = 1, 10 do
        assert.equal(1, paths["/any/" .. number])
      end
    end)

    it("of users is asked for on the command line, and counted nowhere", function()
      spoiled('executor = "per-vu-iterations", vus = 5, iterations = 6', { "--warmup", "500ms" })
    end)

    it("forgives the errors of the script", function()
      local r = run([[
return {
  stages = { all = { executor = "constant-vus", vus = 1, duration = "500ms", warmup = "500ms" } },
  journey = function(vu)
    http.get "/slow?ms=20"
    if vu.iteration_in_run == 0 then error "cold" end
  end,
}]])
      expect.code(r, 0)
      assert.equal(0, expect.count(r, "iteration_errors"))
      assert.equal(0, #r.result.script_errors)
    end)
  end)

  describe("pacing", function()
    it("keeps the starts of a user's iterations apart, as does a shortest iteration", function()
      -- 500 ms apart, there are four in 1.9 s, with room for a slow machine.
      local runs = run_together([[
return {
  stages = {
    paced = { executor = "constant-vus", vus = 5, duration = "1900ms", pacing = "500ms" },
    shortest = { executor = "constant-vus", vus = 5, duration = "1900ms",
      minimum_iteration = "500ms" },
    late = { executor = "constant-vus", vus = 5, duration = "1900ms", pacing = "20ms" },
  },
  journey = function() http.get(("/slow?ms=%d"):format(lload.env("MS", 100))) end,
}]], {
        { "--stage", "paced" }, { "--stage", "shortest" }, { "--stage", "late", "-e", "MS=500" } })
      for _, r in ipairs(runs) do
        expect.code(r, 0)
        assert.equal(20, expect.count(r, "iterations"))
        assert.equal(5, r.result.connections.opened)
      end
    end)
  end)

  describe("Ctrl-C", function()
    local TEXT = stage([[executor = "constant-arrival-rate", rate = "20/s", duration = "%s",
      max_vus = 50, warmup = "%s", graceful_stop = "20s"]], [[
      setup = function() http.get "/any/setup" http.get "/slow?ms=%d" end,
      journey = function() http.get "/any/journey" lload.sleep "%s" end,
      teardown = function() http.get "/any/teardown" end,
      thresholds = { iterations = "count>=0" },]])

    -- Interrupts a run once the server has seen so many requests; the reports are there.
    local function interrupt(requests, ...)
      local started = cli.start_scenario(TEXT:format(...), {}, options())
      httpd:wait_for_requests(requests, started)
      started:signal "INT"
      local r = started.finish()
      expect.code(r, 105)
      assert.equal("interrupted", r.result.verdict)
      assert.matches("<error", r.junit)
      assert.equal(1, httpd:counts().paths["/any/teardown"])
      expect.total(r, httpd:counts().total)
      return r
    end

    it("in setup lets it end, and starts no stage", function()
      local r = interrupt(2, "40s", "10s", 500, "10ms")
      assert.is_nil(httpd:counts().paths["/any/journey"])
      assert.equal(0, expect.count(r, "iterations"))
    end)

    it("in the stage lets running iterations end", function()
      local r = interrupt(5, "40s", "0s", 0, "300ms")
      local started = httpd:counts().paths["/any/journey"]
      assert.equal(started, expect.count(r, "iterations"))
      assert.is_true(r.elapsed < 20)
    end)

    it("in the grace at the end waits for it no longer the second time", function()
      local started = cli.start_scenario(TEXT:format("500ms", "0s", 0, "1m"), {}, options())
      httpd:wait_for_requests(12, started) -- setup's two, and all ten arrivals
      process.sleep(0.3)
      started:signal "INT"
      process.sleep(0.3)
      assert.is_true(started:is_running())
      started:signal "INT"
      local r = started.finish()
      expect.code(r, 105)
      assert.equal(10, r.result.journeys[1].cut_off)
      assert.equal(0, expect.count(r, "dropped_iterations"))
    end)

    it("in the warm-up ends the run, of which nothing was measured", function()
      local started = cli.start_scenario(TEXT:format("40s", "30s", 0, "10ms"), {}, options())
      httpd:wait_for_requests(5, started)
      started:signal "INT"
      local r = started.finish()
      expect.code(r, 105)
      assert.is_true(r.elapsed < 20)
      assert.equal(0, expect.count(r, "iterations"))
      expect.total(r, 3) -- setup and teardown
      assert.matches("<error", r.junit)
    end)
  end)

  describe("the measurement", function()
    -- Every tenth iteration keeps the only thread busy, so the others start late.
    local BLOCKS = [[journey = function(vu)
        http.get "/ok"
        local until_s = os.clock() + (vu.iteration_in_run %% 10 == 0 and %g or 0)
        while os.clock() < until_s do end
      end,]]

    local LATE = stage('executor = "constant-arrival-rate", rate = "50/s", duration = "1s", '
      .. "max_vus = 100", BLOCKS)

    it("is invalid when lload itself started arrivals late: 98", function()
      local r = run(LATE:format(0.18), { "--threads", "1" })
      expect.code(r, 98)
      assert.equal("invalid", r.result.verdict)
      local reason
      for _, item in ipairs(r.result.validity.reasons) do
        reason = item.code == "SEND_LAG" and item or reason
      end
      assert.equal(100, reason.limit)
      assert.is_true(reason.value > 100)
      assert.matches("<error", r.junit)
      expect.that(r, r.stdout:find("Measurement INVALID.-SEND_LAG.-\nRequests"), "not above")
      assert.matches("INVALID %(exit 98%): the measurement is invalid: [%u_, ]*SEND_LAG", r.stdout)
    end)

    it("is not invalid because the very last arrival was a little late", function()
      local r = run(stage('executor = "constant-arrival-rate", rate = "10/s", duration = "1s", '
        .. "max_vus = 10", [[journey = function(vu)
          http.get "/ok"
          local until_s = os.clock() + (vu.iteration_in_run == 9 and 0.13 or 0)
          while os.clock() < until_s do end
        end,]]), { "--threads", "1" })
      local g = r.result.generator
      assert.is_true(g.send_lag_p99_ms > 20, g.send_lag_p99_ms)
      if g.send_lag_p99_ms < 100 then
        expect.code(r, 0)
        assert.equal(0, g.arrivals_missed_share)
      end
    end)

    it("is only suspect in the closed model, however busy the thread is", function()
      local r = run("return { " .. BLOCKS:format(0.3) .. " }",
        { "-u", "10", "-i", "30", "--threads", "1" })
      expect.code(r, 0)
      assert.equal("suspect", r.result.validity.verdict)
    end)

    it("is suspect when arrivals were dropped, says so above the numbers, and passes", function()
      local r = run(stage([[executor = "constant-arrival-rate", rate = "20/s", duration = "1s",
        max_vus = 1]], [[journey = function() http.get "/slow?ms=200" end,
        thresholds = { http_reqs = "count>0" },]]))
      expect.code(r, 0)
      assert.equal("suspect", r.result.validity.verdict)
      assert.equal("passed", r.result.verdict)
      expect.that(r, r.stdout:find("Measurement SUSPECT.-ARRIVALS_DROPPED.-\nThresholds"),
        "the warning is not above the numbers")
    end)
  end)

  it("refuses what makes no sense with 104, before it sends anything", function()
    local fine = 'executor = "constant-arrival-rate", rate = 5, duration = 1, max_vus = 5'
    local refused = {}
    for profile, words in pairs {
      ['executor = "constant-arrival-rate", rate = 0, duration = 1, max_vus = 5'] = "rate: is 0",
      ['executor = "constant-arrival-rate", rate = "fast", duration = 1, max_vus = 5'] = '"50/s"',
      ['executor = "constant-arrival-rate", rate = 5, duration = 1'] = "max_vus is missing",
      ['executor = "spike", rate = 5, peak_rate = 5, max_vus = 5'] = "a spike rises",
      [fine .. ', pacing = "1s"'] = "pacing: has no effect on arrivals",
      [fine .. ', warmup = "soon"'] = "warmup",
      [fine .. ', on_saturation = "wait"'] = "on_saturation",
    } do
      refused[#refused + 1] = { cli.start_scenario(stage(profile, COUNTED), {}, options()), words }
    end
    for _, case in ipairs {
      { { "-r", "0", "-d", "1s" }, "--rate: must be above 0" },
      { { "-r", "fast", "-d", "1s" }, "--rate" },
      { { "-r", "5/s" }, "add --duration" },
      { { "-r", "5/s", "-d", "1s", "-i", "5" }, "contradict each other" },
      { { "--segment", "3/2" }, "numbered from 1 to 2" },
      { { "--segment", "1:1/2,1/4" }, "do not add up to 1" },
      { { "--warmup", "-1s" }, "--warmup" },
    } do
      local started = cli.start_scenario(stage(fine, COUNTED), case[1], options())
      refused[#refused + 1] = { started, case[2] }
    end
    for _, case in ipairs(refused) do
      local r = case[1].finish()
      expect.code(r, 104)
      expect.says(r, case[2])
    end
    assert.equal(0, httpd:counts().total)
  end)
end)
