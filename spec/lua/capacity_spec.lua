--- Capacity: levels, limits and the law of servers that are known, and what must not be believed.

local console = require "lload.report.capacity_console"
local fit = require "lload.capacity.fit"
local json = require "lload.report.capacity_json"
local levels_of = require "lload.capacity.levels"
local markdown = require "lload.report.capacity_markdown"
local model_of = require "lload.capacity.model"
local stepped = require "spec.support.stepped_runs"
local trust = require "lload.capacity.trust"
local words = require "lload.capacity.words"

-- A pool of 20 that takes 50 ms: 400 requests a second.
local CLOSED = stepped.closed(20, 0.05)
local OPEN = stepped.open(20, 0.05, 10)

local function p95_below(ms)
  return { thresholds = { { metric = "http_req_duration", expression = ("p(95)<%d"):format(ms),
    ok = false, data = true } } }
end

local function capacity(result) return assert(model_of.of { result = result, file = "r.json" }) end

local function limit_of(model, kind)
  for _, limit in ipairs(model.limits) do
    if limit.kind == kind then return limit end
  end
end

describe("the capacity of a pool under users", function()
  local model = capacity(stepped.result("vus", { 5, 10, 20, 40, 60, 80 }, CLOSED, p95_below(125)))

  it("breaks where the straight line between two levels meets the threshold", function()
    -- 40 users wait 100 ms, 60 wait 150 ms: 125 ms is in the middle.
    local point = model.breaking_point
    assert.same({ 40, 60 }, { point.good, point.bad })
    assert.is_near(50, point.load, 1e-9)
    assert.is_near(400, point.rps, 1e-9)
    assert.equal("breaks at ~50 VUs, 400 req/s: p95 crosses 125ms (between 40 and 60)",
      words.breaking_point(model))
  end)

  it("has a ceiling below it, in throughput and in users that do not wait", function()
    -- 80 % of 400 is 320, which 16 users of 50 ms make.
    assert.is_near(320, model.ceiling.rps, 1e-9)
    assert.is_near(16, model.ceiling.load, 1e-9)
  end)

  it("has its knee where the pool is full", function()
    assert.equal(20, limit_of(model, "knee").load)
  end)

  it("tells nothing of errors that there were none of", function()
    local errors = limit_of(model, "errors")
    assert.is_nil(errors.bad)
    assert.equal("errors cross 5% nowhere in the tested range", words.limit("vus", errors))
  end)

  it("agrees with Little at every level", function()
    for _, level in ipairs(model.levels) do
      assert.is_true(level.stationary)
      assert.is_near(level.load, level.little, 1e-9)
    end
  end)

  it("names the endpoints by their share of the time", function()
    assert.same({ { "GET /a", 0.75 }, { "GET /b", 0.25 } }, {
      { model.endpoints[1].name, model.endpoints[1].share },
      { model.endpoints[2].name, model.endpoints[2].share } })
  end)
end)

describe("the capacity of a pool under arrivals", function()
  local model = capacity(stepped.result("rate", { 100, 200, 300, 380, 480 }, OPEN))

  it("breaks where what is achieved falls below what is offered", function()
    local achieved = limit_of(model, "achieved")
    assert.same({ 380, 480 }, { achieved.good, achieved.bad })
    -- From all of 380 to 400 / 480 of what is offered: 95 % is at 0.3 of the way.
    assert.is_near(380 + 100 * 0.05 / (1 - 400 / 480), achieved.load, 1e-9)
    assert.equal(achieved, model.breaking_point)
  end)

  it("counts iterations that make several requests as what they are", function()
    local result = stepped.result("rate", { 100, 200, 300, 380, 480 }, function(rate)
      local seen = OPEN(rate)
      seen.rps = seen.rps * 3
      return seen
    end)
    result.metrics.iterations.count = result.metrics.http_reqs.count / 3
    local three = capacity(result)
    assert.is_near(limit_of(model, "achieved").load, limit_of(three, "achieved").load, 1e-9)
  end)
end)

describe("a limit", function()
  -- p95 of each level, in order of its load.
  local function of(values)
    local loads, at = {}, {}
    for index, ms in ipairs(values) do loads[index], at[index * 10] = index * 10, ms end
    return limit_of(capacity(stepped.result("vus", loads, function(load)
      return { rps = load, ms = at[load], in_flight = load * at[load] / 1000 }
    end, p95_below(100))), "threshold")
  end

  it("does not follow a hiccup below, nor a lucky level above", function()
    assert.same({ 40, 50, 1 }, { of({ 50, 130, 60, 70, 150, 200 }).good,
      of({ 50, 130, 60, 70, 150, 200 }).bad, of({ 50, 130, 60, 70, 150, 200 }).disagree })
    local lucky = of { 50, 60, 150, 90, 200, 300 }
    assert.same({ 20, 30, 1 }, { lucky.good, lucky.bad, lucky.disagree })
  end)

  it("that the lowest level breaks already has no bracket", function()
    local limit = of { 150, 200, 300 }
    assert.same({ 10 }, { limit.bad })
    assert.is_nil(limit.good)
    assert.matches("at the lowest level already, 10 VUs", words.limit("vus", limit))
  end)

  it("that no level breaks is crossed nowhere", function()
    assert.matches("nowhere in the tested range", words.limit("vus", of { 10, 20, 30 }))
  end)

  it("on errors lies at 5 %", function()
    local model = capacity(stepped.result("vus", { 10, 20, 30 }, function(load)
      return { rps = load, ms = 100, in_flight = load / 10, error_rate = load == 30 and 0.1 or 0 }
    end))
    local errors = limit_of(model, "errors")
    assert.is_near(25, errors.load, 1e-9)
    assert.equal(errors, model.breaking_point)
  end)

  it("that nothing stored tells is said to be so", function()
    local model = capacity(stepped.result("vus", { 10, 20, 30 }, CLOSED, { thresholds = {
      { metric = "checks", expression = "rate>0.99", ok = true, data = true } } }))
    assert.matches("checks rate: cannot be told of single levels", words.limit("vus",
      limit_of(model, "threshold")))
  end)
end)

describe("a level is not believed", function()
  local function judged(result)
    local set = assert(levels_of.of { result = result, file = "r.json" })
    trust.judge(set, result)
    return set
  end

  it("for the fit when the counts say other than Little's law", function()
    local result = stepped.result("vus", { 10, 20, 30, 40 }, function(load)
      local seen = CLOSED(load)
      -- 10 % off, and users without think time do not vary
      if load == 30 then seen.in_flight = 27 end
      return seen
    end)
    local set = judged(result)
    assert.same({ true, true, false, true }, { set.list[1].stationary, set.list[2].stationary,
      set.list[3].stationary, set.list[4].stationary })
    local model = capacity(result)
    assert.equal(3, model.fit.points)
    assert.matches("30 VUs not stationary: 27 requests in flight were counted, Little's law .* 30",
      table.concat(words.doubts(model), "\n"))
  end)

  -- 10 counts of a Poisson number of 5 have a standard error of sqrt(5 / 10) = 0.71.
  it("unless chance explains it", function()
    local function stationary(counted)
      return judged(stepped.result("rate", { 50, 100 }, function(rate)
        return { rps = rate, ms = 50, in_flight = rate == 100 and counted or rate * 0.05,
          offered = rate }
      end)).list[2].stationary
    end
    assert.is_true(stationary(5 + 0.05 * 5 + 1.9 * math.sqrt(0.5)))
    assert.is_false(stationary(5 + 0.05 * 5 + 2.1 * math.sqrt(0.5)))
    assert.is_true(stationary(5 - 0.05 * 5 - 1.9 * math.sqrt(0.5)))
    assert.is_false(stationary(5 - 0.05 * 5 - 2.1 * math.sqrt(0.5)))
  end)

  it("at all when lload had no CPU left, near the highest throughput", function()
    local result = stepped.result("vus", { 5, 10, 15, 20, 40 }, CLOSED,
      { generator = { busiest_worker = 0.97 } })
    local set = judged(result)
    assert.is_nil(set.list[3].excluded)
    assert.matches("lload itself was the limit: CPU_SAT 0.97", set.list[4].excluded)
    assert.matches("CPU_SAT", set.list[5].excluded)
    assert.equal(3, #trust.usable(set))
    assert.matches("20 VUs left out: lload itself",
      table.concat(words.doubts(capacity(result)), " "))
  end)

  it("when arrivals fell behind though users were free, and lload was late", function()
    local function excluded(dropped)
      local set = judged(stepped.result("rate", { 100, 480 }, OPEN,
        { generator = { send_lag_p99_ms = 250, arrivals_dropped = dropped } }))
      return set.list[1].excluded, set.list[2].excluded
    end
    local low, high = excluded(0)
    assert.is_nil(low)
    assert.matches("SEND_LAG 250", high)
    assert.is_nil((select(2, excluded(70)))) -- the server kept all users busy
  end)
end)

describe("the law over levels", function()
  local LAW = { lambda = 100, sigma = 0.02, kappa = 0.001 }

  local function levels(loads)
    local list = {}
    for index, n in ipairs(loads) do
      local x = LAW.lambda * n / (1 + LAW.sigma * (n - 1) + LAW.kappa * n * (n - 1))
      list[index] = { settled = true, little = n, rps = x }
    end
    return list
  end

  it("tells its peak when measurements come near it", function()
    local peak = math.sqrt((1 - LAW.sigma) / LAW.kappa) -- 31.3
    local law = fit.of(levels { 1, 4, 8, 16, 26 })
    assert.is_near(peak, law.peak_n, 1e-3)
    law = fit.of(levels { 1, 4, 8, 16, 24 })
    assert.is_nil(law.peak_n)
    assert.is_near(LAW.sigma, law.sigma, 1e-6)
    assert.matches("no peak within the tested range %(24 requests in flight%)",
      words.law { fit = law })
  end)

  it("leaves out what is unsettled or not stationary, and wants three", function()
    local list = levels { 1, 4, 8, 16 }
    list[2].settled, list[3].stationary = false, false
    local law, why = fit.of(list)
    assert.is_nil(law)
    assert.equal("the law needs 3 settled levels, and there are 2", why)
  end)
end)

describe("a search as levels", function()
  local result = stepped.result("rate", { 400 }, OPEN)
  result.search = {
    of = "rate", unit = "/s", outcome = "found", good = 400, bad = 420, settle_s = 1, hold_s = 2,
    reason = "found", levels = {
      { load = 200, ok = true, at_s = 0, held_s = 2, samples = 400, rps = 200, p95 = 51 },
      { load = 420, ok = false, at_s = 3, held_s = 2, samples = 820, rps = 401, p95 = 300 },
      { load = 400, ok = false, at_s = 6, held_s = 2, samples = 800, rps = 398, p95 = 160 },
      { load = 390, ok = false, at_s = 9, held_s = 2, generator = true, samples = 1, rps = 100,
        why = "CPU_SAT 0.99 (limit 0.9)" },
      { load = 400, ok = true, at_s = 12, held_s = 2, samples = 800, rps = 399, p95 = 55 },
    },
  }
  local model = capacity(result)

  it("takes the last verdict on a load, and its bracket", function()
    local limit = limit_of(model, "search")
    assert.same({ 400, 420 }, { limit.good, limit.bad })
    assert.equal("search", model.breaking_point.kind)
    assert.is_near(400, model.breaking_point.rps, 2)
  end)

  -- The search begins with its first look, at 1 s, and settles until that at 2 s.
  it("takes the windows of each hold", function()
    local first = model.levels[1]
    assert.same({ 200, 2, 4 }, { first.load, first.from_s, first.to_s })
    assert.equal(2, #first.counts)
  end)

  it("leaves out levels at which lload was the limit", function()
    assert.matches("390/s left out: lload itself was the limit: CPU_SAT 0.99",
      table.concat(words.doubts(model), "\n"))
  end)
end)

describe("a ramp that never rests", function()
  it("has windows of about one load as levels, and calls them unsettled", function()
    local result = stepped.result("vus", { 5, 10, 20, 30, 40 }, CLOSED)
    for _, step in ipairs(result.steps) do step.from_vus = step.to_vus - 5 end
    local model = capacity(result)
    assert.equal("ramp", model.source)
    assert.same({ 5, 10, 20, 30, 40 }, { model.levels[1].load, model.levels[2].load,
      model.levels[3].load, model.levels[4].load, model.levels[5].load })
    assert.equal("unsettled", words.state(model.levels[1]))
    assert.is_nil(model.fit)
    assert.is_near(400, model.most.rps, 1e-9)
    assert.matches("the load never stayed the same", table.concat(model.notes, "\n"))
  end)
end)

describe("a result without levels", function()
  local function problem(change)
    local result = stepped.result("vus", { 10, 20 }, CLOSED)
    change(result)
    local model, message = model_of.of { result = result, file = "r.json" }
    assert.is_nil(model)
    return message
  end

  it("is refused with what to run", function()
    local cases = {
      ["it has no requests; run stages that hold several loads"] = function(r)
        r.metrics.http_reqs.count = 0
      end,
      ["it has a single window of time"] = function(r) r.windows = { r.windows[1] } end,
      ["it has no steps; run stages"] = function(r) r.steps = {} end,
      ["it held one load only; run stages"] = function(r)
        r.steps[1].from_vus, r.steps[1].to_vus = 20, 20
        for _, w in ipairs(r.windows) do w.vus = 20 end
        table.remove(r.steps)
        r.steps[2] = { step = 2, profile = 1, from_s = 10, to_s = 20, from_vus = 19, to_vus = 20,
          count = 10 }
      end,
      ["its profiles ran beside each other"] = function(r)
        r.steps[2].profile, r.steps[2].from_s = 2, 5
      end,
      ["some of its steps are users, others a rate"] = function(r)
        r.steps[2].to_rate, r.steps[2].from_rate = 20, 20
      end,
    }
    for expected, change in pairs(cases) do
      assert.truthy(problem(change):find(expected, 1, true), expected .. ": " .. problem(change))
      assert.truthy(problem(change):find('executor = "search"', 1, true))
    end
  end)

  it("because lload was the limit everywhere says that", function()
    assert.equal("lload itself was the limit at all of its levels", problem(function(r)
      for _, level in ipairs(r.steps) do level.count, level.rps = 4000, 400 end
      for _, w in ipairs(r.windows) do w.requests, w.rps = 400, 400 end
      r.generator = { busiest_worker = 1 }
    end))
  end)
end)

describe("the reports of a capacity", function()
  local model = capacity(stepped.result("vus", { 5, 10, 20, 40, 60 }, CLOSED, p95_below(125)))
  model.scenario = "a | `b`\27[31m <script>"

  it("tell the same in the terminal, as Markdown and as JSON", function()
    local drawn = console.render(model, { width = 100 })
    assert.matches("\nLevels\n +Load +VUs +Req/s", drawn)
    assert.matches("p95 crosses 125ms at ~50 VUs %(between 40 and 60%), at 400 req/s", drawn)
    assert.is_nil(drawn:find("\27", 1, true))
    for line in drawn:gmatch "[^\n]+" do
      assert.is_true(require("lload.text").width(line) <= 100, line)
    end
    local comment = markdown.render(model)
    assert.matches("between 40 and 60", comment)
    assert.is_nil(comment:find("<script>", 1, true))
    local decoded = require("cjson").decode(json.render(model))
    assert.equal("lload/capacity/1", decoded.schema)
    assert.same({ 40, 60 }, { decoded.breaking_point.good, decoded.breaking_point.bad })
    assert.equal(5, #decoded.levels)
  end)
end)
