--- The target of a budget: how it is written, and which intervals meet it.

local target_of = require "lload.budget.target"

describe("the target of a budget", function()
  it("is a metric, with tags or not, and an expression", function()
    for text, key in pairs {
      ["http_req_duration p(95)<200"] = "http_req_duration",
      ["http_req_duration: p(95)<200"] = "http_req_duration",
      ["http_req_duration{name:GET /a b} p(95)<200"] = "http_req_duration{name:GET /a b}",
      ["http_req_duration{name:GET /}: p(95)<200"] = "http_req_duration{name:GET /}",
    } do
      local target = assert(target_of.parse(text))
      assert.same({ key, "p(95)<200", "p", 95, "<" },
        { target.key, target.expression, target.agg, target.x, target.operator })
    end
  end)

  it("is refused with a remedy when it is none", function()
    assert.matches("is no target; write", select(2, target_of.parse "fast"))
    assert.matches("column", select(2, target_of.parse "http_req_duration p95<200"))
    assert.matches("needs <", select(2, target_of.parse "http_req_duration p(95)==200"))
  end)

  it("leaves what else must hold to other metrics", function()
    local t = target_of.parse "http_req_duration{name:GET /} p(95)<30"
    local function verdict(metric, expression, ok, tags)
      return { metric = metric, tags = tags or {}, expression = expression, ok = ok }
    end
    assert.same({ "http_req_failed rate<1%" }, target_of.broken(t, { thresholds = {
      verdict("http_req_failed", "rate<1%", false), verdict("checks", "rate>99%", true),
      verdict("http_req_duration", "p(95)<20", false),
      verdict("http_req_duration", "p(95)<30", false, { name = "GET /" }),
    } }))
  end)

  it("is met by the worse end of the interval", function()
    local below, above = target_of.parse "a p(95)<200", target_of.parse "checks rate>0.9"
    assert.is_true(target_of.met(below, 150, 199, 200))
    assert.is_false(target_of.met(below, 150, 201, 200))
    assert.is_true(target_of.met(above, 0.91, 1, 0.9))
    assert.is_false(target_of.met(above, 0.89, 1, 0.9))
  end)
end)
