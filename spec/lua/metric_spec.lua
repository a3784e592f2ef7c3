--- Custom metrics are declared once, while the file loads.

local fake_core = require "spec.support.fake_core"

describe("lload.counter, gauge, rate, trend", function()
  local core, metric

  before_each(function()
    core = fake_core.install()
    metric = require "lload.metric"
  end)

  after_each(fake_core.remove)

  it("are declared in order", function()
    metric.trend "latency"
    metric.counter "orders"
    metric.rate "errors"
    metric.gauge "queue.length_2"
    assert.same({
      { kind = "trend", name = "latency" }, { kind = "counter", name = "orders" },
      { kind = "rate", name = "errors" }, { kind = "gauge", name = "queue.length_2" },
    }, metric.declared())
  end)

  it("add to the number that the run gave them", function()
    core.numbers = { orders = 24, latency = 25 }
    local orders, latency = metric.counter "orders", metric.trend "latency"
    orders:add(1)
    latency:add(12.5, { page = "cart" })
    assert.same({ { 24, 1 }, { 25, 12.5, { page = "cart" } } }, core.samples)
  end)

  it("may be declared twice, as the same", function()
    core.numbers = { orders = 24 }
    assert.equal(metric.counter "orders", metric.counter "orders")
    assert.equal(1, #metric.declared())
  end)

  it("may not be of two kinds", function()
    metric.counter "orders"
    local ok, message = pcall(function() metric.rate "orders" end)
    assert.is_false(ok)
    assert.matches("metric_spec.lua:%d+: metric 'orders' is declared as a counter and as a rate$",
      message)
  end)

  it("have names that thresholds can spell", function()
    for _, name in ipairs { "", "a b", "1st", "a-b", "a{b}", "a:b", "\195\164", 7, {} } do
      local ok, message = pcall(function() metric.gauge(name) end)
      assert.is_false(ok)
      assert.matches("metric_spec.lua:%d+: gauge: a name of letters", message)
    end
    assert.is_false((pcall(metric.trend)))
    assert.same({}, metric.declared())
  end)

  it("are not declared by users", function()
    core.running = true
    local ok, message = pcall(function() metric.counter "late" end)
    assert.is_false(ok)
    assert.matches("metric_spec.lua:%d+: metrics are declared while the file loads", message)
    assert.same({}, metric.declared())
  end)

  it("are forgotten before the next file", function()
    metric.counter "orders"
    metric.forget()
    assert.same({}, metric.declared())
    metric.rate "orders"
    assert.same({ { kind = "rate", name = "orders" } }, metric.declared())
  end)
end)
