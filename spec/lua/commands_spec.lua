--- `lload report` and `lload new`, the commit of a run, and reports that cannot be written.

local commit = require "lload.commit"
local fake = require "spec.support.fake_engine"
local files = require "spec.support.scenario_file"
local write = require "lload.report.write"

describe("lload report", function()
  after_each(files.clean)

  local function stored_run(...)
    local folder = files.folder()
    fake.lload { "run", files.write("a.lua", "return { journey = function() end }"), "--out",
      folder, ... }
    return folder
  end

  it("renders the same reports again", function()
    local folder = stored_run()
    local code = fake.lload { "report", folder .. "/result.json", "--junit", folder .. "/2.xml",
      "--json", folder .. "/2.json" }
    assert.equal(0, code)
    assert.equal(files.read(folder .. "/junit.xml"), files.read(folder .. "/2.xml"))
    assert.equal(files.read(folder .. "/result.json"), files.read(folder .. "/2.json"))
  end)

  it("prints the summary unless a report goes to standard output", function()
    local folder = stored_run()
    local _, out = fake.lload { "report", folder .. "/result.json" }
    assert.matches("PASSED: no thresholds were set\n$", out)
    _, out = fake.lload { "report", folder .. "/result.json", "-q" }
    assert.equal("PASSED: no thresholds were set\n", out)
    _, out = fake.lload { "report", folder .. "/result.json", "--junit", "-" }
    assert.equal(files.read(folder .. "/junit.xml"), out)
  end)

  it("prints as much of the summary as is wanted", function()
    local folder = stored_run()
    local function report(...)
      local _, out = fake.lload { "report", folder .. "/result.json", ... }
      return out
    end
    assert.matches("\nRequests\n", report "--summary=full")
    assert.is_nil(report("--summary", "short"):find("\nRequests\n", 1, true))
    assert.equal("PASSED: no thresholds were set\n", report("--summary", "none"))
    assert.equal("PASSED: no thresholds were set\n", report("--summary", "short", "-q"))
    local code, _, err = fake.lload { "report", folder .. "/result.json", "--summary", "long" }
    assert.equal(104, code)
    assert.matches('"long" is not full, short or none', err)
  end)

  it("leaves the progress of a run alone with --summary none, unlike -q", function()
    local file = files.write("a.lua", "return { journey = function() end }")
    local _, out, err = fake.lload { "run", file, "--summary", "none" }
    assert.equal("PASSED: no thresholds were set\n", out)
    assert.matches("a: stage default", err)
    _, out, err = fake.lload { "run", file, file, "-q" }
    assert.equal("PASSED: 2 of 2 scenarios passed\n", out)
    assert.equal("", err)
    _, out = fake.lload({ "run", file }, { env = { LLOAD_SUMMARY = "short" } })
    assert.is_nil(out:find("\nRequests\n", 1, true))
  end)

  it("is 0 for a run that failed: the rendering did not", function()
    local folder = stored_run("--threshold", "http_reqs: count>99999")
    local code, out = fake.lload { "report", folder .. "/result.json" }
    assert.equal(0, code)
    assert.matches("FAILED %(exit 99%)", out)
  end)

  it("renders several runs", function()
    local folder = files.folder()
    local plain = "return { journey = function() end }"
    fake.lload { "run", files.write("a.lua", plain), files.write("b.lua", plain), "--json",
      folder .. "/all.json" }
    local code, out = fake.lload { "report", folder .. "/all.json", "-q" }
    assert.same({ 0, 2 }, { code, select(2, out:gsub("PASSED", "")) })
  end)

  it("is 70 when a report could not be written after all", function()
    local folder = stored_run()
    local code, _, err = fake.lload { "report", folder .. "/result.json", "--json", "/dev/full" }
    assert.equal(70, code)
    assert.matches("cannot write /dev/full: No space left", err)
    code, _, err = fake.lload { "report", folder .. "/result.json", "--json", "/proc/none.json" }
    assert.equal(104, code)
    assert.matches("cannot write /proc/none.json", err)
  end)

  it("refuses what is no result, with 104", function()
    for content, message in pairs {
      ["{"] = "cut off", ['{"schema":"lload/result/9"}'] = "newer lload",
      ['{"schema":"lload/result/1","scenario":{"name":"x"},"exit_code":0,"duration_s":1,'
        .. '"requests":[1]}'] = "cannot use: requests%[1%] must be an object, not a number",
      ['{"schema":"lload/results/1","runs":[]}'] = "cannot use: it has no runs",
    } do
      local code, out, err = fake.lload { "report", files.write("r.json", content) }
      assert.same({ 104, "" }, { code, out })
      assert.matches(message, err)
    end
    local code, _, err = fake.lload { "report", "/nonexistent/r.json" }
    assert.equal(104, code)
    assert.matches("cannot read", err)
  end)
end)

describe("lload new", function()
  after_each(files.clean)

  it("writes a starter that is valid, and the settings of the language server", function()
    local folder = files.folder()
    local file = folder .. "/shop.lua"
    local code, out = fake.lload { "new", file }
    assert.equal(0, code)
    assert.same({ ".lload", ".luarc.json", "shop.lua" }, files.list(folder))
    assert.equal(("wrote %s\nwrote %s/.luarc.json\nwrote %s/.lload/ (annotations for editors)\n"
      .. "next: lload check %s\n"):format(file, folder, folder, file), out)
    local settings = require("cjson").decode(files.read(folder .. "/.luarc.json"))
    assert.matches("LuaJIT", settings["runtime.version"])
    assert.same({ ".lload" }, settings["workspace.library"])
    assert.equal("---@meta lload\n", files.read(folder .. "/.lload/lload.lua"))
    assert.equal("---@meta _\n", files.read(folder .. "/.lload/http.lua"))
    assert.equal(0, (fake.lload { "check", file }))
    assert.truthy(files.read(file):find("lload check " .. file, 1, true))
  end)

  it("overwrites nothing", function()
    local file = files.write("shop.lua", "mine")
    files.write(".luarc.json", "mine too", file:match("^(.*)/"))
    local code, _, err = fake.lload { "new", file }
    assert.equal(104, code)
    assert.matches("exists and is left as it is", err)
    assert.equal("mine", files.read(file))
    assert.equal(0, (fake.lload { "new", file:match("^(.*)/") .. "/other.lua" }))
    assert.equal("mine too", files.read(file:match("^(.*)/") .. "/.luarc.json"))
  end)

  it("says what cannot be written", function()
    local code, _, err = fake.lload { "new", "/nonexistent/a.lua" }
    assert.equal(104, code)
    assert.matches("cannot write /nonexistent/a.lua", err)
  end)
end)

describe("the commit", function()
  local SHA = ("ab12"):rep(10)

  -- A popen that answers by the words of the command.
  local function popen(answers)
    return function(command)
      for words, answer in pairs(answers) do
        if command:find(words, 1, true) then
          return { read = function() return answer end, close = function() end }
        end
      end
      return nil
    end
  end

  local function detect(env, answers)
    return commit.detect(function(name) return env[name] end, popen(answers or {}))
  end

  it("comes from the CI first", function()
    assert.same({ sha = "1", branch = "topic" },
      detect { GITHUB_SHA = "1", GITHUB_HEAD_REF = "topic", GITHUB_REF_NAME = "5/merge" })
    assert.same({ sha = "1", branch = "main" },
      detect { GITHUB_SHA = "1", GITHUB_HEAD_REF = "", GITHUB_REF_NAME = "main" })
    assert.same({ sha = "2", branch = "b" },
      detect { CI_COMMIT_SHA = "2", CI_COMMIT_REF_NAME = "b" })
    assert.same({ sha = "3", branch = "c" }, detect { GIT_COMMIT = "3", GIT_BRANCH = "c" })
  end)

  it("knows the run of the CI", function()
    local function facts(env)
      local function get(name) return env[name] end
      return commit.detect(get, popen {}), commit.ci(get)
    end
    local found, ci = facts {
      GITHUB_ACTIONS = "true", GITHUB_SHA = "1", GITHUB_SERVER_URL = "https://github.com",
      GITHUB_REPOSITORY = "shop/api", GITHUB_RUN_ID = "77", GITHUB_JOB = "load",
    }
    local url = "https://github.com/shop/api/actions/runs/77"
    assert.same({ sha = "1", run_url = url }, found)
    assert.same({ provider = "github", run_url = url, run = "77", job = "load" }, ci)
    found, ci = facts {
      GITLAB_CI = "true", CI_COMMIT_SHA = "2", CI_JOB_URL = "https://gitlab.test/j/5",
      CI_PIPELINE_ID = "4",
    }
    assert.same({ sha = "2", run_url = "https://gitlab.test/j/5" }, found)
    assert.same({ provider = "gitlab", run_url = "https://gitlab.test/j/5", run = "4" }, ci)
    found, ci = facts { JENKINS_URL = "x", BUILD_URL = "javascript:alert(1)", JOB_NAME = "load" }
    assert.is_nil(found)
    assert.same({ provider = "jenkins", job = "load" }, ci)
    assert.same({}, { facts {} })
  end)

  it("is dirty in the CI when git says so of that very commit", function()
    local git = { ["rev-parse"] = SHA .. "\nHEAD\n", status = " M a.lua\n" }
    assert.same({ sha = SHA, branch = "b", dirty = true },
      detect({ CI_COMMIT_SHA = SHA, CI_COMMIT_REF_NAME = "b" }, git))
    assert.same({ sha = "2", branch = "b" },
      detect({ CI_COMMIT_SHA = "2", CI_COMMIT_REF_NAME = "b" }, git))
  end)

  it("comes from git then", function()
    assert.same({ sha = SHA, branch = "main", dirty = true },
      detect({}, { ["rev-parse"] = SHA .. "\nmain\n", status = " M a.lua\n" }))
    assert.same({ sha = SHA, dirty = false },
      detect({}, { ["rev-parse"] = SHA .. "\nHEAD\n", status = "" }))
  end)

  it("is absent when nobody knows it", function()
    assert.is_nil(detect {})
    assert.is_nil(detect({}, { ["rev-parse"] = "" }))
    assert.is_nil(commit.detect(function() end, function() error("no popen") end))
  end)
end)

describe("report.write", function()
  after_each(files.clean)

  it("keeps the old file when the new one cannot be written", function()
    local file = files.write("r.json", "old")
    local ok, message = write.file(file .. "/below", "new", nil)
    assert.is_nil(ok)
    assert.matches("cannot write .*/below: Not a directory", message)
    assert.equal("old", files.read(file))
  end)

  it("writes devices in place", function()
    assert.is_true(write.probe("/dev/null"))
    assert.is_true(write.file("/dev/null", "x", nil))
    assert.is_true(write.probe("/dev/full"))
    assert.matches("cannot write /dev/full: No space left", select(2, write.file("/dev/full", "x")))
  end)

  it("finds out before that a device cannot be written, and makes none", function()
    for _, path in ipairs { "/proc/none.json", "/dev/none.json", "/proc/none/r.json" } do
      local ok, message = write.probe(path)
      assert.is_nil(ok)
      assert.matches("cannot write " .. path .. ": No such file", message)
      assert.is_nil(files.read(path))
    end
    assert.matches("cannot write /proc/self: Is a directory", select(2, write.probe("/proc/self")))
  end)

  it("writes shared memory as any file", function()
    local path = os.tmpname():gsub("^/tmp/", "/dev/shm/")
    assert.is_true(write.probe(path))
    assert.is_nil(files.read(path))
    assert.is_true(write.file(path, "x"))
    assert.equal("x", files.read(path))
    os.remove(path)
  end)

  it("says so when standard output is gone", function()
    local ok, message = write.file("-", "x", { write = function() return nil, "Broken pipe" end })
    assert.is_nil(ok)
    assert.matches("standard output: Broken pipe", message)
  end)
end)
