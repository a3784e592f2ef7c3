--- Runs that join a baseline, and a suite of scenarios, for real.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local SCENARIO = [[
local lload = require "lload"
return {
  base_url = lload.env "BASE_URL",
  journey = function() lload.http.get("/slow", { query = { ms = lload.env("DELAY") } }) end,
}
]]

describe("a baseline", function()
  local httpd, dir

  setup(function() httpd = server.httpd() end)
  teardown(function() httpd:stop() end)
  before_each(function()
    dir = tmp.dir()
    tmp.write(dir, "shop.lua", SCENARIO)
  end)

  -- Times so long that the jitter of a busy machine is no tenth of them, which would be a change.
  local function run(delay, args)
    local argv = { "run", dir .. "/shop.lua", "-e", "BASE_URL=" .. httpd.url, "-e",
      "DELAY=" .. delay, "-u", "20", "-i", "20", "--target", "spec", "--baseline", dir .. "/base",
      "--json", dir .. "/result.json", "--summary", "short" }
    for _, word in ipairs(args or {}) do argv[#argv + 1] = word end
    return cli.run(argv), cjson.decode(tmp.read(dir .. "/result.json") or "{}")
  end

  it("grows with each run, catches a regression, and begins anew when it is accepted", function()
    local r, model = run(300)
    expect.code(r, 0)
    expect.prints(r, "no baseline yet")
    assert.equal("no_baseline", model.comparison.verdict)
    for _ = 1, 3 do expect.code((run(300)), 0) end
    r, model = run(1500, { "--threshold", "http_req_duration: p(95)<baseline*3" })
    expect.code(r, 99) -- the threshold, before the regression
    assert.equal("regression", model.comparison.verdict)
    r, model = run(1500)
    expect.code(r, 96)
    assert.equal("regression", model.verdict)
    expect.prints(r, "`GET /slow` p95", "consistent with")
    assert.equal(4, model.comparison.base)
    expect.code((run(1500, { "--accept" })), 0)
    r, model = run(1500)
    expect.code(r, 0)
    assert.equal(1, model.comparison.base)
  end)

  it("may be required", function()
    local r, model = run(5, { "--require-baseline" })
    expect.code(r, 98)
    assert.equal("no_baseline", model.comparison.verdict)
    expect.code(cli.run { "run", dir .. "/shop.lua", "--require-baseline" }, 104)
  end)
end)

describe("a suite", function()
  local httpd, dir

  setup(function() httpd = server.httpd() end)
  teardown(function() httpd:stop() end)
  before_each(function()
    dir = tmp.dir()
    for _, name in ipairs { "ok", "json" } do
      tmp.write(dir, name .. ".lua", ([[
return {
  base_url = require("lload").env "BASE_URL",
  journey = function() require("lload").http.get("/%s") end,
}
]]):format(name))
    end
  end)

  local function run(thresholds)
    tmp.write(dir, "thresholds.json", thresholds)
    return cli.run { "run", dir .. "/ok.lua", dir .. "/json.lua", "-e", "BASE_URL=" .. httpd.url,
      "-i", "20", "--thresholds", dir .. "/thresholds.json", "--out", dir .. "/out/x-{scenario}",
      "--json", dir .. "/all.json", "--junit", dir .. "/all.xml" }
  end

  it("has one table, and each threshold where its endpoint is", function()
    local r = run [[{ "GET /ok": { "p(95)": "<60s", "errors": "<1%" }, "GET /json": "p(95)<60s" }]]
    expect.code(r, 0)
    expect.prints(r, "Suite\n", "2 of 2 scenarios passed")
    local all = cjson.decode(tmp.read(dir .. "/all.json"))
    assert.same({ 2, 1 }, { #all.runs[1].thresholds, #all.runs[2].thresholds })
    assert.truthy(tmp.read(dir .. "/out/x-ok/result.json"))
    assert.truthy(tmp.read(dir .. "/out/x-json/windows.hlog"))
  end)

  it("is red when nobody requests an endpoint, in every report", function()
    local r = run [[{ "GET /ok": "p(95)<60s", "GET /jsn": "p(95)<60s" }]]
    expect.code(r, 99)
    expect.prints(r, "name:GET /jsn", "no data")
    assert.matches("<failure", tmp.read(dir .. "/all.xml"))
  end)

  it("refuses a file of thresholds that is none", function()
    httpd:reset_counts()
    expect.code(run "{", 104)
    expect.code(run [[{ "GET /ok": { "p95": "<1" } }]], 104)
  end)
end)
