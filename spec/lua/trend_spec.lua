--- Histories of results: changes named with their commits, creeps with their dates, and the charts.

local calendar = require "lload.trend.calendar"
local console = require "lload.report.trend_console"
local creep = require "lload.trend.creep"
local history = require "lload.trend.history"
local html = require "lload.report.trend_html"
local json = require "lload.report.json"
local noise_of = require "spec.support.noise"
local svg = require "lload.report.trend_svg"

-- Runs of one a day, newest first; p95_of gives the p95 of each endpoint on a day.
local function runs(days, p95_of, more)
  local list = {}
  for day = days, 1, -1 do
    local requests = {}
    for name, p95 in pairs(p95_of(day)) do
      requests[#requests + 1] = { name = name, count = 1000, duration = { ["p(95)"] = p95 } }
    end
    local result = {
      lload = "0.1.0", verdict = "passed", validity = { verdict = "ok" },
      scenario = { name = "shop", stage = "ramp", source = "s" .. day },
      started = calendar.date(20000 + day) .. "T12:00:00.000Z",
      commit = { sha = ("%07x"):format(day):rep(6) }, requests = requests,
      metrics = { http_reqs = { type = "counter", count = 1000 } }, thresholds = {
        { metric = "http_req_duration", tags = { name = "GET /b" }, expression = "p(95)<300" },
      },
    }
    for key, value in pairs(more and more(day) or {}) do result[key] = value end
    list[#list + 1] = { result = result, file = "day" .. day }
  end
  return list
end

local random = noise_of.new(9)
local function noisy(value) return value * (1 + 0.02 * random:normal()) end

local function stepped_and_creeping(day)
  return { ["GET /a"] = noisy(day >= 15 and 125 or 100), ["GET /b"] = noisy(150 + 2 * day) }
end

describe("a history", function()
  local model = history.of(runs(30, stepped_and_creeping))

  it("names the first commit of a new level, and its size", function()
    local endpoint = model.endpoints[1]
    assert.equal("GET /a", endpoint.name)
    assert.equal(1, #endpoint.changes)
    local change = endpoint.changes[1]
    assert.equal(("%07x"):format(15):rep(6), change.commit.sha)
    assert.is_near(0.25, change.change, 0.03)
    assert.is_false(endpoint.creep.significant)
  end)

  it("tells a creep from a stair, and when it meets the threshold", function()
    local endpoint = model.endpoints[2]
    assert.same({}, endpoint.changes)
    assert.is_true(endpoint.creep.significant)
    assert.is_near(2, endpoint.creep.per_day, 0.3)
    -- 210 on day 30, so 300 is met 45 days later
    assert.is_near(20030 + 45, endpoint.creep.meets_day, 6)
    assert.is_true(endpoint.creep.earliest <= endpoint.creep.meets)
    assert.is_true(endpoint.creep.meets <= endpoint.creep.latest)
  end)

  it("accuses nobody who stayed the same", function()
    local accused = 0
    for seed = 1, 100 do
      local noise = noise_of.new(seed)
      local one = history.of(runs(30, function()
        return { a = 100 * (1 + 0.05 * noise:normal()) }
      end)).endpoints[1]
      if #one.changes > 0 then accused = accused + 1 end
    end
    assert.is_true(accused <= 5, accused .. " of 100")
  end)

  it("leaves out what cannot be compared, and keeps scenarios that develop", function()
    local mixed = runs(6, function() return { a = 100 } end, function(day)
      if day == 2 then return { settings = { target = "elsewhere" } } end
      if day == 3 then return { validity = { verdict = "invalid" } } end
      return nil
    end)
    local found = history.of(mixed)
    assert.equal(4, #found.runs)
    assert.matches("2 results are left out", found.notes[1])
  end)

  it("is short, gone or of one run without harm", function()
    assert.is_nil(history.of {})
    local one = history.of(runs(1, function() return { a = 5 } end))
    assert.same({}, one.endpoints[1].changes)
    assert.is_nil(one.endpoints[1].creep)
    assert.equal(50, #history.of(runs(80, function() return { a = 5 } end)).runs)
  end)
end)

describe("the interval of a creep", function()
  it("is Sen's: of the ordered slopes, by the spread of Mann and Kendall's S", function()
    -- six points on a line but one: 15 slopes; 1.96·sqrt(28.33) = 10.43, so ranks 2 and 14
    local days, values = { 1, 2, 3, 4, 5, 6 }, { 1, 2, 3, 4, 5, 12 }
    local slopes = {}
    for j = 2, 6 do
      for i = 1, j - 1 do slopes[#slopes + 1] = (values[j] - values[i]) / (j - i) end
    end
    table.sort(slopes)
    local found = creep.of(days, values)
    assert.equal(1, found.per_day)
    assert.equal(slopes[2], found.low)
    assert.equal(slopes[14], found.high)
  end)
end)

describe("the calendar", function()
  it("knows days and leap years", function()
    assert.equal(0, calendar.days "1970-01-01T00:00:00.000Z")
    assert.equal(19782, calendar.days "2024-02-29T00:00:00Z")
    assert.equal(20484.5, calendar.days "2026-01-31T12:00:00.000Z")
    assert.equal("2024-02-29", calendar.date(19782.9))
    assert.is_nil(calendar.days "yesterday")
  end)
end)

describe("the reports of a history", function()
  local HOSTILE = '<img src=x onerror=alert(1)>"\27[31m'
  local model = history.of(runs(12, function(day)
    return { ["GET /a"] = day >= 7 and 200 or 100, [HOSTILE] = 5 }
  end))

  it("draw bars in the terminal that fit", function()
    for _, width in ipairs { 60, 80, 100 } do
      local text = console.render(model, { width = width })
      assert.matches("%+100.0%% since 0000007", text)
      assert.is_nil(text:find("\27", 1, true))
      for line in text:gmatch "[^\n]+" do
        assert.is_true(require("lload.text").width(line) <= width, line)
      end
    end
  end)

  it("tell runs without a commit apart by day and time", function()
    local list = runs(3, function() return { ["GET /a"] = 100 } end)
    for index, run in ipairs(list) do
      run.result.commit, run.result.started = nil, ("2026-01-31T1%d:30:00.000Z"):format(4 - index)
    end
    local one = history.of(list)
    assert.matches("01%-31   01%-31   01%-31\n +11:30   12:30   13:30",
      console.render(one, { width = 80 }))
    assert.matches(">01%-31 13:30<", svg.render { one })
  end)

  it("are SVG and HTML that nothing breaks out of", function()
    for _, page in ipairs { svg.render { model }, html.render { model } } do
      assert.is_nil(page:find("<img", 1, true))
      assert.is_nil(page:find("\27", 1, true))
      assert.truthy(page:find("&lt;img", 1, true))
      assert.truthy(page:find("<polyline", 1, true))
    end
    assert.matches("since 0000007", html.render { model })
  end)

  it("are JSON", function()
    local decoded = require("cjson").decode(json.render_trends { model })
    assert.equal("lload/trend/1", decoded.schema)
    assert.equal(7, decoded.endpoints[2].changes[1].run)
    assert.equal("lload/trends/1",
      require("cjson").decode(json.render_trends { model, model }).schema)
  end)
end)
