--- A file of thresholds for several scenarios, and the table over them.

local reader = require "lload.reader"
local section = require "lload.report.suite_section"
local suite = require "lload.suite"
local tmp = require "spec.support.tmp"

local KINDS = { http_req_duration = "trend", http_req_failed = "rate", http_reqs = "counter" }

local LOADER = {
  load = function(file, text)
    local chunk, message = loadstring(text, "@" .. file)
    if not chunk then return nil, message end
    return chunk()
  end,
}

local function read(name, text)
  return suite.read(tmp.write(tmp.dir(), name, text), LOADER)
end

local function thresholds_of(one)
  local list, problems = {}, reader.problems "a.lua"
  one:add_to(list, KINDS, problems)
  return list, problems.lines
end

local function shown(list)
  local lines = {}
  for i, t in ipairs(list) do
    lines[i] = ("%s %s %s"):format(t.metric, (t.tags or {}).name or "", t.expression)
  end
  return lines
end

describe("a file of thresholds", function()
  local EXPECTED = {
    "http_req_failed GET /a rate<1%", "http_req_duration GET /a p(50)<100",
    "http_req_duration GET /a p(95)<300", "http_reqs GET /a rate>5",
    "http_req_duration GET /b p(95)<10", "http_req_duration GET /b p(99)<20",
    "http_req_failed  rate<0.5",
  }

  it("is JSON", function()
    assert.same(EXPECTED, shown((thresholds_of(assert(read("a.json", [[{
      "GET /a": { "p(50)": "<100", "p(95)": "<300", "errors": "<1%", "rps": ">5" },
      "GET /b": ["p(95)<10", "p(99)<20"], "http_req_failed": "rate<0.5" }]])))))
    )
  end)

  it("is Lua", function()
    assert.same(EXPECTED, shown((thresholds_of(assert(read("a.lua", [[return {
      ["GET /a"] = { ["p(50)"] = "<100", ["p(95)"] = "<300", errors = "<1%", rps = ">5" },
      ["GET /b"] = { "p(95)<10", "p(99)<20" }, http_req_failed = "rate<0.5" }]])))))
    )
  end)

  it("is refused with the place of the mistake", function()
    assert.matches("cannot read", select(2, suite.read("/none/such.json", LOADER)))
    assert.matches("is not JSON", select(2, read("a.json", "{")))
    assert.matches("has no thresholds", select(2, read("a.json", "{}")))
    assert.matches("a.lua:1:", select(2, read("a.lua", "return {")))
    local _, lines = thresholds_of(read("a.json", '{"GET /": {"p95": "<3"}}'))
    assert.matches('a.json: "http_req_duration{name:GET /}": .*column', lines[1])
  end)
end)

describe("the thresholds of a suite", function()
  local thresholds = {
    { metric = "http_req_duration", tags = { name = "GET /a" }, of_suite = true },
    { metric = "http_req_duration", tags = { name = "GET /b" }, of_suite = true },
    { metric = "http_req_duration", tags = { name = "GET /nobody" }, of_suite = true },
    { metric = "checks", tags = {} },
  }

  local function verdicts(a, b)
    local list = {}
    for i, data in ipairs { a, b, false, false } do
      list[i] = {
        metric = thresholds[i].metric, tags = thresholds[i].tags, expression = "x", data = data,
      }
    end
    return list
  end

  local function names(list)
    local found = {}
    for i, one in ipairs(list) do found[i] = one.tags.name or one.metric end
    return found
  end

  it("concern the scenario that has data; what nobody has fails with the last", function()
    local one = read("a.json", '{"GET /a": "p(95)<1"}')
    assert.same({ "GET /a", "checks" },
      names(one:concerning(verdicts(true, false), thresholds, false)))
    assert.same({ "GET /b", "GET /nobody", "checks" },
      names(one:concerning(verdicts(false, true), thresholds, true)))
  end)
end)

describe("the table of a suite", function()
  local function model(name, endpoint, ok)
    return {
      scenario = { name = name },
      thresholds = ok ~= nil and {
        { metric = "http_req_duration", tags = { name = endpoint }, ok = ok },
      } or {},
      requests = {
        { name = endpoint, count = 5000, rate = 195.5, total_ms = 1,
          duration = { count = 5000, med = 20, ["p(95)"] = 30, ["p(99)"] = 40 } },
      },
    }
  end

  it("has each endpoint with its thresholds' verdict", function()
    local text = section.render({
      model("one", "GET /a", true), model("two", "GET /b", false), model("three", "GET /c"),
    }, { width = 80 })
    assert.matches("GET /a%s+20.0ms%s+30.0ms%s+40.0ms%s+196/s%s+PASS\n", text)
    assert.matches("GET /b .*FAIL\n", text)
    assert.matches("GET /c .*/s\n", text)
  end)

  it("tells what is worse than its baseline, unless a threshold fails anyway", function()
    local slower, failed = model("one", "GET /a", true), model("two", "GET /b", false)
    slower.comparison = { worse = { "GET /a" } }
    failed.comparison = { worse = { "GET /b" } }
    local text = section.render({ slower, failed }, { width = 80 })
    assert.matches("GET /a .*WORSE\n", text)
    assert.matches("GET /b .*FAIL\n", text)
  end)

  it("names the scenario where several have an endpoint", function()
    local text = section.render({ model("one", "GET /a"), model("two", "GET /a") }, { width = 80 })
    assert.matches("GET /a %(one%)", text)
    assert.matches("GET /a %(two%)", text)
  end)

  it("is nothing when nothing was sent", function()
    local idle = { scenario = { name = "x" }, thresholds = {}, requests = {} }
    assert.equal("", section.render({ idle }, { width = 80 }))
  end)
end)
