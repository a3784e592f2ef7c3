--- Capacity plans: arithmetic done by hand, facts that are wrong, and the verification scenario.

local capacity = require "lload.command.capacity"
local fake = require "spec.support.fake_engine"
local files = require "spec.support.scenario_file"
local json = require "lload.report.json"
local plan = require "lload.capacity.plan"
local stepped = require "spec.support.stepped_runs"
local verify = require "lload.capacity.verify"
local words = require "lload.capacity.words"

local FACTS = {
  pods = 4, pool_per_pod = 20, max_connections = 150, price_per_pod_month = 50, load_now = "180/s",
  headroom = 0.2, currency = "EUR",
}

local function facts(change)
  local raw = {}
  for key, value in pairs(FACTS) do raw[key] = value end
  for key, value in pairs(change or {}) do raw[key] = value ~= "none" and value or nil end
  local read, problems = plan.read(raw, "plan.lua")
  return assert(read, table.concat(problems, "\n"))
end

local CAPACITY = { rps = 400, load = 50, tag = "interpolated" }

describe("a plan", function()
  -- 400 of 4 pods are 100 each, 80 with a fifth of them free: 540 / 80 = 6.75, so 7 pods with
  -- 7 · 20 = 140 connections for 7 · 50 = 350 a month, 150 more than 4 · 50 = 200. Of each 1,000
  -- requests a second: 200 / 0.18 = 1111.11 before, 350 / 0.54 = 648.15 after.
  it("is worked out as by hand", function()
    local p = plan.work_out(facts(), { target = 540 }, CAPACITY, nil)
    assert.same({ value = 100, tag = "interpolated" }, p.per_pod)
    assert.same({ value = 4, tag = "given" }, p.now.pods)
    assert.same({ value = 80, tag = "given" }, p.now.connections)
    assert.same({ value = 7, tag = "extrapolated" }, p.linear.pods)
    assert.same({ value = 140, tag = "extrapolated" }, p.linear.connections)
    assert.same({ value = 200, tag = "given" }, p.now.cost_month)
    assert.same({ value = 350, tag = "extrapolated" }, p.linear.cost_month)
    assert.same({ value = 150, tag = "extrapolated" }, p.linear.cost_change)
    assert.is_near(1111.1111, p.now.cost_per_1000_rps.value, 1e-3)
    assert.is_near(648.1481, p.linear.cost_per_1000_rps.value, 1e-3)
    assert.is_nil(p.pessimistic)
    assert.matches("no fit", p.pessimism)
  end)

  -- With σ = 0.05: 4 pods bear as much as 4 / 1.15 = 3.4783 alone. 540 of the usable 320 are
  -- 1.6875 times that, 5.8696, which p / (1 + 0.05 (p - 1)) reaches at 5.8696 · 0.95 /
  -- (1 - 0.05 · 5.8696) = 7.893: 8 pods, 160 connections, 400 a month.
  it("has a pessimistic column by the contention", function()
    local p = plan.work_out(facts(), { target = 540 }, CAPACITY, { contention = 0.05 })
    assert.same({ value = 8, tag = "extrapolated" }, p.pessimistic.pods)
    assert.equal(160, p.pessimistic.connections.value)
    assert.equal(200, p.pessimistic.cost_change.value)
    assert.is_true(320 * plan.speedup(8, 0.05) / plan.speedup(4, 0.05) >= 540)
    assert.is_true(320 * plan.speedup(7, 0.05) / plan.speedup(4, 0.05) < 540)
    local lines = table.concat(words.plan_lines(p), "\n")
    assert.matches("connections, linear: 140 of 150", lines)
    assert.matches("connections, pessimistic: 160 EXCEED the limit of 150: only 7 pods", lines)
  end)

  it("says when no number of pods will do", function()
    -- With σ = 0.2 at most 5 pods' worth: 320 / 2.5 · 5 = 640.
    local p = plan.work_out(facts(), { target = 650 }, CAPACITY, { contention = 0.2 })
    assert.is_nil(p.pessimistic)
    assert.matches("no number of pods bears the target", p.pessimism)
    p = plan.work_out(facts(), { target = 630 }, CAPACITY, { contention = 0.2 })
    assert.truthy(p.pessimistic)
  end)

  it("needs a pod exactly where the arithmetic says so", function()
    local function pods(target)
      return plan.work_out(facts(), { target = target }, CAPACITY, nil).linear.pods
    end
    assert.same({ value = 4, tag = "interpolated" }, pods(320)) -- as many as were measured
    assert.same({ value = 5, tag = "extrapolated" }, pods(320.001))
    assert.same({ value = 1, tag = "extrapolated" }, pods(1))
  end)

  it("grows from the load of now, or else from the ceiling, which is assumed", function()
    assert.same({ value = 540, tag = "given" },
      plan.work_out(facts(), { growth = 3 }, CAPACITY, nil).target)
    local p = plan.work_out(facts { load_now = "none" }, { growth = 3 }, CAPACITY, nil)
    assert.same({ value = 960, tag = "assumed" }, p.target)
    assert.same({ value = 12, tag = "assumed" }, p.linear.pods)
    assert.matches("load_now is not given", table.concat(words.plan_lines(p), "\n"))
  end)

  it("has no money without prices", function()
    local p = plan.work_out(facts { price_per_pod_month = "none" }, { target = 540 }, CAPACITY, nil)
    assert.is_nil(p.now.cost_month or p.linear.cost_change or p.linear.cost_per_1000_rps)
    for _, row in ipairs(words.plan_rows(p)) do assert.is_nil(row[1]:find "Cost") end
    assert.matches("no costs: the plan names no price", table.concat(words.plan_lines(p), "\n"))
  end)

  it("pays by the hour, for hours that are assumed unless given", function()
    local hourly = { price_per_pod_month = "none", price_per_pod_hour = 0.5, fixed_per_month = 100 }
    local p = plan.work_out(facts(hourly), { target = 540 }, CAPACITY, nil)
    assert.same({ value = 4 * 0.5 * 730 + 100, tag = "assumed" }, p.now.cost_month)
    hourly.hours = 200
    p = plan.work_out(facts(hourly), { target = 540 }, CAPACITY, nil)
    assert.same({ value = 500, tag = "given" }, p.now.cost_month)
  end)
end)

describe("the facts of a plan", function()
  it("are refused with all that is wrong at once", function()
    local read, problems = plan.read({ pod = 3, pool_per_pod = -1, price_per_pod_month = -2,
      price_per_pod_hour = 0 / 0, headroom = "100%", load_now = "fast", hours = 800 }, "plan.lua")
    assert.is_nil(read)
    assert.same({
      "plan.lua: pool_per_pod: -1 is out of range, 1 to 1,000,000",
      "plan.lua: price_per_pod_month: -2 is out of range, 0 to 1,000,000,000,000",
      "plan.lua: price_per_pod_hour: is not a number",
      'plan.lua: headroom: 100% is out of range; it is a share of the capacity, 0 to 99%',
      "plan.lua: hours: 800 is out of range, above 0 to 744",
      'plan.lua: load_now: "fast" is not a rate; write "50/s", "10000/m", "100/h" or a number',
      'plan.lua: unknown key "pod", did you mean "pods"?',
    }, problems)
  end)

  it("must fit together", function()
    local function problems(raw) return table.concat(select(2, plan.read(raw, "p")), "\n") end
    assert.equal("p: pods is missing; say how many bore the measured load", problems {})
    assert.equal("p: price_per_pod_hour: and price_per_pod_month are both given; keep one",
      problems { pods = 1, price_per_pod_hour = 1, price_per_pod_month = 1 })
    assert.equal("p: hours: belongs to price_per_pod_hour, which is not given",
      problems { pods = 1, hours = 100 })
    assert.matches("p: max_connections: says nothing without pool_per_pod",
      problems { pods = 1, max_connections = 100 })
    assert.matches("returns a string; a plan ends with return { pods", problems "x")
  end)

  it("grow by factors", function()
    assert.same({ 3, 1.5, 2 }, { plan.growth "3x", plan.growth "1.5X", plan.growth "2" })
    for _, wrong in ipairs { "", "x", "0x", "-1x", "3y", "1e9x" } do
      assert.is_nil((plan.growth(wrong)))
    end
  end)
end)

describe("a verification", function()
  local function stricter(expression, headroom)
    return verify.stricter({ expression = expression }, headroom or 0.2)
  end

  it("has less room below its limits", function()
    assert.equal("p(95)<640ms", stricter "p(95) < 800ms")
    assert.equal("p(99)<=0.4s over 10s for 30s", stricter "p(99) <= 0.5s over 10s for 30s")
    assert.equal("rate<0.8%", stricter "rate<1%")
    assert.equal("rate>0.99", stricter "rate>0.99")
    assert.equal("count==0", stricter "count==0")
  end)

  it("lies beside the scenario, under another name", function()
    assert.equal("checkout", verify.module_of("a/checkout.lua", "a/verify.lua"))
    assert.equal("checkout", verify.module_of("checkout.lua", "verify.lua"))
    assert.equal("checkout", verify.module_of("./checkout.lua", "verify.lua"))
    for _, case in ipairs {
      { "a/checkout.lua", "verify.lua", "write it to a/verify.lua" },
      { "a/checkout.lua", "a/checkout.lua", "is the measured scenario itself" },
      { "a/check.out.lua", "a/verify.lua", "cannot require a scenario of this name" },
      { "lload.lua", "verify.lua", "cannot require a scenario of this name" },
    } do
      local module, message = verify.module_of(case[1], case[2])
      assert.is_nil(module)
      assert.truthy(message:find(case[3], 1, true), message)
    end
  end)
end)

describe("lload capacity", function()
  after_each(files.clean)

  local result

  before_each(function()
    result = stepped.result("vus", { 5, 10, 20, 40, 60 }, stepped.closed(20, 0.05))
  end)

  -- Runs the command on a stored result.
  local function run(given, change)
    local folder = files.folder()
    local stored = change and change(folder) or result
    files.write("result.json", json.render(stored), folder)
    local world = fake.world()
    world.engine.list = function() end
    local options = { no_color = true }
    for key, value in pairs(given or {}) do options[key] = value end
    local code = capacity.run(
      { command = "capacity", files = { folder .. "/result.json" }, given = options }, world)
    return code, world.stdout:text(), world.stderr:text(), folder
  end

  it("tells where it breaks, and the plan", function()
    local path = files.write("plan.lua", "return { pods = 4, price_per_pod_month = 50 }")
    local code, out = run { plan = path, target = "36000/m" }
    assert.equal(0, code)
    assert.matches("\nbreaks at ~20 VUs, 400 req/s: throughput has its knee", out)
    -- 600 / (400 · 0.8 / 4) = 7.5
    assert.matches("Pods +4 %(given%) +8 %(extrapolated%)", out)
  end)

  it("refuses options that do not go together, and plans that are wrong, with 104", function()
    local path = files.write("plan.lua", "return { pods = -4, pool = 3 }")
    for message, given in pairs {
      ["--target and --growth are both given"] = { target = "5/s", growth = "3x" },
      ["a target is for --plan or --write-verify"] = { target = "5/s" },
      ["--write-verify needs a target"] = { write_verify = "verify.lua" },
      ["--growth: \"3y\" is not a growth such as 3x"] = { growth = "3y" },
      ["pods: -4 is out of range, 1 to 1,000,000"] = { plan = path, growth = "3x" },
      ["unknown key \"pool\""] = { plan = path, growth = "3x" },
      ["cannot read: No such file"] = { plan = "/none/plan.lua", growth = "3x" },
    } do
      local code, out, err = run(given)
      assert.equal(104, code)
      assert.equal("", out)
      assert.truthy(err:find(message, 1, true), err)
    end
  end)

  it("explains what to run when there are no levels, with 104", function()
    result.steps = {}
    local code, _, err = run()
    assert.equal(104, code)
    assert.matches("result%.json: it has no steps; run stages that hold several loads", err)
  end)

  it("does not plan with a system that breaks at once", function()
    result.thresholds = { { metric = "http_req_duration", expression = "p(95)<1", ok = false,
      data = true } }
    local path = files.write("plan.lua", "return { pods = 4 }")
    local code, _, err = run { plan = path, target = "5/s" }
    assert.equal(104, code)
    assert.matches("its lowest level breaks already", err)
    code = run()
    assert.equal(0, code)
  end)
end)
