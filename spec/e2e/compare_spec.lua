--- `lload compare` and `lload trend` over results of real runs: what is injected is found.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- One endpoint answers after as long as it is told to, the other is always the same.
local SCENARIO = [[
local lload = require "lload"
return {
  base_url = lload.env "BASE_URL",
  journey = function()
    lload.http.get("/slow", { query = { ms = lload.env("DELAY") },
      timeout = tonumber(lload.env("TIMEOUT", "60")) })
    lload.http.get("/slow", { query = { ms = 60 }, name = "GET /steady" })
  end,
}
]]

-- What became slower did so twenty times: three runs tell little of how much the jitter of a busy
-- machine is, and must not take it for that.
describe("results of real runs", function()
  local httpd, dir, file

  setup(function()
    httpd = server.httpd()
    dir = tmp.dir()
    tmp.write(dir, "shop.lua", SCENARIO)
    file = dir .. "/shop.lua"
  end)
  teardown(function() httpd:stop() end)

  local function run(name, delay, args)
    local argv = { "run", file, "-e", "BASE_URL=" .. httpd.url, "-e", "DELAY=" .. delay, "-q",
      "--target", "spec", "-u", "20", "-i", "60", "--out", dir .. "/" .. name }
    for _, word in ipairs(args or {}) do argv[#argv + 1] = word end
    expect.code(cli.run(argv), 0)
    return dir .. "/" .. name
  end

  local function compare(args)
    local argv = { "compare", "--json", dir .. "/compare.json", "--junit", dir .. "/compare.xml" }
    for _, word in ipairs(args) do argv[#argv + 1] = word end
    local r = cli.run(argv)
    return r, cjson.decode(tmp.read(dir .. "/compare.json"))
  end

  local base, slower = {}, {}

  local function prepare()
    if #base > 0 then return end
    for i = 1, 3 do
      base[i] = run("base" .. i, 50)
      slower[i] = run("slower" .. i, 1000)
    end
  end

  it("tell which endpoint became slower, and accuse no other", function()
    prepare()
    local r, model = compare { "--base", base[1], base[2], base[3], "--new", slower[1], slower[2],
      slower[3] }
    expect.code(r, 96)
    expect.prints(r, "`GET /slow` p95")
    local verdicts = {}
    for _, one in ipairs(model.endpoints) do verdicts[one.name] = one.verdict end
    assert.equal("regression", verdicts["GET /slow"])
    assert.not_equal("regression", verdicts["GET /steady"])
    assert.matches("waiting", model.endpoints[1].symptom:gsub("first byte", "waiting"))
    assert.matches("<failure", tmp.read(dir .. "/compare.xml"))
  end)

  it("are compared with the newest of a folder", function()
    prepare()
    local baseline = tmp.dir()
    for i = 1, 3 do os.execute(("cp -r '%s' '%s/run%d'"):format(base[i], baseline, i)) end
    tmp.write(baseline, "notes.json", "{}")
    local r, model = compare { "--baseline", baseline, slower[1] }
    expect.code(r, 96)
    assert.equal(3, #model.base)
    local trend = cli.run { "trend", baseline, "--html", baseline .. "/trend.html" }
    expect.code(trend, 0)
    expect.prints(trend, "p95 of 3 runs")
    assert.matches("<polyline", tmp.read(baseline .. "/trend.html"))
  end)

  it("are no baseline of their own, and count once", function()
    prepare()
    local baseline = tmp.dir()
    for i = 1, 3 do
      os.execute(("cp -r '%s' '%s/old%d'"):format(base[i], baseline, i))
      os.execute(("cp -r '%s' '%s/new%d'"):format(slower[i], baseline, i))
    end
    local _, model = compare { "--baseline", baseline, slower[1], slower[2], slower[3] }
    assert.same({ 3, 3 }, { #model.base, #model.new })
  end)

  it("one a side are weak evidence, from their windows", function()
    local before = run("long1", 20, { "-d", "12s", "-i", "100000" })
    local after = run("long2", 200, { "-d", "12s", "-i", "100000" })
    local r, model = compare { before, after }
    expect.code(r, 96)
    assert.is_true(model.weak)
    assert.equal("bootstrap", model.endpoints[1].p95.rule)
  end)

  it("of another scenario are never green", function()
    prepare()
    tmp.write(dir, "shop.lua", SCENARIO .. "-- changed\n")
    local other = run("other", 60)
    tmp.write(dir, "shop.lua", SCENARIO)
    local r, model = compare { base[1], other }
    expect.code(r, 98)
    assert.equal("not_comparable", model.verdict)
    expect.prints(r, "scenario source")
  end)

  it("count timeouts among the errors, though their times are durations", function()
    prepare()
    local late = run("late", 240, { "-e", "TIMEOUT=0.1" })
    local r, model = compare { base[1], late }
    expect.code(r, 96)
    for _, one in ipairs(model.endpoints) do
      if one.name == "GET /slow" then assert.near(1, one.errors.new, 1e-9) end
    end
  end)

  it("are refused when the windows beside them are not theirs, or broken", function()
    prepare()
    local folder = tmp.dir()
    local copy = folder .. "/copy"
    os.execute(("cp -r '%s' '%s'"):format(base[2], copy))
    os.execute(("cp '%s/windows.hlog' '%s'"):format(base[1], copy))
    local r = cli.run { "compare", base[1], copy }
    expect.code(r, 104)
    expect.says(r, "is of another run")
    local log = tmp.read(base[2] .. "/windows.hlog")
    tmp.write(copy, "windows.hlog", (log:gsub("HISTFAAAA", "HISTFAAAB")))
    r = cli.run { "compare", base[1], copy }
    expect.code(r, 104)
    expect.says(r, "windows.hlog:", "compressed histogram")
    expect.code(cli.run { "trend", folder }, 0)
  end)

  it("of several files are found below the folder of one invocation", function()
    tmp.write(dir, "other.lua", SCENARIO)
    local folder = tmp.dir()
    for _, name in ipairs { "first", "second" } do
      run(name, 10, { dir .. "/other.lua", "--out", folder .. "/" .. name })
    end
    local r, model = compare { folder .. "/first", folder .. "/second" }
    assert.not_equal(104, r.code)
    assert.equal(2, #model.comparisons)
    r = cli.run { "trend", folder }
    expect.code(r, 0)
    expect.prints(r, "shop · stage default · 2 runs", "other · stage default · 2 runs")
  end)

  it("come from two commands, run alternately", function()
    local command = ("'%s' run '%s' -q -u 10 -i 20 --target spec -e BASE_URL=%s -e DELAY=%d")
    local lload = require("spec.support.binaries").lload()
    local r, model = compare { "--runs", "3", "--out", dir .. "/rounds", "--interleave",
      command:format(lload, file, httpd.url, 50), command:format(lload, file, httpd.url, 1000) }
    expect.code(r, 96)
    assert.same({ 3, 3 }, { #model.base, #model.new })
    r = cli.run { "compare", "--interleave", "exit 7", "exit 7" }
    expect.code(r, 104)
    expect.says(r, "ended with exit code 7")
  end)

  it("that cannot be read are refused, all of them named", function()
    local r = cli.run { "compare", dir .. "/none.json", file }
    expect.code(r, 104)
    expect.says(r, "none.json", "shop.lua")
    expect.code(cli.run { "compare", base[1] or run("only", 20) }, 104)
    expect.code(cli.run { "trend", tmp.dir() }, 104)
  end)
end)
