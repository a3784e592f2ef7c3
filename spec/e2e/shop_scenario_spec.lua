--- The scenarios and examples that come with lload: each loads, and runs against the demo shop.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

-- It wants a server of its own: see websocket_spec.lua.
local NOT_FOR_THE_SHOP = { ["examples/websocket/scenario.lua"] = true }

-- The Lua files that `pattern` (a glob below the repository root) names.
local function files(pattern)
  local found = {}
  local pipe = assert(io.popen("ls -1 " .. pattern .. " 2>/dev/null"))
  for name in pipe:lines() do
    found[#found + 1] = name
  end
  pipe:close()
  return found
end

local CHECKOUT = "scenarios/checkout.lua"

describe("the demo shop", function()
  local shop

  setup(function()
    shop = server.shop { "--pool", "20", "--service-time", "2ms" }
  end)

  teardown(function()
    shop:stop()
  end)

  local function run(file, ...)
    local dir = require("spec.support.tmp").dir()
    local r = cli.run { "run", file, "--base-url", shop.url, "--json", dir .. "/result.json", ... }
    r.result = cli.read_json(dir .. "/result.json")
    return r
  end

  it("passes the smoke stage of checkout.lua, both journeys included", function()
    local r = run(CHECKOUT, "--stage", "smoke", "-u", "2", "-i", "40", "-e", "THINK=0")
    expect.code(r, 0)
    assert.equal("smoke", r.result.scenario.stage)
    assert.equal(0, r.result.metrics.http_req_failed.rate)
    assert.equal(1, r.result.metrics.checks.rate)
    assert.equal(2, expect.request(r, "POST /api/login").count)
    local orders = expect.request(r, "POST /api/orders/create").count
    assert.equal(orders, expect.request(r, "GET /api/orders/:id").count)
    assert.equal(orders, expect.count(r, "orders_created"))
    assert.is_true(expect.request(r, "POST /api/cart/add").count >= orders)
    local pages = expect.request(r, "GET /api/v1/products").count
    assert.equal(pages, expect.request(r, "GET /api/v1/products/:id").count)
    assert.equal(40, pages + orders)
  end)

  it("asks every endpoint in smoke.lua", function()
    local r = run "scenarios/smoke.lua"
    expect.code(r, 0)
    for _, name in ipairs {
      "GET /healthz", "POST /api/login", "GET /api/v1/products", "GET /api/v1/products/:id",
      "POST /api/cart/add", "POST /api/orders/create", "GET /api/orders/:id",
      "GET /api/v1/users/:id/orders",
    } do
      expect.that(r, expect.request(r, name), name .. " is missing")
    end
  end)

  it("serves every scenario and example for an iteration", function()
    local all = files "scenarios/*.lua"
    for _, name in ipairs(files "examples/*/scenario.lua") do
      if not NOT_FOR_THE_SHOP[name] then all[#all + 1] = name end
    end
    assert.is_true(#all >= 3, "there are too few scenarios")
    for _, name in ipairs(all) do
      local checked = cli.run { "check", name }
      expect.code(checked, 0)
      local r = run(name, "-u", "1", "-i", "1")
      expect.code(r, 0)
      expect.that(r, expect.count(r, "http_reqs") > 0, name .. " sends nothing")
    end
  end)

  it("has the stages that checkout.lua promises", function()
    local plan = require("cjson").decode(cli.run({ "check", CHECKOUT, "--json" }).stdout)
    for _, stage in ipairs { "smoke", "ramp", "spike", "soak" } do
      assert.truthy(plan.stages[stage], stage)
    end
    assert.equal(20, plan.stages.spike.duration_s)
    assert.equal(100, plan.stages.spike.max_vus)
  end)

  it("says in a README what each example is about", function()
    for _, name in ipairs(files "examples/*/scenario.lua") do
      local readme = require("spec.support.tmp").read((name:gsub("scenario%.lua$", "README.md")))
      assert.truthy(readme and readme:find("lload run " .. name, 1, true), name)
    end
  end)
end)

describe("a shop that fails now and then", function()
  it("does not pass smoke.lua", function()
    local shop = server.shop { "--error-rate", "1" }
    finally(function()
      shop:stop()
    end)
    expect.code(cli.run { "run", "scenarios/smoke.lua", "--base-url", shop.url }, 99)
  end)
end)

describe("a shop beyond its capacity", function()
  it("turns requests away with 503, which lload counts as failed", function()
    local shop = server.shop { "--pool", "1", "--service-time", "50ms", "--queue-timeout", "100ms" }
    finally(function()
      shop:stop()
    end)
    local r = cli.run_scenario([[
return { journey = function() http.get "/api/v1/products" end }
]], { "-u", "20", "-d", "1s" }, { base_url = shop.url })
    local row = expect.request(r, "GET /api/v1/products")
    assert.is_true((row.status["503"] or 0) > 0)
    assert.equal(row.status["503"], row.failed)
    assert.is_true((row.status["200"] or 0) > 0)
    assert.equal(row.count, row.status["200"] + row.status["503"])
  end)
end)
