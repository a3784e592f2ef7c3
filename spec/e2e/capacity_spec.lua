--- `lload capacity` on a shop whose capacity is known by construction: 20 workers that take 50 ms
--- serve 400 requests a second, however many wait.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local TRUTH = 400

-- 20 users never wait, 40 wait for one service time, 60 for two.
local RAMP = [[
return {
  name = "shop",
  stages = { steps = { executor = "ramping-vus", start_vus = 5, steps = {
    { duration = "4s", target = 5 },
    { duration = 0, target = 10 }, { duration = "4s", target = 10 },
    { duration = 0, target = 20 }, { duration = "4s", target = 20 },
    { duration = 0, target = 40 }, { duration = "4s", target = 40 },
    { duration = 0, target = 60 }, { duration = "4s", target = 60 },
  } } },
  thresholds = { http_req_duration = "p(95)<125", http_req_failed = "rate<1%" },
  journey = function() http.get "/api/v1/products/17" end,
}]]

local function capacity(run, ...)
  local file = tmp.dir() .. "/capacity.json"
  local r = cli.run { "capacity", run.dir, "--json", file, ... }
  r.model = cli.read_json(file)
  return r
end

local function is_close(model)
  local point = model and model.breaking_point
  return point and point.rps and math.abs(point.rps / TRUTH - 1) <= 0.05
end

describe("the capacity of a shop that serves 400 requests a second", function()
  local shop, run, r

  -- Its workers are never idle from 40 users on, unless this machine, which others share, stands
  -- still: then again.
  setup(function()
    shop = server.shop { "--pool", "20", "--service-time", "50ms" }
    for _ = 1, 3 do
      run = cli.run_scenario(RAMP, {}, { base_url = shop.url, timeout = 120 })
      r = capacity(run)
      if is_close(r.model) then break end
    end
  end)

  teardown(function() shop:stop() end)

  it("is found within 5 %", function()
    expect.code(r, 0)
    expect.that(r, is_close(r.model), "the breaking point is not within 5 % of 400")
    local point = r.model.breaking_point
    expect.that(r, point.kind == "threshold" and point.bad > point.good, "it has no bracket")
    assert.matches("\nbreaks at ~%d+ VUs, %d+ req/s: p95 crosses 125ms %(between %d+ and %d+%)\n",
      r.stdout)
    assert.matches("\nrecommended ceiling: %d+ VUs, %d+ req/s %(20%% headroom%)\n$", r.stdout)
    assert.is_near(0.8 * point.rps, r.model.ceiling.rps, 1e-3)
  end)

  it("has levels of all its loads, with what was in flight", function()
    local loads = {}
    for index, level in ipairs(r.model.levels) do
      loads[index] = level.load
      -- Users without think time are always in flight, but for the moments between two requests.
      expect.that(r, level.in_flight > 0.8 * level.load and level.in_flight <= level.load,
        "in flight at " .. level.load .. ": " .. level.in_flight)
    end
    assert.same({ 5, 10, 20, 40, 60 }, loads)
  end)

  it("is planned with, and verified by a scenario that is valid and runs", function()
    local plan = tmp.write(tmp.dir(), "plan.lua",
      "return { pods = 4, pool_per_pod = 20, max_connections = 500, price_per_pod_month = 50 }")
    local file = run.dir .. "/verify.lua"
    local scenario = run.result.scenario.file
    assert.equal(run.dir, scenario:match "^(.*)/")
    local planned = capacity(run, "--plan", plan, "--target", "1600/s", "--write-verify", file)
    expect.code(planned, 0)
    local pods = math.ceil(1600 / (planned.model.capacity.rps * 0.8 / 4))
    assert.same({ value = pods, tag = "extrapolated" }, planned.model.plan.linear.pods)
    assert.same({ value = pods * 50 - 200, tag = "extrapolated" },
      planned.model.plan.linear.cost_change)
    expect.code(cli.run { "check", file }, 0)
    expect.code(capacity(run, "--growth", "2x", "--write-verify", file), 0) -- written anew
    local own = tmp.write(run.dir, "own.lua", "return {}")
    local kept = cli.run { "capacity", run.dir, "--growth", "2x", "--write-verify", own }
    expect.code(kept, 104)
    expect.line(kept, "own.lua: exists, and is no verification that lload wrote")
    local result = tmp.dir() .. "/result.json"
    -- How long these take is this machine's affair.
    local again = cli.run { "run", file, "-u", "2", "-i", "4", "--base-url", shop.url, "--json",
      result }
    local verified = cli.read_json(result)
    expect.that(again, verified and verified.metrics.http_reqs.count == 4, "it did not run")
    assert.equal("shop, verification", verified.scenario.name)
    local expressions = {}
    for _, t in ipairs(verified.thresholds) do expressions[t.expression] = true end
    assert.is_true(expressions["p(95)<100"] and expressions["rate<0.8%"])
  end)

  it("cannot be told from a run at one load, and says what to run", function()
    local flat = cli.run_scenario("return { journey = function() http.get '/api/v1/products' end }",
      { "-u", "2", "-d", "3s" }, { base_url = shop.url })
    local refused = cli.run { "capacity", flat.dir }
    expect.code(refused, 104)
    expect.line(refused, "it held one load only", 'executor = "search"')
  end)
end)

describe("lload capacity", function()
  it("refuses what is no result", function()
    local dir = tmp.dir()
    expect.code(cli.run { "capacity", dir }, 104)
    local file = tmp.write(dir, "other.json", '{ "hello": 1 }')
    local r = cli.run { "capacity", file }
    expect.code(r, 104)
    expect.line(r, "other.json", "it is not a result of lload")
  end)
end)
