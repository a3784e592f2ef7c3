--- How a spike and a soak are told: on the page, in the JSON, and read back from it.

local cjson = require "cjson"
local json = require "lload.report.json"
local page_of = require "lload.report.page"
local paragraph = require "lload.report.paragraph"
local shape = require "lload.shape"
local soak = require "lload.analysis.soak"
local soak_section = require "lload.report.soak_section"
local soaks = require "spec.support.soaks"
local spike = require "lload.analysis.spike"
local spike_section = require "lload.report.spike_section"
local target = require "lload.analysis.target"
local text = require "lload.text"

local function drawn(draw, width, color)
  local page = page_of.new { width = width or 100, color = color or false, verbose = false }
  draw(page)
  return table.concat(page.lines, "\n")
end

local function soak_drawn(result, width, color)
  return drawn(function(page) soak_section.draw(page, { soak = result }) end, width, color)
end

local function spike_drawn(result, width, color)
  return drawn(function(page) spike_section.draw(page, { spike = result }) end, width, color)
end

-- The result in a model that is otherwise as small as may be, written and read again.
local function stored(part)
  local model = {
    schema = "lload/result/1", verdict = "passed", exit_code = 0, duration_s = 1,
    scenario = { name = "a" }, spike = part.spike, soak = part.soak,
  }
  local written = json.render(model)
  local read = cjson.decode(written)
  assert.is_nil(shape.problem(read, shape.RESULT))
  return read, written
end

local LEAK = soak.analyse(soaks.soak(1800), soaks.closed(10, 1800, function(t)
  return 50 + t / 60
end), 1800, { {
  metric = "http_req_duration", tags = {}, agg = "p", x = 95, operator = "<", limit = 800,
  expression = "p(95)<800",
} }, target.follow {
  { t_s = 0, body = "process_open_fds 5\ngo_goroutines 5\na_total 5\n" },
  { t_s = 600, body = "process_open_fds 5\na_total 4\n" }, { t_s = 900, error = "refused" },
  { t_s = 910, error = "refused" },
})

local SHOP = spike.analyse(soaks.spike { 10, 2, 6, 2, 10 }, soaks.range(30, function(t)
  local p95 = t < 10 and 20 or t < 22 and 300 or 21
  return { p95 = p95, rps = 400, error_rate = t < 20 and 0 or 0.05 }
end), 30)

describe("a paragraph", function()
  local function broken(prose, width)
    return drawn(function(page) paragraph.add(page, prose) end, width)
  end

  it("is broken between words", function()
    assert.equal("  one two three four five six seven\n  eight nine",
      broken("one two  three four five\nsix seven eight nine", 40))
    assert.equal("", broken("", 40))
  end)

  it("is cut where a word is too long, and moves no cursor", function()
    assert.equal("  a\n  " .. ("b"):rep(37) .. "…\n  c", broken("a " .. ("b"):rep(50) .. " c", 40))
    assert.is_nil(broken("a\27[31m\1b", 40):find "[\27\1]")
  end)
end)

describe("the section of a soak", function()
  it("tells a leak", function()
    assert.equal([[
Soak: drifting
  p95 grew from 51.5ms to 79.5ms in 28m (60.0ms an hour): significant; p(95)<800 would break after
  12h more. throughput fell from 209/s to 140/s in 28m (158 an hour): significant. A cycle slower
  than 1h would look the same
  Figure                     From      To  An hour       p
  http_req_duration p(95)  51.5ms  79.5ms  +60.0ms  <0.001  drifts
  http_req_failed rate         0%      0%        0    1.00
  in_flight                    10      10        0    1.00
  http_reqs rate            209/s   140/s   -158/s  <0.001  drifts
  29 windows of 1m from 1m to 30m
  the target restarted once, first noticed after 10m
  the target's metrics could not be read any more after 15m: refused
  go_goroutines vanished from the target's metrics after 0s]],
      soak_drawn(LEAK))
  end)

  it("fits the page", function()
    for _, width in ipairs { 40, 60, 80 } do
      for line in soak_drawn(LEAK, width):gmatch "[^\n]+" do
        assert.is_true(text.width(line) <= math.max(width, 66), line)
      end
    end
  end)

  it("is red for a drift, yellow when it only warns or nobody can tell", function()
    assert.truthy(soak_drawn(LEAK, 100, true):find("\27[31m  p95 grew", 1, true))
    assert.truthy(soak_drawn({ verdict = "drifting", detail = "p95 grew", on_drift = "warn" }, 100,
      true):find("\27[33m  p95 grew", 1, true))
    assert.truthy(soak_drawn({ verdict = "too_short", detail = "short" }, 100, true)
      :find("\27[1mSoak: too short\27[0m\n\27[33m  short\27[0m", 1, true))
  end)

  it("is not there without one, and stands one that says little", function()
    assert.equal("", soak_drawn(nil))
    assert.equal("Soak: steady", soak_drawn { verdict = "steady" })
    assert.equal("Soak: x\n  Figure  From  To  An hour  p\n  a                      -2",
      soak_drawn { verdict = "x", drift = {
        { metric = "a", slope_per_h = -2, significant = false } } })
  end)

  it("hints at several instances", function()
    local restarts = {}
    for i = 1, 12 do restarts[i] = i end
    assert.matches("the target restarted 12 times, first noticed after 1s; several instances",
      soak_drawn { verdict = "steady", restarts = restarts })
  end)
end)

describe("the section of a spike", function()
  it("tells base, peak and recovery", function()
    assert.equal([[
Spike
  p95 was 20.0ms before the spike and 300ms at its worst (15 times as much); back within 22.0ms 2s
  after the fall. After the fall 5.00% of the requests still failed
  Part      From   To  RPS     p95  Errors
  before      2s  10s  400  20.0ms      0%
  peak       10s  20s  400   300ms      0%
  recovery   20s  30s  400  76.8ms   5.00%]], spike_drawn(SHOP))
  end)

  it("is yellow when it did not recover", function()
    assert.truthy(spike_drawn({ detail = "slow", recovered = false }, 100, true)
      :find("\27[33m  slow\27[0m", 1, true))
  end)

  it("is not there without one, and stands one that says little", function()
    assert.equal("", spike_drawn(nil))
    assert.equal("Spike", spike_drawn {})
    assert.equal("Spike\n  Part  From  To  RPS  p95  Errors\n  peak",
      spike_drawn { peak = {} })
  end)
end)

describe("a stored result", function()
  it("keeps what a soak found", function()
    local read, written = stored { soak = LEAK }
    assert.equal(soak_drawn(LEAK), soak_drawn(read.soak))
    assert.equal(12, math.floor(read.soak.drift[1].breach_in_s / 3600))
    assert.truthy(written:find('"vanished": [ { "metric": "go_goroutines", "last_seen_s": 0 } ]',
      1, true))
    assert.is_nil(written:find "null")
  end)

  it("keeps what a spike did", function()
    local read, written = stored { spike = SHOP }
    assert.equal(spike_drawn(SHOP), spike_drawn(read.spike))
    assert.same({ 20, 300, 2 }, { read.spike.base_p95, read.spike.peak_p95, read.spike.recovery_s })
    assert.is_nil(written:find "soak")
  end)

  it("may say that there was nothing", function()
    local read, written = stored { soak = soak.analyse(soaks.soak(60, 60), function() end, 5) }
    assert.equal("too_short", read.soak.verdict)
    assert.truthy(written:find('"drift": []', 1, true))
  end)
end)
