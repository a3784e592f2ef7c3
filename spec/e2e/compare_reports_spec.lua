--- Reports of comparisons and trends, read by other people's readers; whatever the names say, they
--- stay names.
local comparison = require "lload.compare.comparison"
local console = require "lload.report.compare_console"
local history = require "lload.trend.history"
local junit = require "lload.report.compare_junit"
local markdown = require "lload.report.compare_markdown"
local tmp = require "spec.support.tmp"
local tools = require "spec.support.ci_tools"
local trend_console = require "lload.report.trend_console"
local trend_html = require "lload.report.trend_html"
local trend_svg = require "lload.report.trend_svg"

local HOSTILE = {
  "GET /\27[2J\27]0;owned\7", "GET /<script>alert(1)</script>", "GET /](http://evil) ![x](y)",
  "GET /`x` | @team #1 <!--", "GET /'; rm -rf / #\n# heading", "GET /\0\1\194\155 ]]>",
  "GET /\226\128\174gpj.exe", "GET /\255\254", "",
}

local function result(p95, name, number)
  local requests = {}
  for index, endpoint in ipairs(HOSTILE) do
    requests[index] = {
      name = endpoint, count = 1000, failed = 0, rate = 50, errors = { [endpoint] = 3 },
      duration = { count = 1000, avg = p95 / 2, med = p95 / 2, ["p(95)"] = p95 },
    }
  end
  return {
    file = "run\27[2J" .. number, result = {
      lload = "1", verdict = "passed", exit_code = 0, validity = { verdict = "ok" },
      started = ("2026-01-%02dT10:00:00.000Z"):format(number), thresholds = {},
      commit = { sha = "<b>\27[2J" .. number }, scenario = { name = name, stage = "<i>`|" },
      settings = { target = "\27]0;t\7" }, machine = { cpu = "<x>", cpus = 2 },
      metrics = { http_reqs = { type = "counter", count = 9000 } }, requests = requests,
    },
  }
end

local function side(p95, name)
  local runs = {}
  for i, factor in ipairs { 0.98, 1, 1.02, 0.99, 1.01 } do
    runs[i] = result(p95 * factor, name, i + (p95 > 100 and 10 or 0))
  end
  return runs
end

local VIEW = { width = 100, color = false }

local function assert_no_controls(text)
  assert.is_nil(text:find "[%z\1-\9\11-\31\127]")
end

describe("a comparison of hostile names", function()
  local model = comparison.compare(side(100, "shop"), side(150, "shop"))
  local refused = comparison.compare(side(100, HOSTILE[1]), side(150, HOSTILE[2]))

  it("is a regression of each, and no terminal obeys it", function()
    assert.equal("regression", model.verdict)
    assert.equal(#HOSTILE, #model.endpoints)
    assert.equal("not_comparable", refused.verdict)
    assert_no_controls(console.render(model, VIEW))
    assert_no_controls(console.render(refused, VIEW))
  end)

  it("is JUnit by its schema", function()
    for _, one in ipairs { model, refused } do
      local path = tmp.write(tmp.dir(), "compare.xml", junit.render(one))
      tools.assert_junit(path)
      assert.is_true(#tools.junit(path) > 0)
    end
  end)

  it("is Markdown in which names do nothing", function()
    for _, one in ipairs { model, refused } do
      local html = tools.html(markdown.render(one))
      for _, element in ipairs { "<script", "<a ", "<img", "<h1", "<i>", "<b>" } do
        assert.is_nil(html:find(element, 1, true))
      end
      assert_no_controls(markdown.render(one))
    end
  end)

  it("has the line people look for, as code and words", function()
    local small = comparison.compare(side(100, "shop"), side(150, "shop"))
    small.endpoints = { small.endpoints[1] }
    local one = small.endpoints[1]
    one.name, one.threshold, one.symptom = "GET /users/:id/orders", 300, nil
    one.p95.base, one.p95.new, one.p95.change = 245, 890, 890 / 245 - 1
    assert.truthy(markdown.render(small):find(
      "`GET /users/:id/orders` p95: 245ms -> 890ms (+263%, threshold: 300ms)", 1, true))
  end)
end)

describe("a trend of hostile names", function()
  local runs = {}
  for i = 12, 1, -1 do runs[#runs + 1] = result(i > 6 and 200 + i % 3 or 100 + i % 3, "shop", i) end
  local models = history.all(runs)

  it("changes its level, and nothing obeys its names", function()
    assert.is_true(#models[1].endpoints[1].changes > 0)
    assert_no_controls(trend_console.render(models[1], VIEW))
    for _, page in ipairs { trend_html.render(models), trend_svg.render(models) } do
      assert.is_nil(page:find("<script>alert", 1, true))
      assert.is_nil(page:find("<b>\27", 1, true))
      assert.is_nil(page:find "[%z\1-\8\11\12\14-\31]")
    end
  end)
end)
