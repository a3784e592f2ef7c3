--- `lload run` from argv to exit code on a fake engine: refusals, reports, several files.

local cjson = require "cjson"
local fake = require "spec.support.fake_engine"
local files = require "spec.support.scenario_file"

local PLAIN = "return { journey = function() end }"

-- A final table with these parts put over the good one.
local function final_with(parts)
  return function()
    local final = fake.final()
    for key, value in pairs(parts) do final[key] = value end
    return final
  end
end

local function lines_of(text)
  return select(2, text:gsub("\n", ""))
end

describe("lload run", function()
  after_each(files.clean)

  it("passes, prints the summary to stdout and the progress to stderr", function()
    local path = files.write("shop.lua", PLAIN)
    local code, out, err, world = fake.lload { "run", path, "-i", "3", "--seed", "9" }
    assert.equal(0, code)
    assert.matches("PASSED: no thresholds were set\n$", out)
    assert.equal("shop: stage default, 3 iterations, up to 1 VUs\n", err)
    local spec = world.engine.specs[1]
    assert.same({ 9, 2, "default" }, { spec.seed, spec.threads, spec.stage })
    assert.equal(PLAIN, spec.source)
  end)

  it("takes a random seed and says which", function()
    local _, out, _, world = fake.lload { "run", files.write("a.lua", PLAIN) }
    assert.equal(4242, world.engine.specs[1].seed)
    assert.matches("seed 4242", out)
  end)

  it("prints one line with -q", function()
    local _, out, err = fake.lload { "run", files.write("a.lua", PLAIN), "-q" }
    assert.equal("PASSED: no thresholds were set\n", out)
    assert.equal("", err)
  end)

  it("gives env to the loader and the engine", function()
    local path = files.write("a.lua",
      'return { name = require("lload").env("NAME"), journey = function() end }')
    local _, _, _, world = fake.lload { "run", path, "-e", "NAME=told" }
    assert.equal("told", world.engine.specs[1].name)
    assert.same({ NAME = "told" }, world.engine.specs[1].env)
  end)

  for _, case in ipairs {
    { { stop = "interrupted" }, 105, "interrupted" },
    { { stop = "aborted", stop_detail = "the shop is closed" }, 108, "the shop is closed" },
    { { stop = "setup_failed", stop_detail = "a.lua:1: no database" }, 107, "no database" },
    { { stop = "setup_timeout" }, 100, "setup timed out" },
    { { stop = "teardown_timeout" }, 101, "teardown timed out" },
    { { stop = "hung", stop_detail = "VU 3 in journey endless" }, 107, "endless" },
    { { stop = "internal", stop_detail = "worker died" }, 70, "worker died" },
  } do
    it(("ends with %d for %s, and says why in the log"):format(case[2], case[1].stop), function()
      local code, out, err = fake.lload(
        { "run", files.write("a.lua", PLAIN) }, { final = final_with(case[1]) })
      assert.equal(case[2], code)
      assert.matches("lload: [^\n]*" .. case[3], err)
      assert.matches("%(exit " .. case[2] .. "%)", out)
    end)
  end

  it("reports an engine that raises as an internal error, reports included", function()
    local folder = files.folder()
    local code, _, err = fake.lload({ "run", files.write("a.lua", PLAIN), "--out", folder },
      { final = function() error("worker died") end })
    assert.equal(70, code)
    assert.matches("worker died", err)
    assert.equal(70, cjson.decode(files.read(folder .. "/result.json")).exit_code)
    assert.matches("<error ", files.read(folder .. "/junit.xml"))
  end)

  it("stops when a threshold says so, and says which", function()
    local path = files.write("a.lua", [[return { journey = function() end,
      thresholds = { checks = { "rate>0.9", abort_on_fail = true } } }]])
    local shots = {}
    for second = 1, 9 do
      shots[second] = { phase = "run", elapsed_s = second, total_s = 60,
        metrics = { checks = { rate = second < 4 and 0.95 or 0.5 } } }
    end
    local code, _, _, world = fake.lload({ "run", path, "--json", "-" }, { snapshots = shots })
    assert.equal(99, code)
    local result = cjson.decode(world.stdout:text())
    assert.same({ reason = "threshold", detail = "checks rate>0.9 was 0.50 after 4s" }, result.stop)
    assert.is_false(result.thresholds[1].ok)
  end)

  describe("writes", function()
    it("every artifact with --out, and says where", function()
      local folder = files.folder() .. "/new/folder"
      local path = files.write("a.lua", PLAIN)
      local code, out = fake.lload { "run", path, "--out", folder }
      assert.equal(0, code)
      assert.same({ "junit.xml", "report.html", "result.json", "series.csv", "summary.md",
        "windows.hlog" },
        files.list(folder))
      assert.matches("Written\n  [^\n]*result.json\n", out)
      assert.matches("junit.xml\n  [^\n]*summary.md\n", out)
      assert.equal("lload/result/1", cjson.decode(files.read(folder .. "/result.json")).schema)
    end)

    it("a report alone to standard output", function()
      local code, out, err = fake.lload { "run", files.write("a.lua", PLAIN), "--junit", "-" }
      assert.equal(0, code)
      assert.matches("^<%?xml", out)
      assert.matches("</testsuites>\n$", out)
      assert.matches("PASSED", err)
    end)

    it("over an old report, leaving nothing else behind", function()
      local folder = files.folder()
      files.write("r.json", "old", folder)
      fake.lload { "run", files.write("a.lua", PLAIN), "--json", folder .. "/r.json" }
      assert.same({ "r.json" }, files.list(folder))
      assert.matches("^{", files.read(folder .. "/r.json"))
    end)
  end)

  describe("refuses before the run", function()
    local function refused(argv, ...)
      local code, out, err, world = fake.lload(argv)
      assert.equal(104, code)
      assert.same({}, world.engine.specs)
      for _, words in ipairs { ... } do
        assert.truthy(err:find(words, 1, true), ("%q is not in %s"):format(words, err))
      end
      return err, out
    end

    it("a missing file", function()
      refused({ "run", "/nonexistent/a.lua" }, "/nonexistent/a.lua: cannot read: No such file")
    end)

    it("a file that does not load, with file and line", function()
      refused({ "run", files.write("a.lua", "return {\n = 1 }") }, "a.lua:2:")
      refused({ "run", files.write("a.lua", "\nerror('not today')") }, "a.lua:2: not today")
    end)

    it("every mistake of every file and option at once", function()
      local good = files.write("good.lua", PLAIN)
      local bad = files.write("bad.lua", "return { journy = 1 }")
      local err = refused({ "run", good, bad, "-d", "-5s", "--json", "/nonexistent/x.json" },
        "--duration: ", 'did you mean "journey"', "cannot write /nonexistent/x.json")
      assert.equal(3, lines_of(err))
    end)

    it("keys that would move the cursor, harmlessly", function()
      local err = refused { "run",
        files.write("a.lua", 'return { journey = function() end, ["\\27[31mred"] = 1 }') }
      assert.is_nil(err:find("\27", 1, true))
    end)

    it("report paths that cannot be written", function()
      local plain = files.write("a.lua", PLAIN)
      local folder = plain:match("^(.*)/")
      refused({ "run", plain, "--json", folder }, "it is a directory")
      refused({ "run", plain, "--out", plain .. "/folder" }, "--out: cannot create")
      refused({ "run", plain, "--json", "-", "--junit", "-" }, "both write standard output")
      refused({ "run", plain, "--json", folder .. "/x", "--junit", folder .. "/x" }, "two places")
      assert.same({ "a.lua", "x" }, files.list(folder)) -- x says what was refused
    end)

    it("two things in one place, however it is spelt", function()
      local plain = files.write("a.lua", PLAIN)
      local out = files.folder()
      refused({ "run", plain, "--out", out, "--html", out .. "/result.json" },
        "--out and --html both write")
      refused({ "run", plain, "--out", out, "--samples", out .. "//windows.hlog.partial" },
        "--out and --samples both write")
      refused({ "run", plain, "--samples", out .. "/x", "--csv", out .. "/././x" },
        "--samples and --csv both write")
    end)

    it("reports in place of a scenario", function()
      local plain, other = files.write("a.lua", PLAIN), files.write("b.lua", PLAIN)
      refused({ "run", plain, "--json", other }, "b.lua is the name of a scenario")
      refused({ "run", plain, "--samples", other }, "b.lua is the name of a scenario")
    end)

    it("two scenarios of one name in one --out", function()
      refused({ "run", files.write("a.lua", PLAIN), files.write("a.lua", PLAIN), "--out",
        files.folder() }, 'two scenarios are called "a"')
    end)

    it("and leaves no stale green report", function()
      local folder = files.folder()
      local path = files.write("a.lua", PLAIN)
      assert.equal(0, (fake.lload { "run", path, "--out", folder }))
      files.write("a.lua", "return { journy = 1 }", path:match("^(.*)/"))
      refused { "run", path, "--out", folder }
      local result = cjson.decode(files.read(folder .. "/result.json"))
      assert.same({ "error", 104 }, { result.verdict, result.exit_code })
      assert.matches("did you mean", result.stop.detail)
      assert.matches('<testcase classname="a" name="run" time="0">\n      <error ',
        files.read(folder .. "/junit.xml"))
    end)
  end)

  describe("over several files", function()
    local FAILS = [[return { name = "second", journey = function() end,
      thresholds = { http_reqs = "count>99999" } }]]

    it("makes one verdict, with a folder and a suite each", function()
      local folder = files.folder()
      local all = folder .. "/all"
      local code, out = fake.lload {
        "run", files.write("first.lua", PLAIN), files.write("b.lua", FAILS), "--out", folder,
        "--json", all .. ".json", "--junit", all .. ".xml",
      }
      assert.equal(99, code)
      assert.same({ "all.json", "all.xml", "first", "second" }, files.list(folder))
      local results = cjson.decode(files.read(all .. ".json"))
      assert.same({ "lload/results/1", "failed", 99 },
        { results.schema, results.verdict, results.exit_code })
      assert.same({ 0, 99 }, { results.runs[1].exit_code, results.runs[2].exit_code })
      local _, suites = files.read(all .. ".xml"):gsub("<testsuite ", "")
      assert.equal(2, suites)
      assert.matches("\nFAILED %(exit 99%): 1 of 2 scenarios passed\n$", out)
    end)

    it("stops after an interrupted one", function()
      local code, out, _, world = fake.lload(
        { "run", files.write("a.lua", PLAIN), files.write("b.lua", PLAIN) },
        { final = final_with { stop = "interrupted" } })
      assert.equal(105, code)
      assert.equal(1, #world.engine.specs)
      assert.matches("0 of 2 scenarios passed, 1 not run\n$", out)
    end)

    it("keeps names inside the folder", function()
      local folder = files.folder()
      local names = { "../../evil", ".." }
      local argv = { "run", "--out", folder .. "/inner" }
      for _, name in ipairs(names) do
        argv[#argv + 1] = files.write("x.lua",
          ('return { name = %q, journey = function() end }'):format(name))
      end
      assert.equal(0, (fake.lload(argv)))
      assert.same({ "inner" }, files.list(folder))
      assert.same({ "..-..-evil", "scenario" }, files.list(folder .. "/inner"))
    end)
  end)

  describe("when standard output cannot be written", function()
    -- Runs with a standard output that breaks at the write, or at the flush.
    local function run(breaks, argv, script)
      local world = fake.world(script)
      world.stdout[breaks] = function() return nil, "No space left on device" end
      return require("lload.main").main(argv, world), world.stderr:text()
    end

    local LOST = "lload: cannot write to standard output: No space left on device\n"

    for _, breaks in ipairs { "write", "flush" } do
      it(("is 70 where it would be 0 (%s)"):format(breaks), function()
        for _, more in ipairs { "-v", "-q" } do
          local code, err = run(breaks, { "run", files.write("a.lua", PLAIN), more })
          assert.equal(70, code)
          assert.truthy(err:find(LOST, 1, true))
        end
        assert.equal(70, (run(breaks, { "version" })))
      end)
    end

    it("says so once and keeps any other code", function()
      local code, err = run("flush", { "run", files.write("a.lua", PLAIN) },
        { final = final_with { stop = "interrupted" } })
      assert.equal(105, code)
      assert.equal(1, select(2, err:gsub(LOST, "")))
      code, err = run("flush", { "run", files.write("a.lua", PLAIN), "--json", "-" })
      assert.equal(70, code)
      assert.equal(1, select(2, err:gsub(LOST, "")))
    end)
  end)

  it("turns an error of its own into 70", function()
    local world = fake.world()
    world.engine.machine = function() error("broken") end
    local main = require "lload.main"
    assert.equal(70, main.main({ "run", files.write("a.lua", PLAIN) }, world))
    assert.matches("internal error, please report it: .*broken", world.stderr:text())
  end)

  it("refuses what does not parse with 2 and a hint", function()
    local code, out, err = fake.lload { "run", "a.lua", "--stgae", "x" }
    assert.same({ 2, "", 'lload: unknown option --stgae, did you mean "--stage"?\n' },
      { code, out, err })
  end)
end)

describe("lload version", function()
  it("prints one line", function()
    local code, out = fake.lload { "version" }
    assert.same({ 0, "lload 0.1.0\n" }, { code, out })
  end)
end)
