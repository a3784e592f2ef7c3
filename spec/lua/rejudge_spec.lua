--- A stored result judged by other thresholds, on windows made up.

local fake = require "spec.support.fake_engine"
local rejudge = require "lload.rejudge"

-- Windows of a second each; `series` says how long requests took in each of them.
local function windows_of(series, count)
  local asked = {}
  local windows = { asked = asked }
  function windows.series()
    local names = {}
    for name in pairs(series) do names[#names + 1] = name end
    return names
  end
  function windows.times()
    local times = {}
    for i = 1, count do times[i] = { i - 1, i } end
    return times
  end
  function windows.value(_, name, agg, x)
    asked[#asked + 1] = ("%s %s %s"):format(name, agg, tostring(x))
    return series[name][1]
  end
  function windows.value_of(_, name, _, _, indices)
    local worst
    for _, index in ipairs(indices) do worst = math.max(worst or 0, series[name][index]) end
    return worst
  end
  return windows
end

local function model()
  local final = fake.final()
  return {
    scenario = { name = "shop", stage = "spike" }, duration_s = 20, exit_code = 0,
    verdict = "passed", validity = { verdict = "ok", reasons = {} }, thresholds = {},
    metrics = final.metrics, requests = final.requests, steps = final.steps,
    journeys = final.journeys, checks = final.checks, windows = final.windows,
    script_errors = {}, iteration_failures = {},
  }
end

local function judge(m, windows, ...)
  local given = {}
  for index, text in ipairs { ... } do
    local key, expression = require("lload.threshold").split(text)
    given[index] = { key = key, expression = expression }
  end
  return rejudge.judge(m, windows, given)
end

describe("a stored result judged anew", function()
  it("takes from the result what it has", function()
    local m, windows = model(), windows_of({ http_req_duration = { 1 } }, 1)
    assert.same({}, judge(m, windows, "http_req_duration: p(95)<251", "http_reqs: count==5000",
      "http_req_failed: rate<1%", "http_req_duration{name:POST /api/cart/add}: p(99)<1s",
      "http_req_failed{name:POST /api/cart/add}: rate<=0.003", "vus: max<=500",
      "http_req_duration{step:2}: p(95)<1s", "http_reqs{step:1}: count==482",
      "iterations{journey:buy}: count==1000", "checks{check:order is shown}: rate==1",
      "http_req_duration{stage:spike}: med<96",
      "http_req_waiting{name:GET /api/orders/:id}: avg<41"))
    assert.same({}, windows.asked)
    for _, t in ipairs(m.thresholds) do assert.is_true(t.ok and t.data, t.expression) end
    assert.equal(250, m.thresholds[1].actual)
    assert.equal(0, m.exit_code)
  end)

  it("takes from the windows what else there is", function()
    local m = model()
    local windows = windows_of({
      http_req_duration = { 7 }, ["http_req_duration{group:pay,page:a}"] = { 8 },
    }, 1)
    assert.same({}, judge(m, windows, "http_req_duration: p(42)<7",
      "http_req_duration{page:a,group:pay}: p(95)<9"))
    assert.same({
      "http_req_duration p 42", "http_req_duration{group:pay,page:a} p 95",
    }, { windows.asked[1], windows.asked[#windows.asked] })
    assert.is_false(m.thresholds[1].ok)
    assert.is_true(m.thresholds[2].ok)
    assert.equal(99, m.exit_code)
    assert.equal("failed", m.verdict)
  end)

  it("looks at every window for what slides", function()
    local m = model()
    local slow = { 1, 1, 9, 1, 1, 5, 5, 5, 1, 1 }
    assert.same({}, judge(m, windows_of({ http_req_duration = slow }, 10),
      "http_req_duration: p(95)<9 over 2s", "http_req_duration: p(95)<3 for 5s",
      "http_req_duration: p(95)<10 over 3s"))
    assert.equal(9, m.thresholds[1].actual)
    assert.is_false(m.thresholds[1].ok)
    assert.is_false(m.thresholds[2].ok)
    assert.is_true(m.thresholds[2].breached_s >= 5)
    assert.is_true(m.thresholds[3].ok)
  end)

  it("has no data for names and checks that never were", function()
    local m = model()
    assert.same({}, judge(m, nil, "http_req_duration{name:GET /never}: p(95)<1s",
      "checks{check:never}: rate==1",
      "http_req_failed_duration{name:GET /api/orders/:id}: max<1s"))
    for _, t in ipairs(m.thresholds) do assert.same({ false, false }, { t.ok, t.data }) end
  end)

  it("names what it cannot judge, and leaves the result as it was", function()
    local m = model()
    local problems = judge(m, nil, "http_req_duration: p(42)<7", "http_reqs{group:a}: count>1",
      "data_sent: count>1 over 5s")
    assert.equal(3, #problems)
    assert.matches("no windows.hlog beside the result", problems[1], 1, true)
    assert.matches("of counters, rates and gauges", problems[2], 1, true)
    assert.matches("http_reqs and http_req_failed of each window", problems[3], 1, true)
    assert.same({}, m.thresholds)
    assert.matches("unknown metric", judge(m, nil, "http_rqs: count>1")[1])
    m.search = {}
    assert.matches("a search judges each of its levels", judge(m, nil, "http_reqs: count>1")[1])
  end)
end)
