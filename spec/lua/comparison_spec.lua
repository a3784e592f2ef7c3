--- The verdict between results: what can be compared, what counts, and how it is told.

local comparison = require "lload.compare.comparison"
local console = require "lload.report.compare_console"
local json = require "lload.report.json"
local junit = require "lload.report.compare_junit"
local many = require "lload.compare.many"
local markdown = require "lload.report.compare_markdown"
local simulated = require "spec.support.simulated_runs"
local words = require "lload.compare.words"

-- A result with some endpoints: { name = { p95, failed } }.
local function result(endpoints, more)
  local requests = {}
  for name, one in pairs(endpoints) do
    requests[#requests + 1] = {
      name = name, count = 1000, failed = one.failed or 0, rate = 50,
      duration = one.p95 and {
        count = 1000, avg = one.p95 / 2, med = one.p95 / 2, ["p(95)"] = one.p95,
        ["p(99)"] = one.p95 * 1.5, max = one.p95 * 2,
      },
      phases = one.p95 and { waiting = { avg = one.p95 / 2 - 1 }, receiving = { avg = 1 } },
      errors = one.errors,
    }
  end
  local model = {
    schema = "lload/result/1", lload = "0.1.0", verdict = "passed", exit_code = 0,
    started = "2026-01-31T10:00:00.000Z",
    scenario = { name = "shop", stage = "ramp", source = "aa" }, validity = { verdict = "ok" },
    settings = { target = "staging" }, machine = { cpu = "fast", cpus = 8 },
    metrics = { http_reqs = { type = "counter", count = 1000 * #requests } },
    requests = requests, thresholds = {},
  }
  for key, value in pairs(more or {}) do model[key] = value end
  return model
end

local function runs(...)
  local list = {}
  for index, one in ipairs { ... } do list[index] = { result = one, file = "run" .. index } end
  return list
end

-- Five runs around a p95, and the same again.
local function five(name, p95, failed)
  local list = {}
  for index, factor in ipairs { 0.98, 1, 1.02, 0.99, 1.01 } do
    list[index] = result { [name] = { p95 = p95 * factor, failed = failed } }
  end
  return runs(unpack(list))
end

local function compare(base, new) return comparison.compare(base, new) end

describe("a comparison", function()
  it("finds what became slower, and names it", function()
    local model = compare(five("GET /users/:id/orders", 245), five("GET /users/:id/orders", 890))
    assert.equal("regression", model.verdict)
    assert.equal(96, model.exit_code)
    assert.equal("`GET /users/:id/orders` p95: 245ms -> 890ms (+263%)",
      words.latency_line(model.endpoints[1]))
    assert.matches("the first byte came later", model.endpoints[1].symptom)
    assert.is_false(model.weak)
  end)

  it("names the threshold that the endpoint has", function()
    local new = five("GET /", 890)
    new[1].result.thresholds = {
      { metric = "http_req_duration", tags = { name = "GET /" }, expression = "p(99)<2s" },
      { metric = "http_req_duration", tags = { name = "GET /" }, expression = "p(95)<300" },
    }
    assert.equal("`GET /` p95: 245ms -> 890ms (+263%, threshold: 300ms)",
      words.latency_line(compare(five("GET /", 245), new).endpoints[1]))
  end)

  it("tells improvements, and passes", function()
    local model = compare(five("GET /", 400), five("GET /", 200))
    assert.equal("improvement", model.verdict)
    assert.equal(0, model.exit_code)
  end)

  it("wants a relative change, an absolute one, and significance", function()
    assert.equal("unchanged", compare(five("a", 1000), five("a", 1080)).verdict) -- below 10 %
    assert.equal("unchanged", compare(five("a", 4), five("a", 8)).verdict) -- below 5 ms
    local torn = runs(result { a = { p95 = 50 } }, result { a = { p95 = 300 } },
      result { a = { p95 = 700 } })
    local model = compare(torn, torn)
    assert.equal("unchanged", model.verdict)
    model = compare(torn, runs(result { a = { p95 = 800 } }))
    assert.equal("unclear", model.endpoints[1].verdict)
    assert.equal(0, model.exit_code)
  end)

  it("finds errors that became more", function()
    local model = compare(five("a", 100, 2), five("a", 100, 60))
    assert.equal("regression", model.verdict)
    assert.equal("regression", model.endpoints[1].errors.verdict)
    assert.equal("unchanged", model.endpoints[1].p95.verdict)
  end)

  it("finds an endpoint that only fails now", function()
    local model = compare(five("a", 100), runs(result { a = { failed = 1000 } }))
    assert.equal("regression", model.verdict)
    assert.is_nil(model.endpoints[1].p95)
  end)

  -- Histograms beside a result: so many requests a window, so many of them failed.
  local function windows_of(failed)
    return {
      times = function() return failed end,
      resampled = function() return {} end,
      counts = function(_, series)
        local counts = {}
        for i, hits in ipairs(failed) do
          counts[i] = series:find "failed" and hits or 50 - hits
        end
        return counts
      end,
    }
  end

  local function with_failures(failed, more)
    local sum = 0
    for _, hits in ipairs(failed) do sum = sum + hits end
    local list = runs(result({ a = { p95 = 100, failed = sum } }, more))
    list[1].windows = windows_of(failed)
    return list
  end

  it("takes failures of one bad second for one event, those of all seconds for many", function()
    local none, burst, steady = {}, {}, {}
    for i = 1, 20 do none[i], burst[i], steady[i] = 0, i == 7 and 40 or 0, 2 end
    local model = compare(with_failures(none), with_failures(burst))
    assert.equal("unclear", model.endpoints[1].errors.verdict)
    model = compare(with_failures(none), with_failures(steady))
    assert.equal("regression", model.endpoints[1].errors.verdict)
    assert.is_near(0.04, model.endpoints[1].errors.new, 1e-12)
  end)

  it("counts timeouts as failures, which histograms have among the durations", function()
    local none, seconds = {}, {}
    for i = 1, 20 do none[i], seconds[i] = 0, { requests = 50, failed = 2 } end
    local timed_out = with_failures(none, { windows = seconds })
    timed_out[1].result.requests[1].failed = 40
    local model = compare(with_failures(none), timed_out)
    assert.is_near(0.04, model.endpoints[1].errors.new, 1e-12)
    assert.equal("regression", model.endpoints[1].errors.verdict)
  end)

  it("does not believe errors of one run among several", function()
    local base = five("a", 100)
    local new = five("a", 100)
    new[3].result.requests[1].failed = 300
    assert.equal("unclear", compare(base, new).endpoints[1].errors.verdict)
  end)

  it("finds one endpoint of many that changed, also between two runs", function()
    local function one_run(p95)
      local endpoints = { slow = { p95 = p95 } }
      for i = 1, 49 do endpoints["GET /" .. i] = { p95 = 100 } end
      local list = runs(result(endpoints))
      local values = {}
      for i = 1, 60 do values[i] = 1 + (i * 7919 % 21 - 10) / 200 end
      list[1].windows = {
        times = function() return values end,
        counts = function() return {} end,
        resampled = function(_, series, _, _, _, draws)
          local means = simulated.means(values, draws)
          for i, mean in ipairs(means) do
            means[i] = mean * (series:find "slow" and p95 or 100)
          end
          return means
        end,
      }
      return list
    end
    local model = compare(one_run(100), one_run(150))
    assert.equal("regression", model.verdict)
    for _, one in ipairs(model.endpoints) do
      assert.equal(one.name == "slow" and "regression" or "unchanged", one.verdict)
    end
  end)

  it("accuses nobody who did not change", function()
    local base, new = {}, {}
    for index, factor in ipairs { 0.98, 1, 1.02, 0.99, 1.01 } do
      base[index] = result { a = { p95 = 100 * factor }, b = { p95 = 300 / factor } }
      new[index] = result { a = { p95 = 150 * factor }, b = { p95 = 300 * factor } }
    end
    local model = compare(runs(unpack(base)), runs(unpack(new)))
    assert.same({ "a", "regression" }, { model.endpoints[1].name, model.endpoints[1].verdict })
    assert.same({ "b", "unchanged" }, { model.endpoints[2].name, model.endpoints[2].verdict })
  end)

  it("lists endpoints that are gone, and new ones", function()
    local model = compare(runs(result { a = { p95 = 1 }, b = { p95 = 1 } }),
      runs(result { b = { p95 = 1 }, c = { p95 = 1 } }))
    assert.same({ { "a" }, { "c" } }, { model.gone, model.new_endpoints })
  end)
end)

describe("runs", function()
  local function differing(more)
    return compare(runs(result({ a = { p95 = 10 } }, more)), runs(result { a = { p95 = 10 } }))
  end

  it("of another scenario, stage, target, version or machine are never green", function()
    for _, more in ipairs {
      { scenario = { name = "shop", stage = "ramp", source = "bb" } },
      { scenario = { name = "other", stage = "ramp", source = "aa" } },
      { scenario = { name = "shop", stage = "soak", source = "aa" } },
      { settings = { target = "production" } }, { lload = "0.2.0" },
      { machine = { cpu = "slow", cpus = 8 } },
    } do
      local model = differing(more)
      assert.equal("not_comparable", model.verdict)
      assert.equal(98, model.exit_code)
      assert.equal(1, #model.differences)
    end
  end)

  it("that are invalid, were interrupted or sent nothing are left out", function()
    for _, more in ipairs {
      { validity = { verdict = "invalid" } }, { verdict = "interrupted" }, { metrics = {} },
    } do
      local model = differing(more)
      assert.equal("inconclusive", model.verdict)
      assert.equal(98, model.exit_code)
      assert.equal(1, #model.notes)
    end
  end)

  it("counts a run that is named twice once", function()
    local new = result({ a = { p95 = 300 } }, { duration_s = 12 })
    local model = compare(five("a", 100), runs(new, new))
    assert.equal(1, #model.new)
    assert.matches("same run", model.notes[1])
  end)

  it("one a side without windows can only tell what did not change", function()
    local function one_each(after)
      return compare(runs(result { a = { p95 = 100 } }), runs(result { a = { p95 = after } }))
    end
    assert.equal("unchanged", one_each(105).verdict)
    assert.equal("inconclusive", one_each(200).verdict)
    assert.is_true(one_each(200).weak)
  end)
end)

describe("several scenarios", function()
  it("are compared each with its own kind", function()
    local function named(name, p95)
      return result({ a = { p95 = p95 } },
        { scenario = { name = name, stage = "ramp", source = name } })
    end
    local base = runs(named("one", 100), named("one", 101), named("two", 100), named("two", 101))
    local new = runs(named("one", 100), named("one", 101), named("two", 300), named("two", 303))
    local model = many.compare(base, new, comparison.DEFAULTS)
    assert.equal("lload/comparisons/1", model.schema)
    assert.equal(96, model.exit_code)
    assert.same({ "unchanged", "regression" },
      { model.comparisons[1].verdict, model.comparisons[2].verdict })
  end)
end)

describe("the reports of a comparison", function()
  local model = compare(five("GET /a", 100, 2), five("GET /a", 300, 2))

  it("show the change, and end with the verdict", function()
    local text = console.render(model, { width = 100 })
    assert.matches("WORSE  GET /a", text)
    assert.matches("REGRESSION %(exit 96%): 1 endpoint of 1 got worse\n$", text)
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 110) end
  end)

  it("are JSON that says the same", function()
    local decoded = require("cjson").decode(json.render_comparison(model))
    assert.equal("lload/compare/1", decoded.schema)
    assert.equal("regression", decoded.endpoints[1].verdict)
    assert.is_near(2, decoded.endpoints[1].p95.change, 0.01)
  end)

  it("are JUnit, red exactly when the exit code is", function()
    local xml = junit.render(model)
    assert.matches('failures="2" errors="0"', xml) -- the endpoint, and the whole
    assert.matches('classname="shop.GET /a" name="against the base"', xml)
    assert.matches("300ms %(%+200%%%)", xml)
    local foreign = compare(five("a", 1), runs(result({ a = { p95 = 1 } }, { lload = "9" })))
    assert.matches('failures="0" errors="1"', junit.render(foreign))
    assert.matches('failures="0" errors="0"', junit.render(compare(five("a", 1), five("a", 1))))
  end)

  it("are Markdown with the line people look for", function()
    local text = markdown.render(model)
    assert.matches("^### REGRESSION %(exit 96%)", text)
    assert.truthy(text:find("- `GET /a` p95: 100ms -> 300ms (+200%)", 1, true))
    assert.truthy(text:find("consistent with", 1, true))
  end)

  it("are Markdown that fits a comment, however many endpoints there are", function()
    local before, after = {}, {}
    for i = 1, 500 do
      local name = ("GET /%03d`|<b>@all%s"):format(i, ("x"):rep(180))
      before[name], after[name] = { p95 = 100 }, { p95 = i <= 250 and 300 or 100 }
    end
    local function side(endpoints)
      return runs(result(endpoints), result(endpoints), result(endpoints))
    end
    local text = markdown.render(compare(side(before), side(after)))
    assert.is_true(#text <= 65000)
    assert.truthy(text:find("250 endpoints of 500 got worse", 1, true))
  end)
end)
