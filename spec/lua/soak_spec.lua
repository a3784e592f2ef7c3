--- What a soak finds, and what it does not: leaks, cycles, steps, noise, short runs, restarts.

local drift = require "lload.analysis.drift"
local noise_of = require "spec.support.noise"
local soak = require "lload.analysis.soak"
local soaks = require "spec.support.soaks"

local MINUTE, HOUR = 60, 3600
local P95 = "http_req_duration p(95)"
local P95_BELOW_800 = {
  metric = "http_req_duration", tags = {}, agg = "p", x = 95, operator = "<", limit = 800,
  expression = "p(95)<800",
}

local function row_of(result, metric)
  for _, row in ipairs(result.drift) do
    if row.metric == metric then return row end
  end
  return nil
end

-- Analyses a soak that ran to its end.
local function analyse(duration_s, range, thresholds, target)
  return soak.analyse(soaks.soak(duration_s), range, duration_s, thresholds, target)
end

-- p95 as a function of the share of the soak that is over, under noise.
local function run(duration_s, p95_at, options)
  options = options or {}
  local wobble = soaks.wobble(options.seed or 1, duration_s, options.noise or 0.05, options.share)
  return soaks.closed(10, duration_s, function(t) return p95_at(t / duration_s) * wobble(t) end)
end

describe("the windows of a soak", function()
  it("are thirty for minutes, a minute each for hours, at most 240", function()
    for _, case in ipairs {
      { 5, 1 }, { 20, 1 }, { 30, 1 }, { 31, 2 }, { 5 * MINUTE, 10 }, { 19 * MINUTE, 38 },
      { 20 * MINUTE, 60 }, { 4 * HOUR, 60 }, { 4 * HOUR + 1, 120 }, { 24 * HOUR, 360 },
    } do
      assert.equal(case[2], soak.window_width(case[1]), case[1] .. " s")
    end
  end)

  it("begin after the ramp and the settling, and end with the run", function()
    local asked = {}
    local function range(from_s, to_s) asked[#asked + 1] = { from_s, to_s } end
    soak.analyse(soaks.soak(20 * MINUTE, 90.5, 10), range, 10 + 90.5 + 18 * MINUTE + 0.7)
    -- A bit more than 18 minutes were held, so windows of 37 s; 60 s of settling.
    assert.same({ 161, 198 }, asked[1])
    assert.is_true(asked[#asked][2] <= 10 + 90.5 + 18 * MINUTE)
    assert.is_true(asked[#asked][2] > 10 + 90.5 + 18 * MINUTE - 38)
  end)

  it("are not counted twice where the engine kept wider ones", function()
    local range = soaks.closed(10, 40, function() return 50 end, 4)
    local result = analyse(40, range)
    assert.equal(2, result.window_s)
    assert.equal(9, result.windows)
    assert.same({}, result.drift)
  end)
end)

describe("a soak", function()
  it("finds a leak, its slope and the threshold it will break", function()
    local result = analyse(30 * MINUTE,
      run(30 * MINUTE, function(share) return 50 + 30 * share end), { P95_BELOW_800 })
    assert.equal("drifting", result.verdict)
    local row = row_of(result, P95)
    assert.is_true(row.significant)
    assert.is_near(60, row.slope_per_h, 3)
    assert.is_near(60 / 51, row.relative_per_h, 0.1)
    assert.is_true(row.p_value < 0.001)
    assert.equal("p(95)<800", row.breach)
    assert.is_near(12 * HOUR, row.breach_in_s, 0.6 * HOUR)
    assert.matches("^p95 grew from 51%.%dms to %d+%.%dms in 28m %(%d+%.%dms an hour%): "
      .. "significant; p%(95%)<800 would break after 1%dh%d*m? more", result.detail)
    assert.matches("A cycle slower than 1h would look the same$", result.detail)
  end)

  it("finds what becomes worse besides: errors and throughput", function()
    local length = 30 * MINUTE
    local wobble = soaks.wobble(3, length, 0.05)
    local result = analyse(length, soaks.range(length, function(t)
      return { p95 = 50, rps = (100 - 40 * t / length) * wobble(t), in_flight = 10,
        error_rate = 0.03 * t / length * wobble(t) }
    end))
    assert.equal("drifting", result.verdict)
    assert.is_true(row_of(result, "http_req_failed rate").significant)
    assert.is_true(row_of(result, "http_reqs rate").significant)
    assert.is_true(row_of(result, "http_reqs rate").slope_per_h < 0)
    assert.is_false(row_of(result, P95).significant)
    assert.is_false(row_of(result, "in_flight").significant)
  end)

  it("does not mind what becomes better", function()
    local result = analyse(30 * MINUTE,
      run(30 * MINUTE, function(share) return 80 - 30 * share end))
    assert.equal("steady", result.verdict)
    assert.equal("no drift in 30m of soak", result.detail)
    assert.is_false(row_of(result, P95).significant)
    assert.is_true(row_of(result, P95).slope_per_h < -50)
    assert.is_true(row_of(result, "http_reqs rate").slope_per_h > 0)
  end)

  it("does not mind what is too little to matter, however sure it is", function()
    local result = analyse(HOUR,
      run(HOUR, function(share) return 50 + 2 * share end, { noise = 0.001 }))
    local row = row_of(result, P95)
    assert.is_true(row.p_value < 1e-4)
    assert.is_false(row.significant)
    assert.equal("steady", result.verdict)
    result = analyse(HOUR, soaks.range(HOUR, function(t)
      return { p95 = 0.5 + 0.4 * t / HOUR, rps = 100 }
    end))
    assert.equal("steady", result.verdict)
  end)

  it("takes cycles that turn for what they are", function()
    for _, cycles in ipairs { 2, 3, 5, 10 } do
      for phase = 0, 7 do
        local result = analyse(HOUR, run(HOUR, function(share)
          return 50 + 20 * math.sin(2 * math.pi * (cycles * share + phase / 8))
        end, { noise = 0.02, seed = phase + 1 }))
        assert.are_not.equal("drifting", result.verdict, cycles .. " cycles, phase " .. phase)
      end
    end
  end)

  it("says that it is too short when a cycle has not turned often enough", function()
    local result = analyse(HOUR, run(HOUR, function(share)
      return 50 - 20 * math.sin(2 * math.pi * share)
    end, { noise = 0.02 }))
    assert.equal("too_short", result.verdict)
    assert.is_true(row_of(result, P95).unclear)
    assert.is_false(row_of(result, P95).significant)
    assert.matches("^p95 grew from .*, a leak or a cycle: 1h of soak are too short to tell$",
      result.detail)
  end)

  it("does not call one step a leak", function()
    for _, place in ipairs { 0.2, 0.35, 0.5, 0.65, 0.8 } do
      local result = analyse(HOUR,
        run(HOUR, function(share) return share < place and 50 or 75 end, { noise = 0.03 }))
      assert.are_not.equal("drifting", result.verdict, "a step at " .. place)
    end
  end)

  it("has nothing to say when it never began", function()
    local result = soak.analyse(soaks.soak(HOUR, 60), function() error "asked" end, 59)
    assert.same({ verdict = "too_short", windows = 0, drift = {},
      detail = "the run ended before the soak began" }, result)
  end)

  it("takes silence for no throughput", function()
    local length = 30 * MINUTE
    local result = analyse(length, soaks.range(length, function(t)
      if t % 10 < 7 * t / length then return nil end
      return { p95 = 50, rps = 100 }
    end))
    assert.is_true(row_of(result, "http_reqs rate").significant)
  end)

  it("stands a run in which nothing ever happened", function()
    local result = analyse(HOUR, function() return nil end)
    assert.equal("steady", result.verdict)
    assert.equal(1, #result.drift)
  end)
end)

describe("a soak of half a minute", function()
  -- Leaks of the demo shop: the more it has served, the longer it takes, so the root of the time.
  local function leak(factor)
    return function(share) return 20 * math.sqrt(1 + (factor * factor - 1) * share) end
  end

  it("finds the leak of a shop", function()
    for _, length in ipairs { 20, 25, 30 } do
      for _, factor in ipairs { 2.2, 3, 5, 10 } do
        for seed = 1, 20 do
          local result = analyse(length, run(length, leak(factor), { seed = seed, noise = 0.03 }))
          assert.equal("drifting", result.verdict,
            ("%d s, %g times, seed %d: %s"):format(length, factor, seed, result.detail))
        end
      end
    end
  end)

  it("does not accuse a healthy shop on a noisy machine", function()
    local accused, runs = 0, 0
    for _, kind in ipairs {
      { noise = 0.05 }, { noise = 0.3 }, { noise = 0.3, share = 0.5 }, { noise = 0.5, share = 0.7 },
    } do
      for seed = 1, 60 do
        local result = analyse(25, run(25, function() return 30 end,
          { seed = seed, noise = kind.noise, share = kind.share }))
        accused, runs = accused + (result.verdict == "drifting" and 1 or 0), runs + 1
      end
    end
    assert.is_true(accused <= 1, ("%d of %d"):format(accused, runs))
  end)

  it("does not accuse it when a neighbour starts to work", function()
    for place = 0.1, 0.9, 0.1 do
      for seed = 1, 20 do
        local result = analyse(25, run(25, function(share)
          return share < place and 20 or 45
        end, { seed = seed, noise = 0.1 }))
        assert.are_not.equal("drifting", result.verdict)
      end
    end
  end)

  it("says that it is short even when all is well", function()
    local result = analyse(25, run(25, function() return 20 end))
    assert.equal("too_short", result.verdict)
    assert.equal("no drift seen, but 25s of soak are too short to tell a leak from a cycle",
      result.detail)
  end)

  it("is judged by nobody when it has fewer than ten windows", function()
    local result = analyse(10, run(10, leak(10), { noise = 0 }))
    assert.equal("too_short", result.verdict)
    assert.same({}, result.drift)
  end)
end)

describe("soaks of an hour", function()
  local function verdicts(p95_at, options)
    local count = { drifting = 0, steady = 0, too_short = 0 }
    for seed = 1, 40 do
      local result = analyse(HOUR, soaks.range(HOUR, p95_at(seed, options)))
      count[result.verdict] = count[result.verdict] + 1
    end
    return count
  end

  -- Noise from minute to minute; that within a minute cancels out.
  local function by_minutes(growth, deviation, share)
    return function(seed)
      local series = noise_of.new(seed):series(60, share)
      return function(t)
        local p95 = 50 * (1 + growth * t / HOUR) * math.exp(deviation * series[
          math.floor(t / 60) + 1])
        return { p95 = p95, rps = 100, in_flight = 5 }
      end
    end
  end

  it("are seldom accused when they only wander", function()
    for _, case in ipairs { { 0.1, 0 }, { 0.3, 0 }, { 0.1, 0.6 }, { 0.3, 0.6 } } do
      local count = verdicts(by_minutes(0, case[1], case[2]))
      assert.is_true(count.drifting <= 1, ("%g, %g: %d of 40"):format(
        case[1], case[2], count.drifting))
    end
  end)

  it("are found out when they grow by a fifth", function()
    assert.is_true(verdicts(by_minutes(0.2, 0.03, 0.3)).drifting >= 39)
    assert.is_true(verdicts(by_minutes(0.5, 0.1, 0.3)).drifting >= 34)
  end)
end)

describe("a projected breach", function()
  local function project(row, ...)
    row.significant, row.metric = true, row.metric or P95
    drift.project(row, { ... })
    return row.breach, row.breach_in_s
  end
  local function threshold(operator, limit, other)
    local t = { metric = "http_req_duration", agg = "p", x = 95, operator = operator,
      limit = limit, expression = "p(95)" .. operator .. limit, tags = {} }
    for key, value in pairs(other or {}) do t[key] = value end
    return t
  end
  local function rising() return { to = 100, slope_per_h = 50 } end

  it("is of the threshold that breaks first", function()
    assert.same({ "p(95)<=150", HOUR },
      { project(rising(), threshold("<", 200), threshold("<=", 150), threshold("<", 300)) })
  end)

  it("is now when the line is there already", function()
    assert.same({ "p(95)<90", 0 }, { project(rising(), threshold("<", 90)) })
  end)

  it("looks where the line goes", function()
    assert.is_nil(project(rising(), threshold(">", 50), threshold("==", 120)))
    local falling = { metric = "http_reqs rate", to = 100, slope_per_h = -50 }
    assert.same({ "p(95)>50", HOUR }, { project(falling,
      threshold(">", 50, { metric = "http_reqs", agg = "rate", x = false })) })
  end)

  it("is only of thresholds on the same figure", function()
    assert.is_nil(project(rising(), threshold("<", 150, { x = 99 }),
      threshold("<", 150, { agg = "avg" }), threshold("<", 150, { tags = { name = "GET /" } }),
      threshold("<", 150, { metric = "iteration_duration" })))
  end)

  it("is of significant drifts only", function()
    local row = rising()
    row.metric = P95
    drift.project(row, { threshold("<", 200) })
    assert.is_nil(row.breach)
  end)
end)

describe("a drift's sentence", function()
  local function sentence(fields)
    local row = { metric = "in_flight", unit = "count", over_s = 1800, from = 10, to = 20,
      slope_per_h = 20, significant = true }
    for key, value in pairs(fields) do row[key] = value end
    return drift.sentence(row)
  end

  it("is one that people can read", function()
    assert.equal("p95 grew from 50.0ms to 80.0ms in 30m (60.0ms an hour): significant; "
      .. "p(95)<800 would break after 12h more", sentence {
        word = "p95", unit = "ms", from = 50, to = 80, slope_per_h = 60,
        breach = "p(95)<800", breach_in_s = 12 * HOUR + 9 })
    assert.equal("throughput fell from 300/s to 200/s in 25s (240 a minute)", sentence {
      word = "throughput", unit = "per_second", from = 300, to = 200, over_s = 25,
      slope_per_h = -14400, significant = false })
    assert.equal("process_resident_memory_bytes grew from 100 MB to 300 MB in 1h "
      .. "(200 MB an hour): significant", sentence { metric = "process_resident_memory_bytes",
        unit = "bytes", from = 1e8, to = 3e8, over_s = HOUR, slope_per_h = 2e8 })
    assert.equal("the error rate grew from 0% to 2.00% in 30m (4.00% an hour): significant; "
      .. "rate<1% is broken at its end", sentence { word = "the error rate", unit = "share",
        from = 0, to = 0.02, slope_per_h = 0.04, breach = "rate<1%", breach_in_s = 0 })
  end)

  it("keeps to itself what is years away", function()
    assert.is_nil(sentence { breach = "value<9", breach_in_s = 400 * 86400 }:find "break")
    assert.matches("would break after 40 days more", sentence {
      breach = "value<9", breach_in_s = 40 * 86400 })
  end)
end)

describe("what a soak follows of its target", function()
  local function target(series, restarts)
    return { pages = 100, failed = 0, restarts = restarts or {}, vanished = {}, series = series }
  end

  local function memory(length_s, at)
    local ts, xs = {}, {}
    for t = 0, length_s - 1, 5 do ts[#ts + 1], xs[#xs + 1] = t, at(t) end
    return { metric = "process_resident_memory_bytes", kind = "memory", ts = ts, xs = xs }
  end

  local function steady(length_s) return run(length_s, function() return 50 end) end

  it("is tested like the rest", function()
    local wobble = soaks.wobble(5, HOUR, 0.02)
    local result = analyse(HOUR, steady(HOUR), {}, target {
      memory(HOUR, function(t) return (100 + 200 * t / HOUR) * 1e6 * wobble(t) end) })
    local row = row_of(result, "process_resident_memory_bytes")
    assert.equal("drifting", result.verdict)
    assert.same({ true, "bytes", 59 }, { row.significant, row.unit, row.points })
    assert.is_near(200e6, row.slope_per_h, 8e6)
    assert.matches("^process_resident_memory_bytes grew from 10%d MB to %d+ MB in 58m",
      result.detail)
  end)

  it("is not accused for a table that fills up", function()
    local result = analyse(HOUR, steady(HOUR), {}, target {
      memory(HOUR, function(t) return (10 + 60 * math.min(1, t / HOUR)) * 1e6 end) })
    assert.equal("steady", result.verdict)
  end)

  it("is not accused for a heap that is collected now and then", function()
    local wobble = soaks.wobble(6, HOUR, 0.03)
    local result = analyse(HOUR, steady(HOUR), {}, target {
      memory(HOUR, function(t) return (200 + 300 * (t % 500) / 500) * 1e6 * wobble(t) end) })
    assert.are_not.equal("drifting", result.verdict)
  end)

  it("is not judged for its memory in half a minute", function()
    local ts, xs = {}, {}
    for t = 0, 29 do ts[#ts + 1], xs[#xs + 1] = t, (100 + 20 * t) * 1e6 end
    local result = analyse(30, run(30, function() return 50 end), {}, target {
      { metric = "process_resident_memory_bytes", kind = "memory", ts = ts, xs = xs } })
    assert.equal("too_short", result.verdict)
    assert.is_true(row_of(result, "process_resident_memory_bytes").unclear)
  end)

  it("is judged for its descriptors even then", function()
    local ts, xs = {}, {}
    for t = 0, 29 do ts[#ts + 1], xs[#xs + 1] = t, 20 + 10 * t end
    local result = analyse(30, run(30, function() return 50 end), {}, target {
      { metric = "process_open_fds", kind = "descriptors", ts = ts, xs = xs } })
    assert.equal("drifting", result.verdict)
  end)

  it("is tested between restarts, over the longest stretch", function()
    local wobble = soaks.wobble(7, 2 * HOUR, 0.02)
    local function at(t)
      local since = t < 4000 and t or t - 4000
      return (100 + since / 10) * 1e6 * wobble(t)
    end
    local result = analyse(2 * HOUR, steady(2 * HOUR), {},
      target({ memory(2 * HOUR, at) }, { 4000 }))
    local row = row_of(result, "process_resident_memory_bytes")
    assert.is_true(row.significant)
    assert.is_near(360e6, row.slope_per_h, 15e6)
    assert.is_true(row.over_s < 4000)
    assert.same({ 4000 }, result.restarts)
  end)
end)

describe("the failure of a soak", function()
  local function texts(model)
    local list = {}
    for _, failure in ipairs(soak.failures(model)) do
      list[#list + 1] = failure.code .. ": " .. failure.text
    end
    return list
  end

  it("is its drift and what became of its target", function()
    assert.same({}, texts {})
    assert.same({}, texts { soak = { verdict = "too_short", detail = "short" } })
    assert.same({
      "drift: p95 grew",
      "target: the target's metrics could not be read any more after 1m30s: refused",
      "target: go_goroutines vanished from the target's metrics after 1m5s",
    }, texts { soak = {
      verdict = "drifting", detail = "p95 grew",
      scrape = { pages = 3, failed = 5, problem = "refused", unreachable_s = 90 },
      vanished = { { metric = "go_goroutines", last_seen_s = 65 } },
    } })
    assert.same({ "target: the target's metrics were never read: timeout" }, texts { soak = {
      verdict = "steady", detail = "", scrape = { pages = 0, failed = 5, problem = "timeout" } } })
    assert.same({}, texts { soak = {
      verdict = "steady", detail = "", scrape = { pages = 8, failed = 1, problem = "timeout" } } })
  end)
end)
