--- The JSON writer: fixed order, exact numbers, valid UTF-8, lists that stay lists.

local cjson = require "cjson"
local json = require "lload.report.json"

local function render(parts)
  return json.render(parts)
end

describe("report.json", function()
  it("keeps the order of the contract and puts strangers last", function()
    local text = render {
      zebra = 1, alpha = 2, verdict = "passed", schema = "lload/result/1", exit_code = 0,
    }
    local keys = {}
    for key in text:gmatch('"([%w_]+)":') do keys[#keys + 1] = key end
    assert.same({ "schema", "verdict", "exit_code", "alpha", "zebra" }, keys)
  end)

  it("does not depend on the order of the tables", function()
    local a, b = {}, {}
    for i = 1, 50 do a["m" .. i] = { type = "counter", count = i } end
    for i = 50, 1, -1 do b["m" .. i] = { type = "counter", count = i } end
    assert.equal(render { metrics = a }, render { metrics = b })
  end)

  it("writes numbers exactly", function()
    for value, text in pairs {
      [2 ^ 53] = "9007199254740992", [-3] = "-3", [0.1] = "0.1", [1 / 3] = "0.333333",
      [1234567.891] = "1234567.891", [0.0000123] = "1.23e-05", [-0.5] = "-0.5",
      [45678901] = "45678901",
    } do
      assert.equal(('{ "duration_s": %s }\n'):format(text), render { duration_s = value })
    end
    assert.equal('{ "duration_s": 0 }\n', render { duration_s = -0 })
  end)

  it("leaves out what is not a number, and null", function()
    assert.equal('{ "exit_code": 0 }\n',
      render { exit_code = 0, duration_s = 0 / 0, started = cjson.null, zebra = 1 / 0 })
  end)

  it("keeps empty lists and empty objects apart", function()
    assert.equal('{ "metrics": {}, "requests": [], "windows": [] }\n',
      render { metrics = {}, requests = {}, windows = {}, notes = {} })
  end)

  it("escapes, and repairs what is not UTF-8", function()
    local text = render { stop = { reason = 'a"\\\n\t\1\127', detail = "\255é" } }
    local back = cjson.decode(text)
    assert.equal('a"\\\n\t\1\127', back.stop.reason)
    assert.equal("\239\191\189é", back.stop.detail)
  end)

  it("puts short tables on one line and long lists in blocks", function()
    local steps = {}
    for i = 1, 100 do steps[i] = { i * 1000, i } end
    local text = json.render_plans { { file = "a.lua", stages = { s = { duration_s = 1,
      max_vus = 100, profiles = { { executor = "ramping-vus", vus = steps } } } } } }
    assert.same(steps, cjson.decode(text).stages.s.profiles[1].vus)
    local _, lines = text:gsub("\n", "")
    assert.is_true(lines < 45, text)
    for line in text:gmatch("[^\n]+") do assert.is_true(#line <= 120, line) end
  end)

  it("writes any object, with the fields of a live answer first", function()
    assert.equal('{ "error": "no", "paused": false, "other": [ { "a": 1 } ], "zebra": [] }\n',
      json.encode { zebra = {}, paused = false, error = "no", other = { { a = 1 } } })
  end)

  it("lists several plans as a list", function()
    local plans = cjson.decode(json.render_plans {
      { file = "a", problems = { "x" } }, { file = "b", stages = {} },
    })
    assert.equal("a", plans[1].file)
    assert.same({ "x" }, plans[1].problems)
  end)
end)
