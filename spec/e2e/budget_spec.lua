--- `lload budget` for real: a slow answer becomes a quick one by the command between two runs.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- How long an answer takes stands in a module beside the scenario.
local SCENARIO = [[
local lload = require "lload"
local delay_ms = require "delay"
return {
  base_url = lload.env "BASE_URL",
  journey = function() lload.http.get("/slow", { query = { ms = delay_ms } }) end,
}
]]

describe("lload budget", function()
  local httpd, dir

  setup(function() httpd = server.httpd() end)
  teardown(function() httpd:stop() end)

  before_each(function()
    dir = tmp.dir()
    tmp.write(dir, "scenario.lua", SCENARIO)
    tmp.write(dir, "delay.lua", "return 800")
  end)

  local function budget(args)
    local argv = { "budget", dir .. "/scenario.lua", "-e", "BASE_URL=" .. httpd.url, "-u", "2",
      "-i", "4", "--out", dir .. "/out", "--json", dir .. "/budget.json" }
    for _, word in ipairs(args) do argv[#argv + 1] = word end
    return cli.run(argv)
  end

  local function model() return cjson.decode(tmp.read(dir .. "/budget.json")) end

  it("runs until the target holds twice, and tells the command what it needs", function()
    local between = ([[env | grep LLOAD_BUDGET | sort > '%s/env'; echo return 5 > '%s/delay.lua']])
      :format(dir, dir)
    local r = budget { "--until", "http_req_duration p(95)<400", "--between", between }
    expect.code(r, 0)
    local iterations = model().iterations
    assert.equal(3, #iterations)
    assert.same({ false, true, true }, { iterations[1].met, iterations[2].met, iterations[3].met })
    assert.is_true(iterations[3].confirms)
    assert.equal(0, iterations[1].between_exit_code)
    assert.is_nil(iterations[2].between_exit_code)
    local env = tmp.read(dir .. "/env")
    assert.matches("LLOAD_BUDGET_ENDPOINT=GET /slow\n", env)
    assert.matches("LLOAD_BUDGET_ITERATION=1\n", env)
    assert.matches("LLOAD_BUDGET_TARGET=400\n", env)
    assert.truthy(tmp.read(env:match "LLOAD_BUDGET_JSON=([^\n]+)"))
    expect.prints(r, "PASSED: the budget is met")
  end)

  it("is not met by a server that is quick because it leaves something out", function()
    tmp.write(dir, "scenario.lua", (SCENARIO:gsub("lload.http.get%b()",
      "lload.check(%0, { whole = function() return delay_ms > 100 end })")))
    local r = budget { "--until", "http_req_duration p(95)<400", "--max", "3", "--threshold",
      "checks: rate>50%", "--between",
      ("echo \"$LLOAD_BUDGET_BROKEN\" >> '%s/env'; echo return 5 > '%s/delay.lua'"):format(dir,
        dir) }
    expect.code(r, 99)
    local iterations = model().iterations
    assert.is_nil((iterations[1].broken or {})[1])
    assert.same({ "checks rate>50%" }, iterations[2].broken)
    assert.is_false(iterations[2].met)
    assert.equal("\nchecks rate>50%\n", tmp.read(dir .. "/env"))
    expect.prints(r, "broke checks rate>50%")
  end)

  it("ends when the command fails", function()
    local r = budget { "--until", "http_req_duration p(95)<400", "--between", "exit 3" }
    expect.code(r, 99)
    assert.equal("between_failed", model().verdict)
    assert.equal(3, model().iterations[1].between_exit_code)
    expect.prints(r, "the command between runs failed with exit code 3")
  end)

  it("ends without progress, or when the measurements are used up", function()
    local r = budget { "--until", "http_req_duration p(95)<1", "--max", "2" }
    expect.code(r, 99)
    assert.equal("exhausted", model().verdict)
    assert.equal(2, #model().iterations)
  end)

  it("passes on why a run could not be made", function()
    tmp.write(dir, "delay.lua", "return nil + 1")
    expect.code(budget { "--until", "http_req_duration p(95)<400" }, 104)
    assert.is_nil(tmp.read(dir .. "/budget.json"))
  end)

  it("is inconclusive without data for the target", function()
    local r = budget { "--until", "http_req_duration{name:GET /nobody} p(95)<400" }
    expect.code(r, 98)
    assert.equal("there is no data for the target", model().iterations[1].why)
  end)

  it("refuses a target that is none before anything runs", function()
    httpd:reset_counts()
    expect.code(budget {}, 104)
    expect.says(budget { "--until", "http_req_duration p95<2" }, "column")
    assert.is_nil(tmp.read(dir .. "/out/1/result.json"))
  end)
end)
