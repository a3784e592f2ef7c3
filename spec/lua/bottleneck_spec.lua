--- Where the time of a run went: shares, phases, bytes, connections and caches.

local bottleneck = require "lload.analysis.bottleneck"
local fake = require "spec.support.fake_engine"

local function phase(count, ms) return { count = count, avg = ms } end

-- 300 requests of 10 ms and 100 of 10 ms: three quarters and one.
local MODEL = {
  requests = {
    { name = "GET /b", count = 100, total_ms = 1000, data_sent = 20000, data_received = 1e6,
      phases = { waiting = phase(100, 9.95), sending = phase(100, 0.05) },
      cache = { hits = 25, answers = 50 } },
    { name = "GET /a", count = 300, total_ms = 3000, data_sent = 30000, data_received = 60000,
      phases = { waiting = phase(300, 6), receiving = phase(300, 3),
        tls_handshaking = phase(30, 10) } },
  },
  connections = { opened = 10, reused = 390 },
  metrics = { http_cache_hits = { type = "rate", rate = 0.5, passes = 25, fails = 25 } },
}

describe("the bottleneck of a run", function()
  it("is the endpoint with most time, with its phases and bytes", function()
    local list = bottleneck.endpoints(MODEL)
    assert.same({ "GET /a", "75%", "100 B", "200 B", "", "waiting 60%, receiving 30%, TLS 10%" },
      bottleneck.cells(list[1]))
    assert.same({ "GET /b", "25%", "200 B", "10.0 kB", "50%", "waiting 100%" },
      bottleneck.cells(list[2]))
  end)

  it("is told in a line", function()
    assert.equal("75% of the time in GET /a (waiting 60%); connections reused 98%; "
      .. "cache hits 50%", bottleneck.line(MODEL))
  end)

  it("is not told of results that do not know it", function()
    assert.is_nil(bottleneck.line { requests = {}, metrics = {} })
    assert.is_nil(bottleneck.line { requests = { { name = "x", count = 0 } }, metrics = {} })
    local old = { requests = { { name = "x", count = 1, total_ms = 5 } }, metrics = {} }
    assert.equal("100% of the time in x", bottleneck.line(old))
  end)

  it("has a table in the summary with -v", function()
    local files = require "spec.support.scenario_file"
    finally(files.clean)
    local file = files.write("a.lua", "return { journey = function() end }")
    local _, out = fake.lload { "run", file, "-v" }
    assert.matches("\nWhere the time goes\n +Endpoint +Share", out)
    _, out = fake.lload { "run", file }
    assert.is_nil(out:find("Where the time goes", 1, true))
    assert.matches("\nTotals\n.-%d+%% of the time in ", out)
  end)
end)
