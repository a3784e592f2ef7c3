--- The scenarios and examples that come with lload: each loads, and runs against the demo shop.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

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

  it("passes the smoke stage of checkout.lua", function()
    local r = run(CHECKOUT, "--stage", "smoke", "-u", "2", "-d", "3s")
    expect.code(r, 0)
    assert.equal("smoke", r.result.scenario.stage)
    assert.equal(0, r.result.metrics.http_req_failed.rate)
    assert.equal(1, r.result.metrics.checks.rate)
    assert.truthy(expect.request(r, "POST /api/login"))
  end)

  it("serves every scenario and example for an iteration", function()
    local all = files "scenarios/*.lua"
    for _, name in ipairs(files "examples/*/scenario.lua") do
      all[#all + 1] = name
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
