--- Many users, journeys that never yield, and ends that must come.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

describe("the engine", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  local function run(text, args)
    return cli.run_scenario(text, args, { base_url = httpd.url })
  end

  it("runs 1,000 users at once", function()
    local r = run([[
return { journey = function() http.get "/ok" think(0.3, 0.7) end }
]], { "-u", "1000", "-d", "2s" })
    expect.code(r, 0)
    assert.equal(1000, r.result.metrics.vus.max)
    local seen = httpd:counts()
    expect.total(r, seen.total)
    assert.equal(1000, seen.connections)
    assert.is_true(seen.total >= 1000)
    assert.equal(0, r.result.metrics.http_req_failed.rate)
  end)

  it("waits for 1,000 slow answers at once", function()
    local r = run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 1000, iterations = 1 } },
  journey = function() http.get "/slow?ms=500" end,
}]])
    expect.code(r, 0)
    expect.total(r, 1000)
    assert.equal(1000, httpd:counts().connections)
    expect.that(r, r.elapsed < 30, "they waited for one another")
  end)

  it("notices a journey that never yields, and names user and journey", function()
    local r = run([[
return {
  max_busy = "1s",
  stages = { loop = { executor = "constant-vus", vus = 1, duration = "3s" } },
  journeys = { endless = { weight = 1, run = function()
    http.get "/ok"
    while true do end
  end } },
}]])
    expect.code(r, 107)
    expect.line(r, "endless", "1")
    expect.that(r, r.elapsed < 30, "it was noticed late")
    assert.truthy(r.junit)
  end)

  it("notices a journey that computes for ever in small calls", function()
    local r = run([[
return {
  max_busy = "1s",
  journeys = { endless = { weight = 1, run = function()
    local t = {}
    while true do t[#t % 100 + 1] = tostring(#t) end
  end } },
}]])
    expect.code(r, 107)
    expect.says(r, "endless")
  end)

  it("does not take a long but finite iteration for an endless one", function()
    local r = run([[
return { journey = function()
  local n = 0
  for i = 1, 2e6 do n = n + i % 7 end
  http.get "/ok"
end }]], { "-i", "3" })
    expect.code(r, 0)
    expect.total(r, 3)
  end)

  it("survives a runaway recursion and an error that is no text", function()
    local r = run([[
local function deeper() return 1 + deeper() end
return { journey = function(vu)
  http.get "/ok"
  if vu.iteration % 3 == 0 then deeper() end
  if vu.iteration % 3 == 1 then error({ code = 42 }) end
  if vu.iteration % 3 == 2 then error() end
end }]], { "-i", "6" })
    expect.code(r, 107)
    assert.equal(6, expect.count(r, "iteration_errors"))
    assert.equal(3, #r.result.script_errors)
    expect.total(r, 6)
  end)

  it("ends iterations that outlast the stage when their grace is over", function()
    local r = run [[
return {
  stages = {
    short = { executor = "constant-vus", vus = 2, duration = "300ms", graceful_stop = "300ms" },
  },
  journey = function() http.get "/ok" think(60, 60) end,
}]]
    expect.code(r, 0)
    expect.that(r, r.elapsed < 15, "the grace was not kept")
    expect.total(r, 2)
  end)

  it("lets running iterations finish within their grace", function()
    local r = run [[
return {
  stages = { short = { executor = "constant-vus", vus = 3, duration = "200ms" } },
  journey = function() http.get "/slow?ms=1000" http.get "/ok" end,
}]]
    expect.code(r, 0)
    assert.equal(3, expect.request(r, "GET /ok").count)
    assert.equal(3, expect.count(r, "iterations"))
  end)

  it("leaves unfinished shared iterations undone at max_duration", function()
    local r = run [[
return {
  stages = {
    all = { executor = "shared-iterations", vus = 2, iterations = 100000, max_duration = "500ms" },
  },
  journey = function() http.get "/slow?ms=50" end,
}]]
    expect.that(r, r.elapsed < 20, "max_duration was not kept")
    expect.total(r, httpd:counts().total)
    assert.is_true(expect.count(r, "iterations") < 1000)
    assert.matches("of 100,000 iterations were made within max_duration", r.result.notes[1])
  end)

  it("runs the files of one command one after another", function()
    local args = { "run" }
    for i = 1, 3 do
      args[#args + 1] = cli.scenario(([[
return { journey = function() http.get("/any/%d") end }]]):format(i))
    end
    for _, word in ipairs { "--base-url", httpd.url, "-i", "5" } do
      args[#args + 1] = word
    end
    expect.code(cli.run(args), 0)
    assert.same({ ["/any/1"] = 5, ["/any/2"] = 5, ["/any/3"] = 5 }, httpd:counts().paths)
  end)

  it("runs from any folder", function()
    local path = cli.scenario [[
return { journey = function() http.get "/ok" end }
]]
    expect.code(cli.run({ "run", path, "--base-url", httpd.url }, { cwd = "/" }), 0)
  end)
end)
