--- Thresholds with time on a real run: bad in its second step, good before and after.
local cli = require "spec.support.cli"
local server = require "spec.support.server"

-- Whether an iteration is bad is decided by the plan's clock, not by how fast the machine is.
local STEPS = [[
local bad = lload.rate "bad"
local function act(vu)
  http.get "/ok"
  bad:add(vu.progress > 1/3 and vu.progress < 2/3, { kind = vu.journey })
  lload.sleep(0.05)
end
return {
  stages = { main = { executor = "ramping-vus", start_vus = 4, steps = {
    { duration = 4, target = 4 }, { duration = 4, target = 4 }, { duration = 4, target = 4 } } } },
  journeys = { buy = act, look = act },
  thresholds = {
    bad = { "rate<0.6", "rate<0.6 over 2s", "rate<0.6 over 1s for 1s", "rate<0.6 for 30s",
      "rate<0.6 over 1m" },
    ["bad{step:1}"] = "rate<0.6 over 2s", ["bad{step:2}"] = "rate<0.6 over 2s",
    ["bad{stage:main}"] = "rate<0.6 over 2s", ["bad{stage:other}"] = "rate<0.6 over 2s",
    ["bad{journey:buy,step:2}"] = "rate<0.6 over 2s",
    ["bad{journey:look,step:3}"] = "rate<0.6 over 2s",
    ["bad{kind:buy,step:2,stage:main}"] = "rate<0.6 over 3s",
    ["http_reqs{name:GET /ok,step:2}"] = "count>0 over 2s",
    ["http_reqs{name:GET /none}"] = "count<9 over 2s",
    http_reqs = "count>0 over 3s", vus = "value>0 over 3s",
    ["http_req_duration{name:GET /ok,journey:buy,stage:main,step:3}"] = "count>0 over 2s",
  },
}]]

-- Bad from the fourth second on; it would go on for a minute.
local GETS_BAD = [[
local bad = lload.rate "bad"
return {
  stages = { main = { executor = "constant-vus", vus = 2, duration = 60 } },
  thresholds = { bad = { "rate<0.5 over 2s for 1s", abort_on_fail = true } },
  journey = function(vu)
    bad:add(vu.progress > 3/60)
    lload.sleep(0.05)
  end,
}]]

describe("thresholds with time", function()
  local httpd, runs, result

  setup(function()
    httpd = server.httpd()
    runs = {
      steps = cli.start_scenario(STEPS, {}, { base_url = httpd.url }),
      aborted = cli.start_scenario(GETS_BAD, {}, { base_url = httpd.url }),
    }
    result = runs.steps.finish()
  end)

  teardown(function() httpd:stop() end)

  local function verdict(label, expression)
    for _, t in ipairs(result.result.thresholds) do
      local tags = {}
      for tag, value in pairs(t.tags or {}) do tags[#tags + 1] = tag .. ":" .. value end
      table.sort(tags)
      local name = t.metric .. (#tags > 0 and "{" .. table.concat(tags, ",") .. "}" or "")
      if name == label and t.expression == expression then return t end
    end
    error("no threshold " .. label .. " " .. expression)
  end

  local function assert_verdicts(ok, list)
    for _, item in ipairs(list) do
      local t = verdict(item[1], item[2])
      assert.same({ item[1], item[2], ok }, { item[1], item[2], t.ok }, tostring(t.actual))
    end
  end

  it("find a bad stretch that the whole run hides, and say when it was", function()
    assert.equal(99, result.code, result.stderr)
    assert_verdicts(true, { { "bad", "rate<0.6" }, { "bad", "rate<0.6 over 1m" } })
    local t = verdict("bad", "rate<0.6 over 2s")
    assert.same({ false, 2 }, { t.ok, t.over_s })
    assert.is_true(t.actual > 0.9, t.actual)
    assert.is_true(t.at_s > 5 and t.at_s < 10, t.at_s)
    assert.is_nil(t.for_s)
  end)

  it("judge a run that is shorter than the window over all of it", function()
    local t = verdict("bad", "rate<0.6 over 1m")
    assert.is_near(result.result.metrics.bad.rate, t.actual, 1e-9)
  end)

  it("tell a breach that lasts from one that does not", function()
    local lasting, short = verdict("bad", "rate<0.6 over 1s for 1s"),
      verdict("bad", "rate<0.6 for 30s")
    assert.same({ false, true }, { lasting.ok, short.ok })
    assert.is_true(lasting.breached_s >= 0.9)
    assert.same({ 1, 1, 10, 30 }, { lasting.over_s, lasting.for_s, short.over_s, short.for_s })
    assert.is_true(short.margin > 0)
  end)

  it("judge the samples of a step, a stage, a journey, a name, and of all at once", function()
    assert_verdicts(true, {
      { "bad{step:1}", "rate<0.6 over 2s" }, { "bad{journey:look,step:3}", "rate<0.6 over 2s" },
      { "http_reqs{name:GET /ok,step:2}", "count>0 over 2s" },
      { "http_req_duration{journey:buy,name:GET /ok,stage:main,step:3}", "count>0 over 2s" },
      { "http_reqs", "count>0 over 3s" }, { "vus", "value>0 over 3s" },
    })
    assert_verdicts(false, {
      { "bad{step:2}", "rate<0.6 over 2s" }, { "bad{stage:main}", "rate<0.6 over 2s" },
      { "bad{journey:buy,step:2}", "rate<0.6 over 2s" },
      { "bad{kind:buy,stage:main,step:2}", "rate<0.6 over 3s" },
    })
  end)

  it("take what matches nothing for no data", function()
    for label, expression in pairs {
      ["bad{stage:other}"] = "rate<0.6 over 2s", ["http_reqs{name:GET /none}"] = "count<9 over 2s",
    } do
      local t = verdict(label, expression)
      assert.same({ false, false }, { t.ok, t.data })
      assert.is_nil(t.actual)
    end
  end)

  it("stop the run soon after the breach can be seen", function()
    local run = runs.aborted.finish()
    assert.equal(99, run.code, run.stderr)
    assert.equal("threshold", run.result.stop.reason)
    assert.matches("^bad rate<0.5 over 2s for 1s was ", run.result.stop.detail)
    assert.is_true(run.result.duration_s < 30, run.result.duration_s)
    assert.is_true(run.result.thresholds[1].at_s > 3)
  end)
end)
