--- Exit codes: one table, its precedence, and the verdict of models by it.

local exit_codes = require "lload.exit_codes"
local verdict = require "lload.verdict"

local function model(parts)
  local m = {
    validity = { verdict = "ok", reasons = {} }, thresholds = {}, metrics = {}, requests = {},
    script_errors = {},
  }
  for key, value in pairs(parts) do m[key] = value end
  return m
end

describe("exit codes", function()
  it("have the precedence of the contract", function()
    local order = { 70, 2, 104, 100, 101, 108, 105, 107, 98, 99, 0 }
    for weaker = 2, #order do
      for stronger = 1, weaker - 1 do
        assert.equal(order[stronger], exit_codes.first { order[weaker], order[stronger], 0 })
      end
    end
    assert.equal(0, exit_codes.first {})
  end)

  it("have a verdict each", function()
    for code, word in pairs {
      [0] = "passed", [99] = "failed", [98] = "invalid", [105] = "interrupted", [108] = "aborted",
      [107] = "error", [104] = "error", [100] = "error", [101] = "error", [70] = "error",
    } do
      assert.equal(word, exit_codes.verdict(code))
    end
  end)
end)

describe("verdict", function()
  local FAILED = { { metric = "checks", ok = false, data = true } }
  local ERRORS = { iteration_errors = { type = "counter", count = 3 } }

  it("passes a run in which nothing is wrong", function()
    assert.equal(0, verdict.exit_code(model {}))
  end)

  for reason, code in pairs {
    internal = 70, setup_timeout = 100, teardown_timeout = 101, aborted = 108, interrupted = 105,
    setup_failed = 107, teardown_failed = 107, hung = 107, out_of_memory = 107, threshold = 99,
    invalid_input = 104,
    unheard_of = 70,
  } do
    it(("gives %d when the run stopped with %s"):format(code, reason), function()
      assert.equal(code, verdict.exit_code(model { stop = { reason = reason } }))
    end)
  end

  it("gives 99 for a failed threshold and 98 for an invalid measurement before it", function()
    assert.equal(99, verdict.exit_code(model { thresholds = FAILED }))
    local invalid = { verdict = "invalid", reasons = { { code = "RATE_MISS" } } }
    assert.equal(98, verdict.exit_code(model { thresholds = FAILED, validity = invalid }))
    local suspect = { verdict = "suspect", reasons = { { code = "CPU_SAT" } } }
    assert.equal(0, verdict.exit_code(model { validity = suspect }))
  end)

  it("gives 107 for script errors unless a threshold judges them", function()
    assert.equal(107, verdict.exit_code(model { metrics = ERRORS, thresholds = FAILED }))
    local judged = { { metric = "iteration_errors", ok = true, data = true } }
    assert.equal(0, verdict.exit_code(model { metrics = ERRORS, thresholds = judged }))
    judged[1].ok = false
    assert.equal(99, verdict.exit_code(model { metrics = ERRORS, thresholds = judged }))
    judged[1].ok, judged[1].tags = true, {}
    assert.equal(0, verdict.exit_code(model { metrics = ERRORS, thresholds = judged }))
  end)

  it("gives 107 when a threshold judges only some script errors", function()
    local some = { { metric = "iteration_errors", tags = { journey = "a" }, ok = true } }
    assert.equal(107, verdict.exit_code(model { metrics = ERRORS, thresholds = some }))
    some[2] = { metric = "iteration_errors", ok = true, data = true }
    assert.equal(0, verdict.exit_code(model { metrics = ERRORS, thresholds = some }))
  end)

  it("fails a run whose requests all failed, and only that", function()
    local none = model { requests = { { name = "a", count = 3, failed = 3 } } }
    none.exit_code = verdict.exit_code(none)
    assert.equal(99, none.exit_code)
    assert.equal("FAILED (exit 99): no request succeeded", verdict.line(none))
    local some = model {
      requests = { { name = "a", count = 3, failed = 3 }, { name = "b", count = 1, failed = 0 } },
    }
    assert.equal(0, verdict.exit_code(some))
    assert.equal(0, verdict.exit_code(model { requests = {} }))
  end)

  it("says why in one line", function()
    local function line(parts)
      local m = model(parts)
      m.exit_code = verdict.exit_code(m)
      return verdict.line(m)
    end
    assert.equal("PASSED: no thresholds were set", line {})
    assert.equal("PASSED: 1 threshold holds", line { thresholds = { { ok = true } } })
    assert.equal("FAILED (exit 99): 1 of 2 thresholds failed",
      line { thresholds = { { ok = true }, { ok = false } } })
    assert.equal("ERROR (exit 107): 3 script errors (1 distinct)",
      line { metrics = ERRORS, script_errors = { { message = "x", count = 3 } } })
    assert.equal("ERROR (exit 107): setup failed: no database",
      line { stop = { reason = "setup_failed", detail = "no database\nstack traceback:" } })
    assert.equal("ABORTED (exit 108): aborted by the script (lload.abort): closed",
      line { stop = { reason = "aborted", detail = "closed" } })
    assert.equal("INTERRUPTED (exit 105): interrupted (Ctrl-C or SIGTERM)",
      line { stop = { reason = "interrupted" } })
    assert.equal("INVALID (exit 98): the measurement is invalid: RATE_MISS",
      line { validity = { verdict = "invalid", reasons = { { code = "RATE_MISS" } } } })
  end)
end)
