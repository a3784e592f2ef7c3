--- The verdict of what a run looked for: searches, and soaks that drift or lose their target.

local verdict = require "lload.verdict"

local function model(parts)
  local m = {
    validity = { verdict = "ok", reasons = {} }, thresholds = {}, metrics = {}, requests = {},
    script_errors = {}, iteration_failures = {},
  }
  for key, value in pairs(parts) do m[key] = value end
  m.exit_code = verdict.exit_code(m)
  return m
end

describe("the verdict of a search", function()
  local function search(outcome, more)
    local parts = { search = { outcome = outcome, reason = "400/s passes" } }
    for key, value in pairs(more or {}) do parts[key] = value end
    return model(parts)
  end

  for outcome, line in pairs {
    found = "PASSED: 400/s passes", above_to = "PASSED: 400/s passes",
    from_failed = "FAILED (exit 99): 400/s passes",
    generator = "INVALID (exit 98): 400/s passes", unconfirmed = "INVALID (exit 98): 400/s passes",
    interrupted = "INVALID (exit 98): 400/s passes", unheard_of = "INVALID (exit 98): 400/s passes",
  } do
    it("that ended with " .. outcome .. " is " .. line:match "^%u+", function()
      assert.equal(line, verdict.line(search(outcome)))
    end)
  end

  it("goes after what ended it", function()
    assert.equal(105, search("interrupted", { stop = { reason = "interrupted" } }).exit_code)
    assert.equal(107, search("interrupted", { stop = { reason = "setup_failed" } }).exit_code)
    assert.equal(108, search("interrupted", { stop = { reason = "aborted" } }).exit_code)
    assert.equal(107, search("found",
      { metrics = { iteration_errors = { type = "counter", count = 1 } } }).exit_code)
  end)

  it("knows no outage: levels that fail are what a search is for", function()
    assert.equal(0, search("found", { requests = { { count = 9, failed = 9 } } }).exit_code)
  end)
end)

describe("the verdict of WebSockets", function()
  local function sessions(failed_rate, requests)
    return model {
      metrics = { ws_session_failed = { type = "rate", rate = failed_rate } },
      requests = requests or { { count = 2, failed = 0 } },
    }
  end

  it("fails a run of which none succeeded, whatever the requests did", function()
    assert.equal("FAILED (exit 99): no WebSocket session succeeded", verdict.line(sessions(1)))
    assert.equal("FAILED (exit 99): no request succeeded",
      verdict.line(sessions(1, { { count = 2, failed = 2 } })))
  end)

  it("leaves some failures to thresholds", function()
    assert.equal(0, sessions(0.99).exit_code)
    assert.equal(0, sessions(0).exit_code)
  end)
end)

describe("the verdict of a soak", function()
  local function soak(parts) return model { soak = parts } end

  it("passes what is steady, and what was too short to tell", function()
    for _, word in ipairs { "steady", "too_short" } do
      assert.equal("PASSED: no thresholds were set",
        verdict.line(soak { verdict = word, detail = "x" }))
    end
  end)

  it("fails a drift, and says which", function()
    local m = soak { verdict = "drifting", detail = "p95 grew" }
    assert.equal("FAILED (exit 99): p95 grew", verdict.line(m))
    m = model {
      soak = { verdict = "drifting", detail = "p95 grew", on_drift = "fail" },
      thresholds = { { ok = true }, { ok = false } },
    }
    assert.equal("FAILED (exit 99): 1 of 2 thresholds failed; p95 grew", verdict.line(m))
  end)

  it("only warns of a drift when that is wanted", function()
    local m = soak { verdict = "drifting", detail = "p95 grew", on_drift = "warn" }
    assert.equal("PASSED: no thresholds were set", verdict.line(m))
    assert.same({}, verdict.soak_failures(m))
  end)

  it("fails a target that was lost, warning or not", function()
    for _, on_drift in ipairs { "fail", "warn" } do
      local m = soak {
        verdict = "steady", detail = "fine", on_drift = on_drift,
        vanished = { { metric = "go_goroutines", last_seen_s = 12.4 } },
        scrape = { pages = 4, failed = 2, unreachable_s = 60, problem = "refused" },
      }
      assert.same({
        "the target's metrics could not be read any more after 1m: refused",
        "go_goroutines vanished from the target's metrics after 12s",
      }, verdict.soak_failures(m))
      assert.equal(99, m.exit_code)
    end
    assert.equal("FAILED (exit 99): the target's metrics were never read: the status was 404",
      verdict.line(soak { verdict = "steady",
        scrape = { pages = 0, failed = 3, problem = "the status was 404" } }))
  end)

  it("passes a page that failed in between, and restarts", function()
    assert.equal(0, soak({ verdict = "steady", restarts = { 5, 9 },
      scrape = { pages = 4, failed = 2, problem = "refused" } }).exit_code)
    assert.same({}, verdict.soak_failures(model {}))
  end)

  it("goes after an interruption", function()
    assert.equal(105, model({ stop = { reason = "interrupted" },
      soak = { verdict = "drifting", detail = "p95 grew" } }).exit_code)
  end)
end)

describe("the verdict of an interruption", function()
  it("names what interrupted the run, or the signal", function()
    local m = model { stop = { reason = "interrupted", detail = "stopped by live control" } }
    assert.equal("INTERRUPTED (exit 105): stopped by live control", verdict.line(m))
    assert.equal("INTERRUPTED (exit 105): interrupted (Ctrl-C or SIGTERM)",
      verdict.line(model { stop = { reason = "interrupted" } }))
  end)
end)
