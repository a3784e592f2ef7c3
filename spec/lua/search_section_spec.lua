--- The search in the summary: its bracket, its levels.

local page_of = require "lload.report.page"
local queue = require "spec.support.queue"
local search = require "lload.search"
local section = require "lload.report.search_section"
local text = require "lload.text"

local function drawn(result, options)
  local page = page_of.new(options or { width = 100 })
  section(page, { search = result })
  return table.concat(page.lines, "\n")
end

local function searched(overrides, server)
  local fields = {
    of = "rate", from = 100, to = 10000, hold = 10, settle = 3, resolution = 0.2, samples = 100,
    max_vus = 10000, max_duration = 3600,
  }
  for key, value in pairs(overrides) do fields[key] = value end
  local s = search.new(fields)
  queue.new(server):drive(s)
  return s:result()
end

describe("the search section", function()
  it("shows the bracket and every level", function()
    assert.equal([[
Search
  400/s passes, 450/s fails, both tested twice: http_req_duration p(95)<200: 951ms; cut at 5s
   Load  Req/s     p95  Samples  Verdict  Why
  100/s    100  62.5ms    1,000  PASS     all thresholds hold
  200/s    200  75.0ms    2,000  PASS     all thresholds hold
  400/s    400   100ms    4,000  PASS     all thresholds hold
  800/s    400   3.90s    2,000  FAIL     http_req_duration p(95)<200: 3901ms; cut at 5s
  600/s    402   2.65s    2,010  FAIL     http_req_duration p(95)<200: 2652ms; cut at 5s
  500/s    400   1.62s    2,000  FAIL     http_req_duration p(95)<200: 1625ms; cut at 5s
  450/s    401   951ms    2,002  FAIL     http_req_duration p(95)<200: 951ms; cut at 5s
  400/s    400   100ms    4,000  PASS     again: all thresholds hold
  450/s    401   951ms    2,002  FAIL     again: http_req_duration p(95)<200: 951ms; cut at 5s]],
      drawn(searched({}, { capacity = 400 })))
  end)

  it("keeps a level that the generator spoilt apart from one that failed", function()
    local shown = drawn(searched({}, { capacity = 4000, generator = 150 }))
    assert.matches("\n +200/s +200 +%S+ +1,000  INVALID  CPU_SAT: too busy; cut at 5s\n",
      shown)
  end)

  it("leaves a thin p95 blank, as the other tables do", function()
    local shown = drawn { of = "vus", reason = "x", levels = {
      { load = 1, ok = true, why = "fine", p95 = 12, rps = 1.5, samples = 199 },
      { load = 12, ok = true, why = "fine", p95 = 12, rps = 1.5, samples = 200 },
    } }
    assert.matches("\n    1 user   1.50              199  PASS     fine\n", shown)
    assert.matches("\n  12 users   1.50  12.0ms      200  PASS     fine$", shown)
  end)

  it("does not say twice that a level passed, and breaks a long reason", function()
    assert.equal([[
Search
  400/s passes, 413/s fails, both tested twice:
  http_req_duration p(95)<200: 201ms
   Load  Req/s  p95  Samples  Verdict  Why
  400/s                    5  PASS     closest: a …
  400/s                    5  PASS     again: clos…]], drawn({ of = "rate",
      reason = "400/s passes, 413/s fails, both tested twice: http_req_duration p(95)<200: 201ms",
      levels = {
        { load = 400, ok = true, samples = 5, why = "all thresholds hold; closest: a p(95)<9: 3" },
        { load = 400, ok = true, samples = 5, why = "all thresholds hold; closest: a p(95)<9: 3",
          retest = true },
      } }, { width = 50 }))
  end)

  it("colours verdicts and nothing else", function()
    local result = searched({}, { capacity = 400 })
    local plain, coloured = drawn(result), drawn(result, { width = 100, color = true })
    assert.matches("\27%[32mPASS\27%[0m", coloured)
    assert.matches("\27%[31mFAIL\27%[0m", coloured)
    assert.equal(plain, (coloured:gsub("\27%[%d+m", "")))
  end)

  it("lets no text of the script out of its line", function()
    local shown = drawn { of = "rate", reason = "a\nb\27[31m", levels = {
      { load = 5, ok = false, why = "evil\r\n\27[2J" .. ("long "):rep(50), samples = 3 },
    } }
    assert.is_nil(shown:find("\27", 1, true))
    for line in shown:gmatch("[^\n]+") do assert.is_true(text.width(line) <= 100) end
    assert.equal(4, select(2, shown:gsub("[^\n]+", "")))
  end)

  it("draws what a search knows that never judged a level, and nothing without one", function()
    assert.equal("Search\n  the search was cut off; no level was judged",
      drawn(search.new({ of = "rate", from = 1, to = 2, resolution = 0.05 }):result()))
    assert.equal("", drawn(nil))
  end)
end)
