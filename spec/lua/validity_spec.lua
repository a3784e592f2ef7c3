--- Validity: each check fires on its own figure, above its limit and not at it.

local validity = require "lload.validity"

local OPEN, CLOSED = { is_open_model = true }, {}

-- A generator in good health.
local function healthy(parts)
  local health = { workers = 2 }
  for _, check in ipairs(validity.CHECKS) do health[check.field] = 0 end
  for key, value in pairs(parts or {}) do health[key] = value end
  return health
end

local function judge(field, value, facts)
  local judged = validity.judge(healthy { [field] = value }, facts)
  local codes = {}
  for index, reason in ipairs(judged.reasons) do codes[index] = reason.code end
  return judged.verdict, codes, judged.reasons[1]
end

describe("validity", function()
  it("is ok for a healthy generator, and where nothing is known", function()
    for _, health in ipairs { healthy(), {} } do
      assert.same({ verdict = "ok", reasons = {} }, validity.judge(health, OPEN))
    end
    assert.same({ verdict = "ok", reasons = {} }, validity.judge(nil, nil))
  end)

  it("has the checks that the contract names, and no others", function()
    local codes = {}
    for _, check in ipairs(validity.CHECKS) do codes[check.code] = true end
    for _, code in ipairs { "RATE_MISS", "ARRIVALS_DROPPED", "SEND_LAG", "LOOP_STALL", "CPU_SAT",
      "RUNQ_DELAY", "THROTTLED", "GC_PAUSE", "PORTS_FDS", "CENSORED", "HIST_CLAMP", "CLOCK" } do
      assert.is_true(codes[code], code)
      codes[code] = nil
    end
    assert.same({}, codes)
  end)

  -- The numbers of the table, written once more: a limit does not change by accident.
  local LIMITS = {
    arrivals_missed_share = { "RATE_MISS", 0.01, 0.05 },
    send_lag_p99_ms = { "SEND_LAG", 10, 100 },
    longest_turn_ms = { "LOOP_STALL", 100, 1000 },
    connections_without_port = { "PORTS_FDS", 0, 0 },
    busiest_worker = { "CPU_SAT", 0.9 },
    cpu_wait_share = { "RUNQ_DELAY", 0.1 },
    throttled_share = { "THROTTLED", 0.01 },
    steal_share = { "THROTTLED", 0.05 },
    longest_gc_ms = { "GC_PAUSE", 20 },
    arrivals_dropped_share = { "ARRIVALS_DROPPED", 0 },
    censored_share = { "CENSORED", 0.01 },
    clamped = { "HIST_CLAMP", 0 },
    clock_read_ns = { "CLOCK", 2000 },
  }

  for _, check in ipairs(validity.CHECKS) do
    local code, suspect, invalid = unpack(LIMITS[check.field])

    it(("finds %s in %s"):format(code, check.field), function()
      assert.same({ code, suspect, invalid }, { check.code, check.suspect, check.invalid })
      assert.is_true(#check.hint > 20)
      assert.equal("ok", (judge(check.field, suspect, OPEN)))
      local verdict, codes, reason = judge(check.field, suspect + 0.01, CLOSED)
      assert.same({ "suspect", { code } }, { verdict, codes })
      assert.is_near(suspect + 0.01, reason.value, 1e-9)
      assert.same({ code, suspect, check.hint }, { reason.code, reason.limit, reason.hint })
    end)

    it(("%s in the open model: %s"):format(invalid and "falsifies" or "at most blurs",
      check.field), function()
      local high = (invalid or suspect) * 1000 + 1
      assert.equal("suspect", (judge(check.field, high, CLOSED)))
      local verdict, codes, reason = judge(check.field, high, OPEN)
      assert.same({ invalid and "invalid" or "suspect", { code } }, { verdict, codes })
      assert.equal(invalid or suspect, reason.limit)
      if invalid and invalid > suspect then
        assert.equal("suspect", (judge(check.field, invalid, OPEN)))
        assert.equal("invalid", (judge(check.field, invalid * 1.01, OPEN)))
      end
    end)
  end

  it("judges no share of a time that was too short", function()
    for _, check in ipairs(validity.CHECKS) do
      local health = healthy { [check.field] = 1e9 }
      local short = validity.judge(health, { duration_s = 0.99 }).verdict
      assert.equal(check.after_s and "ok" or "suspect", short)
      assert.equal("suspect", validity.judge(health, { duration_s = 1 }).verdict)
    end
  end)

  it("is the worst of all reasons, which are listed in one order", function()
    local judged = validity.judge(healthy {
      clamped = 1, send_lag_p99_ms = 500, busiest_worker = 0.99 }, OPEN)
    assert.equal("invalid", judged.verdict)
    local codes = {}
    for index, reason in ipairs(judged.reasons) do codes[index] = reason.code end
    assert.same({ "SEND_LAG", "CPU_SAT", "HIST_CLAMP" }, codes)
  end)
end)

describe("a thin tail", function()
  -- Judged by a threshold on a percentile of so many samples.
  local function judge_tail(percentile, count, health)
    return validity.judge(health or healthy(), {
      thresholds = { { metric = "http_req_duration", expression = "p(x)<1", agg = "p",
        x = percentile } },
      samples_of = function(index)
        assert.equal(1, index)
        return count
      end,
    })
  end

  it("is a note that leaves ok", function()
    local judged = judge_tail(99, 999)
    assert.equal("ok", judged.verdict)
    assert.same({ { code = "THIN_TAIL", value = 9.99, limit = 10,
      hint = "http_req_duration p(x)<1 was judged with so few samples beyond the percentile; "
        .. "measure longer" } }, judged.reasons)
  end)

  it("has fewer than ten samples beyond the percentile", function()
    for _, row in ipairs { { 99, 1000 }, { 95, 200 }, { 99.9, 10000 }, { 50, 20 } } do
      assert.same({}, judge_tail(row[1], row[2]).reasons)
      assert.equal(1, #judge_tail(row[1], row[2] - 1).reasons)
    end
  end)

  it("is nothing without data, nor of other aggregations", function()
    assert.same({}, judge_tail(99, nil).reasons)
    assert.same({}, validity.judge(healthy(), {
      thresholds = { { metric = "checks", expression = "rate>0", agg = "rate" } },
      samples_of = function() return 1 end,
    }).reasons)
  end)

  it("comes after what makes the measurement suspect", function()
    local judged = judge_tail(99, 1, healthy { clamped = 3 })
    assert.equal("suspect", judged.verdict)
    assert.same({ "HIST_CLAMP", "THIN_TAIL" },
      { judged.reasons[1].code, judged.reasons[2].code })
  end)
end)

describe("the generator's own fault", function()
  it("is what a search must not blame on the server", function()
    assert.is_nil(validity.generator_fault(healthy()))
    for field, is_own in pairs {
      send_lag_p99_ms = true, arrivals_missed_share = true, longest_turn_ms = true,
      connections_without_port = true, busiest_worker = true, throttled_share = true,
      steal_share = true, arrivals_dropped_share = false, censored_share = false, clamped = false,
      cpu_wait_share = false,
    } do
      local fault = validity.generator_fault(healthy { [field] = 1e6 })
      assert.equal(is_own, fault ~= nil, field)
    end
    assert.equal("SEND_LAG 112.5 (limit 100)",
      validity.generator_fault(healthy { send_lag_p99_ms = 112.5 }))
  end)

  it("spoils a level that fails sooner than one that passes all the same", function()
    local stalled = healthy { longest_turn_ms = 150 }
    assert.equal("LOOP_STALL 150 (limit 100)", validity.generator_fault(stalled, false))
    assert.is_nil(validity.generator_fault(stalled, true))
    stalled.longest_turn_ms = 1500
    assert.equal("LOOP_STALL 1500 (limit 1000)", validity.generator_fault(stalled, true))
  end)
end)
