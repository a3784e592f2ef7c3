--- Live control: every route, every refusal with its remedy, on a fake run.

local cjson = require "cjson"
local live = require "lload.live"

-- A run that notes what it was told; `refusal` is what its actions answer with.
local function fake_run(refusal)
  local run = { calls = {}, refusal = refusal }
  local function note(...)
    run.calls[#run.calls + 1] = { ... }
    if run.refusal then return nil, run.refusal end
    return true
  end
  function run.status()
    return {
      scenario = "shop", stage = "spike", phase = "run", elapsed_s = 12.5, total_s = 60,
      paused = #run.calls > 0,
      profiles = {
        { index = 1, executor = "constant-vus", kind = "vus", vus = 50, max_vus = 100, step = 1 },
        { index = 2, executor = "constant-arrival-rate", kind = "arrivals", vus = 3, rate = 10 },
        { index = 3, executor = "shared-iterations", kind = "shared", vus = 5 },
      },
    }
  end
  function run.metrics() return { http_reqs = { type = "counter", count = 7, rate = 0.5 } } end
  function run.pause() return note "pause" end
  function run.resume() return note "resume" end
  function run.stop() return note "stop" end
  function run.set_load(_, index, load) return note("set_load", index, load) end
  return run
end

local function ask(run, method, path, body)
  return live.handle({ method = method, path = path, body = body }, run)
end

describe("live control", function()
  local run
  before_each(function() run = fake_run() end)

  it("tells the status", function()
    local status, answer = ask(run, "GET", "/v1/status")
    assert.equal(200, status)
    assert.same(run.status(), answer)
    assert.same({}, run.calls)
  end)

  it("tells the metrics", function()
    local status, answer = ask(run, "GET", "/v1/metrics")
    assert.equal(200, status)
    assert.same({ metrics = run.metrics() }, answer)
  end)

  it("lists its routes, all of which exist", function()
    local status, answer = ask(run, "GET", "/")
    assert.equal(200, status)
    local listed = {}
    for _, route in ipairs(answer.routes) do
      listed[#listed + 1] = route.method .. " " .. route.path
      assert.is_true(#route.does > 10)
      local code = ask(run, route.method, (route.path:gsub("N$", "1")), '{"vus": 1}')
      assert.equal(200, code, listed[#listed])
    end
    assert.same({
      "GET /", "GET /v1/status", "GET /v1/metrics", "POST /v1/pause", "POST /v1/resume",
      "POST /v1/stop", "PATCH /v1/profiles/N", "POST /v1/profiles/N",
    }, listed)
  end)

  for _, action in ipairs { "pause", "resume", "stop" } do
    it(action .. "s, and answers with the status after it", function()
      local status, answer = ask(run, "POST", "/v1/" .. action, "")
      assert.equal(200, status)
      assert.same({ { action } }, run.calls)
      assert.is_true(answer.paused)
    end)

    it("says why it cannot " .. action, function()
      run = fake_run "the run is over"
      assert.same({ 409, { error = "the run is over" } }, { ask(run, "POST", "/v1/" .. action) })
    end)
  end

  it("takes an action that answers nothing as done", function()
    run.pause = function() end
    assert.equal(200, (ask(run, "POST", "/v1/pause")))
  end)

  for _, method in ipairs { "PATCH", "POST" } do
    it("sets the load with " .. method, function()
      for _, case in ipairs {
        { "1", '{"vus": 50}', 1, { vus = 50 } },
        { "1", '{"vus": 0}', 1, { vus = 0 } },
        { "1", '{"vus": "50"}', 1, { vus = 50 } },
        { "01", ' {"vus": 1e3} ', 1, { vus = 1000 } },
        { "2", '{"rate": 100}', 2, { rate = 100 } },
        { "2", '{"rate": "30/m"}', 2, { rate = 0.5 } },
        { "2", '{"rate": "100/s"}', 2, { rate = 100 } },
      } do
        run.calls = {}
        local status, answer = ask(run, method, "/v1/profiles/" .. case[1], case[2])
        assert.equal(200, status, answer.error)
        assert.same({ { "set_load", case[3], case[4] } }, run.calls)
      end
    end)
  end

  it("passes on why the load cannot be set", function()
    run = fake_run "100 users are the most; raise max_vus in the file"
    assert.same({ 409, { error = run.refusal } },
      { ask(run, "PATCH", "/v1/profiles/1", '{"vus": 101}') })
  end)
end)

describe("live control refuses", function()
  local function refused(status, part, ...)
    local run = fake_run()
    local code, answer = ask(run, ...)
    assert.equal(status, code)
    assert.truthy(answer.error:find(part, 1, true), answer.error)
    assert.same({}, run.calls)
  end

  it("paths that do not exist", function()
    for _, path in ipairs {
      "/v2/status", "/v1/status/", "/v1", "", "//", "v1/status", "/v1/status%00",
      "/v1/profiles", "/v1/profiles/", "/v1/profiles/x", "/v1/profiles/1/2", "/v1/profiles/-1",
      "/v1/profiles/N",
    } do
      refused(404, "GET / lists what there is", "GET", path)
    end
    refused(404, "there is no /nope;", "POST", "/nope")
  end)

  it("other methods, and names the right ones", function()
    refused(405, "/v1/pause does not take GET; use POST", "GET", "/v1/pause")
    refused(405, "/v1/status does not take POST; use GET", "POST", "/v1/status")
    refused(405, "/v1/profiles/1 does not take DELETE; use PATCH or POST",
      "DELETE", "/v1/profiles/1")
    refused(405, "does not take get; use GET", "get", "/")
  end)

  it("profiles that do not exist", function()
    for _, number in ipairs { "0", "4", ("9"):rep(400) } do
      refused(404, "; this stage has 3, see GET /v1/status", "PATCH", "/v1/profiles/" .. number,
        '{"vus": 1}')
    end
  end)

  it("bodies that are not JSON, or not an object", function()
    local function bad(part, body) refused(400, part, "PATCH", "/v1/profiles/1", body) end
    bad('the body is empty; send {"vus": 50} or', nil)
    bad("the body is empty", "")
    bad("the body is empty", " \n")
    bad("the body is not JSON (Expected", "vus=50")
    bad("the body is not JSON", '{"vus": 50')
    bad("the body is not JSON", '{"vus": 50} x')
    bad("the body is not JSON", "\0\255")
    bad("the body is not JSON", ("["):rep(5000))
    for _, body in ipairs { "50", '"vus"', "null", "true", "[1]", "[{}]" } do
      bad("the body is not an object; send", body)
    end
  end)

  it("bodies that do not say one load", function()
    local function bad(part, body) refused(400, part, "PATCH", "/v1/profiles/1", body) end
    bad("needs vus or rate, and not both", "{}")
    bad("needs vus or rate, and not both", "[]")
    bad("needs vus or rate, and not both", '{"vus": 1, "rate": 1}')
    bad('unknown key "vuss", did you mean "vus"?; send', '{"vuss": 1}')
    bad('unknown key "max_vus"', '{"max_vus": 10, "vus": 1}')
  end)

  it("values that are no load", function()
    for _, value in ipairs { "-1", "1.5", '"many"', "null", "true", "{}", "[]", "NaN", "1e300" } do
      refused(400, "vus: ", "PATCH", "/v1/profiles/1", ('{"vus": %s}'):format(value))
    end
    refused(400, "vus: 1000001 is out of range, 0 to 1,000,000", "PATCH", "/v1/profiles/1",
      '{"vus": 1000001}')
    for _, value in ipairs { "-1", '"fast"', '"5/x"', "null", "{}", "NaN", "1e300" } do
      refused(400, "rate: ", "PATCH", "/v1/profiles/2", ('{"rate": %s}'):format(value))
    end
    refused(400, "rate: is more than 1,000,000/s", "PATCH", "/v1/profiles/2",
      '{"rate": "1000001/s"}')
  end)

  it("a load in the wrong unit", function()
    refused(400, 'profile 1 (constant-vus) is set by vus; send {"vus": …}', "PATCH",
      "/v1/profiles/1", '{"rate": 5}')
    refused(400, 'profile 2 (constant-arrival-rate) is set by rate; send {"rate": …}', "PATCH",
      "/v1/profiles/2", '{"vus": 5}')
    refused(400, "profile 3 (shared-iterations) does a fixed number of iterations", "PATCH",
      "/v1/profiles/3", '{"vus": 5}')
  end)

  it("and shows only the beginning of what is long", function()
    local _, answer = ask(fake_run(), "GET", "/" .. ("%"):rep(10000) .. "\27")
    assert.is_true(#answer.error < 200, answer.error)
  end)
end)

describe("the text of an answer", function()
  it("is JSON in a fixed order", function()
    local status, text = live.respond({ method = "GET", path = "/v1/status" }, fake_run())
    assert.equal(200, status)
    assert.same(fake_run().status(), cjson.decode(text))
    local keys = {}
    for key in text:gmatch '"([%w_]+)":' do keys[#keys + 1] = key end
    assert.equal("scenario stage phase elapsed_s total_s paused profiles index executor kind vus "
      .. "max_vus step", table.concat(keys, " ", 1, 13))
  end)

  it("keeps no metrics an object, and no profiles a list", function()
    local run = fake_run()
    run.metrics = function() return {} end
    run.status = function() return { profiles = {} } end
    assert.equal('{ "metrics": {} }\n',
      select(2, live.respond({ method = "GET", path = "/v1/metrics" }, run)))
    assert.equal('{ "profiles": [] }\n',
      select(2, live.respond({ method = "GET", path = "/v1/status" }, run)))
  end)

  it("says so when the run fails to answer", function()
    local run = fake_run()
    run.pause = function() error "out of order" end
    local status, text = live.respond({ method = "POST", path = "/v1/pause" }, run)
    assert.equal(500, status)
    assert.matches("internal error of lload.*out of order", cjson.decode(text).error)
  end)

  it("survives any bytes in a path", function()
    local status, text = live.respond({ method = "GET", path = '/"\\\0\1\255\n%s%d' }, fake_run())
    assert.equal(404, status)
    assert.matches("there is no /", cjson.decode(text).error)
  end)
end)
