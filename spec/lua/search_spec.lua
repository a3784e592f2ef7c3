--- The search: what it asks for, look by look, and what it finds on servers made of arithmetic.

local exit_codes = require "lload.exit_codes"
local queue = require "spec.support.queue"
local search = require "lload.search"
local words = require "lload.search.words"

local function fields(overrides)
  local f = {
    of = "rate", from = 50, to = 10000, hold = 10, settle = 3, resolution = 0.05, samples = 100,
    max_vus = 10000, max_duration = 3600,
  }
  for key, value in pairs(overrides or {}) do f[key] = value end
  return f
end

-- What a look shows when all is well.
local function fine(overrides)
  local seen = { in_flight = 5, samples = 1000, failed = {}, p95_ms = 80, rps = 50 }
  for key, value in pairs(overrides or {}) do seen[key] = value end
  return seen
end

local SLOW = { { label = "http_req_duration", expression = "p(95)<200", actual_text = "830ms" } }

-- Takes looks at given seconds; returns what the last one answered.
local function look(s, from_s, to_s, seen)
  local action
  for second = from_s, to_s do action = s:step(second, seen) end
  return action
end

-- A search on a server made of arithmetic: result, seconds, search, server.
local function run(overrides, server)
  local s, q = search.new(fields(overrides)), queue.new(server)
  local seconds = q:drive(s)
  return s:result(), seconds, s, q
end

local function loads(result)
  local list = {}
  for index, level in ipairs(result.levels) do list[index] = level.load end
  return list
end

describe("a search, look by look,", function()
  it("settles, begins, holds, and goes on to twice the load", function()
    local s = search.new(fields())
    assert.same({ load = 50 }, s:step(100, fine()))
    assert.is_nil(look(s, 101, 102, fine { failed = SLOW }))
    assert.same({ begin = true }, s:step(103, fine { failed = SLOW }))
    assert.is_nil(look(s, 104, 112, fine()))
    assert.same({ load = 100 }, s:step(113, fine { p95_ms = 75, rps = 49.9, samples = 499 }))
    assert.same({ {
      load = 50, ok = true, why = "all thresholds hold", p95 = 75, rps = 49.9, samples = 499,
      held_s = 10, at_s = 0,
    } }, s:result().levels)
  end)

  it("does not wait a second more for a look that comes slightly early", function()
    local s = search.new(fields())
    s:step(0, fine())
    assert.same({ begin = true }, s:step(2.98, fine()))
    assert.same({ load = 100 }, s:step(12.96, fine()))
  end)

  it("measures at once when there is no settle time", function()
    local s = search.new(fields { settle = 0 })
    assert.same({ load = 50, begin = true }, s:step(0, fine()))
    assert.same({ load = 100, begin = true }, look(s, 1, 10, fine()))
  end)

  it("never calls a level good early, nor with too few samples", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    assert.is_nil(look(s, 1, 9, fine { samples = 1e6 }))
    assert.is_nil(look(s, 10, 30, fine { samples = 99 }))
    assert.same({ load = 100, begin = true }, s:step(31, fine { samples = 100 }))
    assert.equal(31, s:result().levels[1].held_s)
  end)

  it("fails a level that gets no samples in five times its hold", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    assert.is_nil(look(s, 1, 49, fine { samples = 7 }))
    assert.same({ load = 0 }, s:step(50, fine { samples = 7 }))
    assert.equal("too few samples: 7 of 100 in 50s", s:result().levels[1].why)
  end)

  it("rests after a bad level until nobody is busy", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    assert.same({ load = 0 }, look(s, 1, 10, fine { failed = SLOW }))
    assert.is_nil(look(s, 11, 15, fine { in_flight = 1 }))
    assert.same({ load = 50, begin = true }, s:step(16, fine { in_flight = 0 }))
  end)

  it("blames those left over for that level only", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    look(s, 1, 10, fine { failed = SLOW })
    look(s, 11, 40, fine { in_flight = 12 })
    assert.same({ load = 100, begin = true }, look(s, 41, 50, fine()))
    look(s, 51, 60, fine { failed = SLOW })
    assert.equal("http_req_duration p(95)<200: 830ms", s:result().levels[3].why)
  end)

  it("rests for 30 s at most, and says who was left over", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    look(s, 1, 10, fine { failed = SLOW })
    assert.is_nil(look(s, 11, 39, fine { in_flight = 12 }))
    assert.same({ load = 50, begin = true }, s:step(40, fine { in_flight = 12 }))
    assert.same({ done = true }, look(s, 41, 50, fine { failed = SLOW }))
    assert.matches("; 12 users were still busy with the level before$", s:result().levels[2].why)
  end)

  it("cuts a level short that fails and gets worse, look by look", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    for second = 1, 4 do
      assert.is_nil(s:step(second, fine { failed = SLOW, p95_ms = 300 * second }))
    end
    assert.same({ load = 0 }, s:step(5, fine { failed = SLOW, p95_ms = 1500 }))
    assert.equal("http_req_duration p(95)<200: 830ms; cut at 5s",
      s:result().levels[1].why)
  end)

  it("does not cut short what gets worse for a moment", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    assert.is_nil(look(s, 1, 5, fine()))
    assert.is_nil(s:step(6, fine { failed = SLOW, p95_ms = 500 }))
    assert.is_nil(s:step(7, fine { failed = SLOW, p95_ms = 900 }))
    assert.is_nil(s:step(8, fine { failed = SLOW, p95_ms = 900 }))
    assert.is_nil(s:step(9, fine { failed = SLOW, p95_ms = 800 }))
    assert.same({ load = 100, begin = true }, s:step(10, fine()))
  end)

  it("does not cut short what gets no worse: a hiccup may yet drown", function()
    local s = search.new(fields { settle = 0, hold = 30 })
    s:step(0, fine())
    for second = 1, 29 do
      assert.is_nil(s:step(second, fine { failed = SLOW, p95_ms = 900 - second }))
    end
    assert.same({ load = 100, begin = true }, s:step(30, fine()))
  end)

  it("does not cut short what has too few samples to tell", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    for second = 1, 9 do
      assert.is_nil(s:step(second, fine { failed = SLOW, p95_ms = 300 * second, samples = 99 }))
    end
  end)

  it("does not cut short what fails for anything but its durations", function()
    for _, failed in ipairs {
      { label = "http_reqs", expression = "count>5000", actual_text = "2500" },
      { label = "http_req_failed{name:GET /}", expression = "rate<1%", actual_text = "2.00%" },
    } do
      local s = search.new(fields { settle = 0 })
      s:step(0, fine())
      for second = 1, 9 do
        assert.is_nil(s:step(second, fine { failed = { failed }, p95_ms = 70 + second }))
      end
      assert.same({ load = 100, begin = true }, s:step(10, fine()))
    end
  end)

  it("calls an overload by its name when arrivals are dropped", function()
    local s = search.new(fields { settle = 0, max_vus = 20 })
    s:step(0, fine())
    look(s, 1, 9, fine { dropped = 60 })
    assert.same({ load = 0 }, s:step(10, fine { dropped = 60 }))
    assert.equal("12.00% of the arrivals were dropped: all 20 users (max_vus) were busy",
      s:result().levels[1].why)
    s = search.new(fields { settle = 0 })
    s:step(0, fine())
    assert.same({ load = 100, begin = true }, look(s, 1, 10, fine { dropped = 5 }))
  end)

  it("holds on while users pile up, and fails what does not end to", function()
    local s = search.new(fields())
    s:step(0, fine())
    s:step(3, fine { in_flight = 10 })
    for second = 4, 52 do
      assert.is_nil(s:step(second, fine { in_flight = 10 + 3 * (second - 3) }))
    end
    assert.same({ load = 0 }, s:step(53, fine { in_flight = 160 }))
    assert.equal("cannot keep up: busy users still grew from 85 to 160 in 25s",
      s:result().levels[1].why)
  end)

  it("holds on no longer than users pile up", function()
    local s = search.new(fields())
    s:step(0, fine())
    s:step(3, fine { in_flight = 10 })
    for second = 4, 15 do
      assert.is_nil(s:step(second, fine { in_flight = 10 + 3 * (second - 3) }))
    end
    assert.is_nil(look(s, 16, 20, fine { in_flight = 46 }))
    assert.same({ load = 100 }, s:step(21, fine { in_flight = 46 }))
  end)

  it("leaves to chance what chance explains", function()
    local s = search.new(fields { from = 1 })
    s:step(0, fine())
    s:step(3, fine { in_flight = 2 })
    look(s, 4, 12, fine { in_flight = 2 })
    assert.same({ load = 2 }, s:step(13, fine { in_flight = 3 }))
  end)

  it("takes iterations that last longer than the settle time for no backlog", function()
    local s = search.new(fields())
    s:step(0, fine())
    s:step(3, fine { in_flight = 150 })
    for second = 4, 12 do
      assert.is_nil(s:step(second, fine { in_flight = 50 * second }))
    end
    assert.same({ load = 100 }, s:step(13, fine { in_flight = 650 }))
  end)

  it("tells the closest threshold of a good level when it knows it", function()
    local s = search.new(fields { settle = 0 })
    s:step(0, fine())
    look(s, 1, 10, fine { closest = "http_req_duration p(95)<200 at 132ms" })
    assert.equal("all thresholds hold; closest: http_req_duration p(95)<200 at 132ms",
      s:result().levels[1].why)
  end)

  it("says where it is", function()
    local s = search.new(fields())
    assert.equal("", s:progress())
    s:step(0, fine())
    s:step(2, fine())
    assert.equal("level 1: 50/s, settling 2s of 3s", s:progress())
    s:step(3, fine())
    s:step(9, fine())
    assert.equal("level 1: 50/s, holding 6s of 10s", s:progress())
    look(s, 10, 13, fine())
    assert.equal("level 2: 100/s, settling 0s of 3s; good 50/s", s:progress())
    s:step(16, fine())
    s:step(30, fine { samples = 3 })
    assert.equal("level 2: 100/s, holding on for 14s; good 50/s", s:progress())
    s:step(31, fine { failed = SLOW, in_flight = 1234 })
    assert.equal("level 3: 75/s, waiting for 1,234 busy users; good 50/s, bad 100/s",
      s:progress())
  end)

  it("says that it is over, once", function()
    local s = search.new(fields { settle = 0, from = 50, to = 51 })
    s:step(0, fine())
    look(s, 1, 20, fine())
    assert.same({ done = true }, look(s, 21, 30, fine()))
    assert.is_nil(s:step(31, fine()))
    assert.equal("", s:progress())
  end)
end)

describe("a search", function()
  it("writes loads so that no two of a search read the same", function()
    for load, written in pairs {
      [400] = "400/s", [412.5] = "412.5/s", [0.5] = "0.5/s", [12345] = "12,345/s",
      [401.16] = "401.16/s", [1234567.8] = "1,234,568/s",
    } do
      assert.equal(written, words.load("rate", load))
    end
    assert.equal("1 user", words.load("vus", 1))
    assert.equal("1,200 users", words.load("vus", 1200))
  end)

  it("finds 400 a second within 5 %, and tells how", function()
    local result, seconds = run({ hold = 2, settle = 1 }, { capacity = 400 })
    assert.equal("found", result.outcome)
    assert.is_true(result.confirmed)
    assert.same({ 400, 413 }, { result.good, result.bad })
    assert.equal("400/s passes, 413/s fails, both tested twice: "
      .. "http_req_duration p(95)<200: 219ms", result.reason)
    assert.same({ 50, 100, 200, 400, 800, 600, 500, 450, 425, 413, 400, 413 }, loads(result))
    assert.is_true(result.levels[11].retest and result.levels[12].retest)
    assert.is_nil(result.levels[10].retest)
    assert.is_true(seconds < 60, seconds)
  end)

  it("finds it however lax the threshold is", function()
    for _, limit_ms in ipairs { 100, 150, 400, 800, 2000, 10000 } do
      for _, hold in ipairs { 2, 5, 10 } do
        local result = run({ hold = hold, settle = 1 }, { capacity = 400, limit_ms = limit_ms })
        assert.equal("found", result.outcome)
        assert.is_true(result.good >= 380 and result.good <= 420,
          ("%g/s at %d ms, held %d s"):format(result.good, limit_ms, hold))
      end
    end
  end)

  it("finds any capacity to the resolution", function()
    local random = queue.random(21)
    for _ = 1, 150 do
      local f = {
        hold = 2 + 10 * random(), settle = 1 + 3 * random(), from = 20 + 40 * random(),
        resolution = 0.02 * 10 ^ random(),
      }
      local server = {
        capacity = 70 * 100 ^ random(), limit_ms = 150 + 1000 * random(), base_s = 0.03,
        noise = 0.2 * random(), seed = math.floor(1e6 * random()),
      }
      local result = run(f, server)
      local text = ("%g: %s"):format(server.capacity, result.reason)
      local error_of_good = result.good / server.capacity - 1
      assert.equal("found", result.outcome, text)
      assert.is_true(math.abs(error_of_good) <= f.resolution + 0.02, text)
      assert.is_true(result.bad - result.good <= f.resolution * result.good * 1.000001, text)
    end
  end)

  it("judges every level as it would be on an idle server", function()
    local random = queue.random(22)
    for _ = 1, 40 do
      local server = { capacity = 100 * 20 ^ random(), limit_ms = 150 + 500 * random() }
      local result = run({}, server)
      for _, level in ipairs(result.levels) do
        local alone = run({ from = level.load, to = 1e6 }, server).levels[1]
        local distance = math.abs(level.load / server.capacity - 1)
        assert.is_true(alone.ok == level.ok or distance < 0.05, ("%g/s, capacity %g"):format(
          level.load, server.capacity))
      end
    end
  end)

  it("is not led astray by one bad second, whenever it comes", function()
    local calm, calm_s = run({}, { capacity = 400 })
    for second = 0, math.floor(calm_s) do
      local result, seconds = run({},
        { capacity = 400, hiccups = { { second + 0.3, second + 1.3 } } })
      assert.same({ "found", 400, 413 }, { result.outcome, result.good, result.bad })
      assert.is_true(#result.levels <= #calm.levels + 6, second)
      assert.is_true(seconds <= calm_s + 6 * 14, second)
    end
  end)

  it("finds how many users are too many", function()
    -- 400 a second, 200 ms: 80 users who never think, 480 who think for a second.
    for think_s, users in pairs { [0] = 80, [1] = 480 } do
      local result = run({ of = "vus", from = 10, to = 1000, resolution = 0.01 },
        { capacity = 400, closed = true, think_s = think_s })
      assert.equal("found", result.outcome)
      assert.is_true(result.good <= users and result.bad >= users, result.reason)
      assert.is_true(result.bad - result.good <= math.max(1, 0.01 * result.good))
    end
  end)

  it("says that `from` already fails, after a second try", function()
    local result, _, s = run({}, { capacity = 30 })
    assert.equal("from_failed", result.outcome)
    assert.same({ 50, 50 }, loads(result))
    assert.matches("^from = 50/s already fails, tested twice: http_req_duration p%(95%)<200: %d+ms",
      s:result().reason)
    assert.is_nil(result.good)
    assert.equal(50, result.bad)
    assert.equal(exit_codes.THRESHOLD, search.exit_code(result))
  end)

  it("says what to do when `from` is too little to be judged", function()
    local result = run({ from = 1 }, { capacity = 400 })
    assert.equal("from = 1/s already fails, tested twice: too few samples: 49 of 100 in 50s; "
      .. "start higher, hold longer or ask for fewer samples", result.reason)
  end)

  it("says that the limit lies beyond `to`", function()
    local result = run({ to = 350 }, { capacity = 400 })
    assert.same({ "above_to", true, 350 }, { result.outcome, result.confirmed, result.good })
    assert.is_nil(result.bad)
    assert.equal("to = 350/s passes, tested twice: the limit lies beyond it", result.reason)
    assert.equal(exit_codes.PASSED, search.exit_code(result))
  end)

  it("names max_vus when it was the limit", function()
    local result = run({ max_vus = 40 }, { capacity = 400, max_vus = 40 })
    assert.same({ "found", 400 }, { result.outcome, result.good })
    assert.matches("of the arrivals were dropped: all 40 users %(max_vus%) were busy$",
      result.reason)
  end)

  it("stops at the limit of the generator", function()
    local result = run({}, { capacity = 4000, generator = 300 })
    assert.equal("generator", result.outcome)
    assert.is_false(result.confirmed)
    assert.is_nil(result.bad)
    assert.same({ 288, 300 }, { result.good, result.generator_at })
    assert.equal("288/s passes, at 300/s the generator itself is the limit, tested twice: "
      .. "CPU_SAT: too busy; cut at 5s", result.reason)
    assert.equal(exit_codes.INCONCLUSIVE, search.exit_code(result))
    result = run({}, { capacity = 4000, generator = 10 })
    assert.same({ "generator", 50 }, { result.outcome, result.generator_at })
    assert.matches("^at 50/s the generator itself is the limit", result.reason)
  end)

  it("ends before its time is over, with what it knows", function()
    local result, seconds = run({ max_duration = 60 }, { capacity = 400 })
    assert.is_true(seconds < 60)
    assert.same({ "unconfirmed", false, 400 }, { result.outcome, result.confirmed, result.good })
    assert.equal("the search did not finish: its time is over (max_duration = 1m); "
      .. "so far 400/s passed", result.reason)
    assert.equal(exit_codes.INCONCLUSIVE, search.exit_code(result))
  end)

  it("ends before its time is over in the middle of a level, too", function()
    local result, seconds = run({ max_duration = 20, samples = 1e5 }, { capacity = 400 })
    assert.is_true(seconds < 20)
    assert.equal("the search did not finish: its time is over (max_duration = 20s); "
      .. "no level was judged", result.reason)
  end)

  it("gives up when verdicts contradict each other for too long", function()
    -- Every load fails at first and passes later, so the search crawls.
    local s = search.new(fields { of = "vus", settle = 0, hold = 1, resolution = 0.001 })
    local tested, load, action = {}, nil, s:step(0, fine())
    for second = 1, 1000 do
      if action and action.begin then
        load = action.load
        tested[load] = (tested[load] or 0) + 1
      end
      local failed = tested[load] == 1 and SLOW or {}
      action = s:step(second, fine { in_flight = 0, failed = failed })
      if action and action.done then break end
    end
    local result = s:result()
    assert.same({ "unconfirmed", 60 }, { result.outcome, #result.levels })
    assert.matches("^the search did not finish: the verdicts contradict each other; it gave up "
      .. "after 60 levels; so far %d+ users passed and %d+ users failed$", result.reason)
  end)

  it("tells what it knows when it is interrupted", function()
    local s = search.new(fields())
    assert.same({ "interrupted", "the search was cut off; no level was judged" },
      { s:result().outcome, s:result().reason })
    queue.new({ capacity = 400 }):drive(s, 100)
    local result = s:result()
    assert.equal("interrupted", result.outcome)
    assert.equal("the search was cut off; so far 400/s passed and 500/s failed", result.reason)
    assert.is_false(result.confirmed)
    assert.equal(exit_codes.INCONCLUSIVE, search.exit_code(result))
  end)

  it("passes only with a confirmed bracket", function()
    for outcome, code in pairs {
      found = 0, above_to = 0, from_failed = 99, generator = 98, unconfirmed = 98, interrupted = 98,
    } do
      assert.equal(code, search.exit_code { outcome = outcome })
    end
  end)
end)
