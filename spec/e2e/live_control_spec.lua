--- Live control of runs under way: what curl asks, what the run says, and what the server sees.
local again = require "spec.support.again"
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local process = require "spec.support.process"
local server = require "spec.support.server"

-- Where a run listens: it says so before it begins.
local function address_of(run)
  local url
  assert(process.wait_until(function()
    url = run:stderr():match "live control on (http://127%.0%.0%.1:%d+)\n"
    return url or not run:is_running()
  end, 20) and url, "it does not say where it listens:\n" .. run:stderr())
  return url
end

local function curl(url, ...)
  local r = cli.program { "curl", "-s", "--max-time", "10", "-w", "\n%{http_code}", url, ... }
  local body, status = r.stdout:match "^(.*)\n(%d+)$"
  return tonumber(status), body
end

-- A running lload that can be asked.
local Steered = {}
Steered.__index = Steered

local function steer(run)
  return setmetatable({ run = run, url = address_of(run) }, Steered)
end

--- Answers the status and the decoded body.
function Steered:ask(method, path, body)
  local words = { "-X", method }
  if body then
    words = { "-X", method, "-H", "Content-Type: application/json", "-d", body }
  end
  local status, answer = curl(self.url .. path, unpack(words))
  return status, cjson.decode(answer)
end

--- Does what must succeed; answers the status of the run.
function Steered:tell(method, path, body)
  local status, answer = self:ask(method, path, body)
  assert.equal(200, status, answer.error)
  return answer
end

function Steered:status()
  return self:tell("GET", "/v1/status")
end

--- Waits until the status is as wanted; at the very start nobody runs yet.
function Steered:wait_until(wanted)
  local last
  assert(process.wait_until(function()
    local status, answer = self:ask("GET", "/v1/status")
    last = answer
    return status == 200 and wanted(answer)
  end, 20), "it never came to that:\n" .. cjson.encode(last))
  return last
end

function Steered:wait_for_phase(phase)
  return self:wait_until(function(s) return s.phase == phase end)
end

--- Says why it refuses.
function Steered:refused(expected, part, ...)
  local status, answer = self:ask(...)
  assert.equal(expected, status, answer.error)
  assert.truthy(answer.error and answer.error:find(part, 1, true), answer.error)
end

describe("live control", function()
  local httpd

  setup(function() httpd = server.httpd() end)

  teardown(function() httpd:stop() end)

  before_each(function() httpd:reset_counts() end)

  local function start(text, ...)
    return steer(cli.start_scenario(text, { "--control", "127.0.0.1:0", ... },
      { base_url = httpd.url }))
  end

  -- How often a path was asked for, and how often a second it is over the next time.
  local function count(path) return httpd:counts().paths[path] or 0 end

  local function rate(path, seconds)
    local before, from = count(path), process.now()
    process.sleep(seconds)
    local after, to = count(path), process.now()
    return (after - before) / (to - from)
  end

  describe("of a run of users and arrivals", function()
    local steered

    setup(function()
      steered = start([[
return {
  name = "shop",
  stages = { main = {
    { executor = "constant-vus", vus = 4, duration = "60s", journey = "users" },
    { executor = "constant-arrival-rate", rate = "40/s", max_vus = 20, duration = "60s",
      journey = "arrivals" },
    { executor = "shared-iterations", vus = 1, iterations = 1, journey = "once" },
  } },
  journeys = {
    users = { run = function() http.get "/slow?ms=50" end },
    arrivals = { run = function() http.get "/any/arrival" end },
    once = { run = function() http.get "/ok" end },
  },
}]])
      steered:wait_for_phase "run"
    end)

    teardown(function() steered.run:kill() end)

    it("tells the status", function()
      local s = steered:status()
      assert.same({ "shop", "main", "run", false },
        { s.scenario, s.stage, s.phase, s.paused })
      assert.is_true(s.elapsed_s > 0 and s.elapsed_s < s.total_s)
      local users, arrivals = s.profiles[1], s.profiles[2]
      assert.same({ 1, "constant-vus", "vus", 4, 4 },
        { users.index, users.executor, users.kind, users.vus, users.max_vus })
      assert.same({ 2, "arrivals", 20, 40 },
        { arrivals.index, arrivals.kind, arrivals.max_vus, arrivals.rate })
    end)

    it("tells the metrics so far", function()
      local function told() return steered:tell("GET", "/v1/metrics").metrics end
      local first = told().http_reqs.count
      assert(process.wait_until(function() return told().http_reqs.count > first + 50 end, 20))
      assert.same({ "trend", "gauge" }, { told().http_req_duration.type, told().vus.type })
    end)

    it("sets the users", function()
      assert.is_true(rate("/slow", 0.7) > 25) -- four of them, of whom each asks 20 times a second
      steered:tell("PATCH", "/v1/profiles/1", '{"vus": 1}')
      steered:wait_until(function(s) return s.profiles[1].vus == 1 end)
      local one = rate("/slow", 0.7)
      assert.is_true(one > 0 and one < 25, ("one user: %g a second"):format(one))
      steered:tell("POST", "/v1/profiles/1", '{"vus": 4}')
      steered:wait_until(function(s) return s.profiles[1].vus == 4 end)
    end)

    it("sets the rate", function()
      assert.equal(200, steered:tell("PATCH", "/v1/profiles/2", '{"rate": "200/s"}')
        .profiles[2].rate)
      local fast = rate("/any/arrival", 1)
      assert.is_true(fast > 160 and fast < 240, ("%g a second instead of 200"):format(fast))
      steered:tell("POST", "/v1/profiles/2", '{"rate": 0}')
      process.sleep(0.2)
      assert.equal(0, rate("/any/arrival", 0.5))
    end)

    it("pauses and resumes, and lets no arrival of the pause happen after it", function()
      steered:tell("POST", "/v1/profiles/2", '{"rate": 50}')
      local s = steered:tell("POST", "/v1/pause")
      assert.same({ "paused", true }, { s.phase, s.paused })
      steered:tell("POST", "/v1/profiles/2", '{"rate": 100}')
      process.sleep(0.2)
      local before = httpd:counts().total
      process.sleep(1)
      assert.equal(before, httpd:counts().total)
      local arrivals = count "/any/arrival"
      local from = process.now()
      s = steered:tell("POST", "/v1/resume")
      assert.same({ "run", false }, { s.phase, s.paused })
      process.sleep(0.5)
      arrivals = count "/any/arrival" - arrivals
      local planned = 100 * (process.now() - from)
      assert.is_true(arrivals > 0 and arrivals <= planned + 10,
        ("%d arrivals, %g were planned"):format(arrivals, planned))
      assert.is_true(rate("/slow", 0.5) > 0)
    end)

    it("says what it does not do", function()
      local s = steered
      s:refused(404, "there is no /v1/nothing; GET / lists what there is", "GET", "/v1/nothing")
      s:refused(404, "there is no profile 4; this stage has 3", "POST", "/v1/profiles/4",
        '{"vus": 1}')
      s:refused(405, "/v1/pause does not take GET; use POST", "GET", "/v1/pause")
      s:refused(400, "the body is not JSON", "POST", "/v1/profiles/1", '{"vus": 5')
      s:refused(400, "vus: ", "POST", "/v1/profiles/1", '{"vus": -1}')
      s:refused(400, "profile 1 (constant-vus) is set by vus", "POST", "/v1/profiles/1",
        '{"rate": 1}')
      s:refused(400, "profile 3 (shared-iterations) does a fixed number", "POST", "/v1/profiles/3",
        '{"vus": 1}')
      s:refused(409, "profile 1 has room for at most 4 users", "POST", "/v1/profiles/1",
        '{"vus": 5}')
      s:refused(413, "", "POST", "/v1/profiles/1", ('{"vus": 1}' .. (" "):rep(70000)))
      assert.equal(415, (curl(s.url .. "/v1/profiles/1", "-d", '{"vus": 1}')))
      assert.equal(403, (curl(s.url .. "/v1/status", "-H", "Origin: http://evil.example")))
      assert.equal(403, (curl(s.url .. "/v1/status", "-H", "Host: evil.example")))
      assert.equal(4, s:status().profiles[1].vus)
    end)

    it("keeps its port: another run cannot have it, and sends nothing", function()
      local r = cli.run_scenario('return { journey = function() http.get "/never" end }',
        { "--control", steered.url:match ":(%d+)$" }, { base_url = httpd.url })
      expect.code(r, 104)
      expect.line(r, "--control: cannot listen on 127.0.0.1:", "in use", "0 for any free one")
      assert.equal(0, count "/never")
    end)

    it("ends the run, which writes its reports and says what was done to it", function()
      steered:tell("POST", "/v1/stop")
      local r = steered.run.finish()
      expect.code(r, 105)
      expect.line(r, "lload: stopped by live control")
      assert.matches("\nINTERRUPTED %(exit 105%): stopped by live control\n$", r.stdout)
      assert.same({ "interrupted", "stopped by live control" },
        { r.result.stop.reason, r.result.stop.detail })
      assert.matches('<error message="INTERRUPTED %(exit 105%): stopped by live control"', r.junit)
      local notes = table.concat(r.result.notes, "\n") .. "\n"
      for _, change in ipairs {
        "profile 1 set to 1 user", "profile 2 set to 200/s", "paused", "resumed",
      } do
        assert.matches("live control, after %d+s: " .. change .. "\n", notes)
      end
      again.same(r)
    end)

    it("is over with the run", function()
      assert.equal("000", (cli.program({ "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
        steered.url .. "/v1/status" }).stdout))
    end)
  end)

  it("takes part from the beginning to the end", function()
    local steered = start([[
return {
  stages = { main = {
    { executor = "constant-arrival-rate", rate = "20/s", max_vus = 20, duration = "2s",
      warmup = "1500ms" },
    { executor = "constant-arrival-rate", rate = "10/s", max_vus = 20, duration = "1s",
      start_time = "1s", journey = "late" },
  } },
  setup = function() http.get "/setup" lload.sleep(1) end,
  teardown = function() lload.sleep(1) end,
  journeys = {
    early = { run = function() http.get "/any/early" end },
    late = { weight = 0, run = function() http.get "/any/late" end },
  },
}]])
    steered:wait_for_phase "setup"
    steered:refused(409, "the stage has not begun", "POST", "/v1/profiles/1", '{"rate": 100}')
    steered:wait_for_phase "warm-up"
    steered:tell("POST", "/v1/profiles/1", '{"rate": 100}')
    steered:tell("POST", "/v1/profiles/2", '{"rate": 50}')
    steered:wait_for_phase "teardown"
    steered:refused(409, "the run is ending", "POST", "/v1/profiles/1", '{"rate": 1}')
    steered:refused(409, "the run is ending", "POST", "/v1/pause")
    local r = steered.run.finish()
    expect.code(r, 0)
    -- What is set in the warm-up is the load of the stage, from the start of each profile on.
    assert.equal(200, expect.request(r, "GET /any/early").count)
    assert.equal(50, expect.request(r, "GET /any/late").count)
    assert.same({
      "live control, in the warm-up: profile 1 set to 100/s",
      "live control, in the warm-up: profile 2 set to 50/s",
    }, r.result.notes)
  end)

  it("leaves a search alone, but may end it", function()
    local steered = start([[
return {
  stages = { main = { executor = "search", from = "20/s", to = "5000/s", max_vus = 50, hold = "4s",
    settle = 0, samples = 5 } },
  thresholds = { http_req_duration = "p(95)<5s" },
  journey = function() http.get "/ok" end,
}]])
    steered:wait_until(function(s) return s.profiles[1].rate == 40 end)
    steered:refused(409, "a search sets its load itself", "POST", "/v1/profiles/1", '{"rate": 5}')
    steered:refused(409, "a search cannot be paused", "POST", "/v1/pause")
    steered:tell("POST", "/v1/stop")
    local r = steered.run.finish()
    expect.code(r, 105)
    assert.matches("the search was cut off; so far %d+/s passed\n", r.stdout)
    assert.matches("stopped by live control\n$", r.stdout)
  end)

  it("goes on with the next file, and ends them all", function()
    local words = { "run", "--base-url", httpd.url, "--control", ":0" }
    for index, duration in ipairs { "1500ms", "60s", "60s" } do
      words[#words + 1] = cli.scenario(([[
return {
  name = "file %d", journey = function() http.get "/any/%d" lload.sleep(0.05) end,
  stages = { main = { executor = "constant-vus", vus = 1, duration = "%s" } },
}]]):format(index, index, duration))
    end
    local steered = steer(cli.start(words))
    steered:wait_until(function(s) return s.scenario == "file 1" and s.phase == "run" end)
    steered:wait_until(function(s) return s.scenario == "file 2" and s.phase == "run" end)
    steered:tell("POST", "/v1/stop")
    local r = steered.run:wait()
    expect.code(r, 105)
    assert.equal(1, expect.line(r, "live control on http://127.0.0.1:"))
    assert.matches("\nfile 1  PASSED: [^\n]*\nfile 2  INTERRUPTED %(exit 105%): stopped by live "
      .. "control\n[^\n]*: 1 of 3 scenarios passed, 1 not run\n$", r.stdout)
    assert.is_true(count "/any/1" > 0 and count "/any/2" > 0)
    assert.equal(0, count "/any/3")
  end)
end)
