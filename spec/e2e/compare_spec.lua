--- `lload compare` and `lload trend` over results of real runs: what is injected is found.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"
local tools = require "spec.support.ci_tools"

-- One endpoint answers after as long as it is told to, the other is always the same.
local SCENARIO = [[
local lload = require "lload"
return {
  base_url = lload.env "BASE_URL",
  journey = function()
    lload.http.get("/slow", { query = { ms = lload.env("DELAY") },
      timeout = tonumber(lload.env("TIMEOUT", "60")) })
    lload.http.get("/slow", { query = { ms = 30 }, name = "GET /steady" })
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

  local function start(name, delay, args)
    local argv = { "run", file, "-e", "BASE_URL=" .. httpd.url, "-e", "DELAY=" .. delay, "-q",
      "--target", "spec", "-u", "4", "-i", "96", "--out", dir .. "/" .. name }
    for _, word in ipairs(args or {}) do argv[#argv + 1] = word end
    return { run = cli.start(argv), folder = dir .. "/" .. name }
  end

  local function finish(started)
    expect.code(started.run:wait(), 0)
    return started.folder
  end

  local function run(name, delay, args) return finish(start(name, delay, args)) end

  local function compare(args)
    local argv = { "compare", "--json", dir .. "/compare.json", "--junit", dir .. "/compare.xml" }
    for _, word in ipairs(args) do argv[#argv + 1] = word end
    local r = cli.run(argv)
    return r, cjson.decode(tmp.read(dir .. "/compare.json"))
  end

  -- A stall of the machine hits all users once: of 24 requests each, that is below one in twenty.
  local EACH = 3
  local base, slower, far = {}, {}, nil

  local function prepare()
    if #base > 0 then return end
    for i = 1, EACH do
      -- At the same time, so that whatever else the machine does falls on both.
      local before, after = start("base" .. i, 120), start("slower" .. i, 180)
      base[i], slower[i] = finish(before), finish(after)
    end
    far = run("far", 800, { "-i", "16" })
  end

  it("tell which endpoint became slower by half, and accuse no other", function()
    prepare()
    local r, model
    for _ = 1, 3 do -- a machine that is busy with others hides a half: it is measured again
      local args = { "--markdown", dir .. "/compare.md", "--base", unpack(base) }
      args[#args + 1] = "--new"
      for _, path in ipairs(slower) do args[#args + 1] = path end
      r, model = compare(args)
      if r.code == 96 then break end
      base, slower = {}, {}
      prepare()
    end
    expect.code(r, 96)
    expect.prints(r, "`GET /slow` p95")
    local verdicts = {}
    for _, one in ipairs(model.endpoints) do verdicts[one.name] = one.verdict end
    assert.equal("regression", verdicts["GET /slow"])
    assert.not_equal("regression", verdicts["GET /steady"])
    assert.matches("waiting", model.endpoints[1].symptom:gsub("first byte", "waiting"))
    assert.matches("<failure", tmp.read(dir .. "/compare.xml"))
    tools.assert_junit(dir .. "/compare.xml")
    local html = tools.html(tmp.read(dir .. "/compare.md"))
    assert.matches("<code>GET /slow</code> p95: %d+ms %-&gt; %d+ms %(%+%d+%%%)", html)
  end)

  it("are compared with the newest of a folder", function()
    prepare()
    local baseline = tmp.dir()
    for i = 1, EACH do os.execute(("cp -r '%s' '%s/run%d'"):format(base[i], baseline, i)) end
    tmp.write(baseline, "notes.json", "{}")
    local _, model = compare { "--baseline", baseline, far }
    assert.equal("prediction", model.endpoints[1].p95.rule)
    assert.equal(EACH, #model.base)
    local trend = cli.run { "trend", baseline, "--html", baseline .. "/trend.html" }
    expect.code(trend, 0)
    expect.prints(trend, ("p95 of %d runs"):format(EACH))
    assert.matches("<polyline", tmp.read(baseline .. "/trend.html"))
  end)

  it("lie among whatever else is in the folder, themselves included", function()
    prepare()
    local baseline = tmp.dir()
    for i = 1, EACH do os.execute(("cp -r '%s' '%s/run%d'"):format(base[i], baseline, i)) end
    os.execute(("cp -r '%s' '%s/the run itself'"):format(far, baseline))
    os.execute(([[cd '%s' && mkfifo pipe.json && ln -s nowhere gone.json && ln -s . loop &&
      mkdir piped && mkfifo piped/result.json && mkdir empty.json &&
      : > "$(printf 'a\033[2Jb.json')" &&
      truncate -s 5G huge.json && head -c 4096 /dev/zero > zero.json &&
      i=0; while [ $i -lt 400 ]; do mkdir "d$i"; i=$((i+1)); done]]):format(baseline))
    local r = cli.program({ "sh", "-c", 'ulimit -n 200; exec "$@"', "sh",
      require("spec.support.binaries").lload(), "compare", "--json", dir .. "/compare.json",
      "--baseline", baseline, far, far }, {})
    assert.not_equal(104, r.code)
    expect.prints(r, "huge.json: is too large", "zero.json")
    assert.is_nil(r.stdout:find("empty.json", 1, true))
    assert.is_nil((r.stdout .. r.stderr):find("\27[2J", 1, true))
    assert.equal(EACH, #cjson.decode(tmp.read(dir .. "/compare.json")).base)
    r = cli.run { "trend", baseline }
    expect.code(r, 0)
    assert.is_nil((r.stdout .. r.stderr):find("\27[2J", 1, true))
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
    local first = start("long1", 20, { "-d", "12s", "-i", "100000" })
    local second = start("long2", 200, { "-d", "12s", "-i", "100000" })
    local before, after = finish(first), finish(second)
    local r, model = compare { before, after }
    expect.code(r, 96)
    assert.is_true(model.weak)
    assert.equal("bootstrap", model.endpoints[1].p95.rule)
    local log = tmp.read(after .. "/windows.hlog")
    tmp.write(after, "windows.hlog", (log:gsub("HISTFAAAA", "HISTFAAAB")))
    r = cli.run { "compare", before, after }
    expect.code(r, 104)
    expect.says(r, "windows.hlog:", "compressed histogram")
  end)

  it("of another scenario are never green", function()
    prepare()
    tmp.write(dir, "shop.lua", SCENARIO .. "-- changed\n")
    local other = run("other", 120, { "-i", "16" })
    tmp.write(dir, "shop.lua", SCENARIO)
    local r, model = compare { base[1], other }
    expect.code(r, 98)
    assert.equal("not_comparable", model.verdict)
    expect.prints(r, "scenario source")
  end)

  it("count timeouts among the errors, though their times are durations", function()
    prepare()
    local late = run("late", 180, { "-e", "TIMEOUT=0.1" })
    local r, model = compare { base[1], late }
    expect.code(r, 96)
    for _, one in ipairs(model.endpoints) do
      if one.name == "GET /slow" then assert.near(1, one.errors.new, 1e-9) end
    end
  end)

  it("are refused when the windows beside them are not theirs", function()
    prepare()
    local folder = tmp.dir()
    local copy = folder .. "/copy"
    os.execute(("cp -r '%s' '%s'"):format(base[2], copy))
    os.execute(("cp '%s/windows.hlog' '%s'"):format(base[1], copy))
    local r = cli.run { "compare", base[1], copy }
    expect.code(r, 104)
    expect.says(r, "is of another run")
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
