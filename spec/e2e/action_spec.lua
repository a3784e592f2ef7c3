--- The GitHub action: its scripts in a job that is made up, its comment on an API on loopback.

local binaries = require "spec.support.binaries"
local cjson = require "cjson"
local cli = require "spec.support.cli"
local lfs = require "lfs"
local runs = require "spec.support.runs"
local markdown = require "lload.report.markdown"
local server = require "spec.support.server"
local sources = require "spec.support.sources"
local tmp = require "spec.support.tmp"
local tools = require "spec.support.ci_tools"

local HERE = lfs.currentdir()
local MARKER = "<!-- lload:lload -->\n"

local function script(name) return HERE .. "/scripts/ci/" .. name end

-- A PATH on which lload is the one that is tested.
local function path_with_lload()
  local dir = tmp.dir()
  tmp.write(dir, "lload", ("#!/bin/sh\nexec '%s' \"$@\"\n"):format(binaries.lload()))
  assert(os.execute(("chmod +x '%s/lload'"):format(dir)) == 0)
  return dir .. ":" .. os.getenv "PATH"
end

-- What a step wrote to GITHUB_OUTPUT.
local function outputs_of(text)
  local outputs = {}
  for name, value in text:gmatch "([^=\n]+)=([^\n]*)\n" do outputs[name] = value end
  return outputs
end

describe("action.yml", function()
  local action = tools.yaml "action.yml"
  local text = sources.read "action.yml"

  it("declares what it uses, and uses what it declares", function()
    local used = {}
    for name in text:gmatch "inputs%.([%w-]+)" do
      assert.truthy(action.inputs[name], name)
      used[name] = true
    end
    for name, input in pairs(action.inputs) do
      assert.is_true(used[name], name)
      assert.equal("string", type(input.default), name)
      assert.matches("%.$", input.description)
    end
  end)

  it("hands inputs to shell in the environment only", function()
    for _, step in ipairs(action.runs.steps) do
      assert.is_true(step.uses ~= nil or step.shell == "bash")
      assert.is_nil((step.run or ""):find("${{", 1, true))
    end
  end)

  it("calls scripts that are there", function()
    local count = 0
    for name in text:gmatch "scripts/ci/([%w.]+)" do
      count = count + 1
      assert.truthy(lfs.attributes(script(name)), name)
      if name:find "%.sh$" then
        assert.matches("^rwx", lfs.attributes(script(name)).permissions, name)
      end
    end
    assert.is_true(count >= 5, count)
  end)
end)

describe("the comment of the action", function()
  local api

  after_each(function()
    if api then api:stop() end
    api = nil
  end)

  local PULL = { pull_request = { number = 7 } }

  -- Runs the script as a step of a job; returns its run and the state of the API.
  local function comment(text, event, env)
    local dir = tmp.dir()
    local variables = {
      GITHUB_TOKEN = "ghs_secret", GITHUB_REPOSITORY = "owner/repo",
      GITHUB_API_URL = api and api.url or "http://127.0.0.1:1",
      GITHUB_EVENT_PATH = tmp.write(dir, "event.json", cjson.encode(event or PULL)),
    }
    for name, value in pairs(env or {}) do variables[name] = value end
    local r = cli.program({ "luajit", script "comment.lua", tmp.write(dir, "summary.md", text) },
      { env = variables })
    return r, api and api:state()
  end

  local function methods_of(state)
    local methods = {}
    for index, request in ipairs(state.requests) do methods[index] = request.method end
    return table.concat(methods, " ")
  end

  it("is written once and then changed in place", function()
    api = server.github_api()
    local r = comment "first\n"
    assert.equal(0, r.code, r.stderr)
    local state
    r, state = comment('second "quoted" \\ é😀\n')
    assert.equal(0, r.code, r.stderr)
    assert.equal(1, #state.comments)
    assert.equal(MARKER .. 'second "quoted" \\ é😀\n', state.comments[1].body)
    assert.equal("GET POST GET PATCH", methods_of(state))
    assert.equal("Bearer ghs_secret", state.requests[1].authorization)
    assert.is_nil((r.stdout .. r.stderr):find("ghs_secret", 1, true))
  end)

  it("is found among many, and is none that somebody else wrote", function()
    local comments = {}
    for index = 1, 250 do
      comments[index] = { id = index, user = { login = "octocat" }, body = "Nice. " .. index }
    end
    comments[3].body = MARKER .. "all green, trust me"
    comments[4] = { id = 4, user = cjson.null, body = cjson.null }
    comments[249] = { id = 249, user = { login = "github-actions[bot]" }, body = MARKER .. "old" }
    api = server.github_api { comments = comments }
    local r, state = comment "new\n"
    assert.equal(0, r.code, r.stderr)
    assert.equal(250, #state.comments)
    assert.equal(MARKER .. "new\n", state.comments[249].body)
    assert.equal(MARKER .. "all green, trust me", state.comments[3].body)
    assert.equal("GET GET GET PATCH", methods_of(state))
  end)

  it("has a key for each of several", function()
    api = server.github_api()
    comment("a\n", PULL, { COMMENT_KEY = "a" })
    comment("b\n", PULL, { COMMENT_KEY = "b" })
    local _, state = comment("b again\n", PULL, { COMMENT_KEY = "b" })
    assert.equal(2, #state.comments)
    assert.equal("<!-- lload:b -->\nb again\n", state.comments[2].body)
    local r = comment("x\n", PULL, { COMMENT_KEY = "--> <img>" })
    assert.equal(2, r.code)
  end)

  it("that may not be written is a warning", function()
    api = server.github_api { instead = { POST = { 403 } } }
    local r, state = comment "x\n"
    assert.equal(0, r.code, r.stderr)
    assert.matches("^::warning::lload: no comment on the pull request: the token may not", r.stdout)
    assert.equal(0, #state.comments)
  end)

  it("is tried again after a passing fault, but not written twice", function()
    api = server.github_api { instead = { GET = { 502 }, POST = { 500 } } }
    local r, state = comment "x\n"
    assert.matches("::warning::[^\n]*status 500", r.stdout)
    assert.equal("GET GET POST", methods_of(state))
  end)

  it("is given up when nobody answers", function()
    local r = comment "x\n"
    assert.equal(0, r.code, r.stderr)
    assert.matches("::warning::[^\n]*the API does not answer", r.stdout)
  end)

  it("is nothing without a pull request", function()
    api = server.github_api()
    local r, state = comment("x\n", { ref = "refs/heads/main" })
    assert.equal(0, r.code)
    assert.matches("nothing to comment on", r.stdout)
    assert.equal(0, #state.requests)
  end)

  it("goes to the pull request of a fork whose head was tested", function()
    local function event(sha)
      return { workflow_run = { head_sha = sha, head_branch = "a&b",
        head_repository = { owner = { login = "fork" } } } }
    end
    api = server.github_api { pulls = {
      { number = 7, head = { label = "fork:a&b", sha = "abc" } },
    } }
    local r, state = comment("x\n", event "abc")
    assert.equal(0, r.code, r.stderr)
    assert.equal(1, #state.comments)
    r, state = comment("y\n", event "def")
    assert.matches("nothing to comment on", r.stdout)
    assert.equal(MARKER .. "x\n", state.comments[1].body)
  end)

  it("fits, whatever it is made of", function()
    api = server.github_api()
    local _, state = comment(("é😀 one line of a long text\n"):rep(5000))
    assert.is_true(#state.comments[1].body <= 65536)
    assert.matches("\n\nThe rest is cut off%.\n$", state.comments[1].body)
    _, state = comment(markdown.render(runs.crowd()))
    assert.equal(MARKER .. markdown.render(runs.crowd()), state.comments[1].body)
  end)

  it("needs to know what and where", function()
    for _, env in ipairs { { GITHUB_REPOSITORY = "../.." }, { GITHUB_TOKEN = "" } } do
      assert.equal(2, (comment("x\n", PULL, env)).code)
    end
    local r = cli.program { "luajit", script "comment.lua", "/nonexistent" }
    assert.equal(2, r.code)
    assert.matches("cannot read /nonexistent", r.stdout)
  end)
end)

describe("the run of the action", function()
  local httpd

  setup(function() httpd = server.httpd() end)
  teardown(function() httpd:stop() end)

  local function scenario(limit)
    return ([[
local http = require("lload").http
return { thresholds = { http_reqs = "%s" }, journey = function() http.get "/ok" end }
]]):format(limit)
  end

  local function workspace()
    local dir = tmp.dir()
    tmp.write(dir, "load/a one.lua", scenario "count>0")
    tmp.write(dir, "load/b.lua", scenario "count>99")
    return dir
  end

  -- A job of the steps of action.yml, as far as they are scripts.
  local function job(dir, env)
    local output, summary = tmp.dir() .. "/output", tmp.dir() .. "/summary.md"
    local variables = {
      PATH = path_with_lload(), GITHUB_OUTPUT = output, GITHUB_STEP_SUMMARY = summary,
      GITHUB_ACTIONS = "true", GITHUB_WORKSPACE = dir, PWD = dir, OUT = "results",
      BASE_URL = httpd.url, ARGS = "--iterations=2\n\n",
    }
    for name, value in pairs(env) do variables[name] = value end
    local function step(name)
      return cli.program({ script(name) }, { env = variables, cwd = dir })
    end
    local r = step "run.sh"
    assert.equal(0, r.code, r.stderr)
    if variables.BASELINE then
      local compared = step "compare.sh"
      assert.equal(0, compared.code, compared.stderr)
      r.compared = compared.stdout
    end
    local outputs = outputs_of(tmp.read(output))
    variables.EXIT_CODE = outputs["exit-code"]
    variables.COMPARE_CODE = outputs["compare-code"] or ""
    r.verdict = step "verdict.sh"
    r.outputs, r.summary = outputs, tmp.read(summary)
    return r
  end

  it("of one file is as red as its exit code", function()
    local dir = workspace()
    local r = job(dir, { SCENARIO = "load/b.lua\n" })
    assert.equal("99", r.outputs["exit-code"])
    assert.equal(99, r.verdict.code)
    assert.matches("::error file=load/b%.lua,", r.stderr)
    assert.matches("^## lload: FAILED", r.summary)
    assert.matches("^## lload: FAILED", tmp.read(dir .. "/results/summary.md"))
    assert.equal(0, job(workspace(), { SCENARIO = "load/a one.lua" }).verdict.code)
  end)

  it("takes patterns, names with spaces, and arguments line by line", function()
    local dir = workspace()
    local r = job(dir, { SCENARIO = "load/*.lua", ARGS = "--iterations=1\n--tag=a=b c" })
    assert.equal("99", r.outputs["exit-code"])
    local result = cli.read_json(dir .. "/results/result.json")
    assert.equal(2, #result.runs)
    assert.equal("b c", result.runs[1].settings.tags.a)
    assert.matches("1 of 2 scenarios passed", r.stdout)
    assert.matches("### Scenarios", tmp.read(dir .. "/results/summary.md"))
    tools.assert_junit(dir .. "/results/junit.xml")
  end)

  it("does not take a file for an option", function()
    local dir = workspace()
    tmp.write(dir, "-q.lua", scenario "count>0")
    assert.equal(0, job(dir, { SCENARIO = "-q.lua" }).verdict.code)
    assert.equal(104, job(dir, { SCENARIO = "load/none*.lua" }).verdict.code)
  end)

  it("is compared with a baseline", function()
    local dir = workspace()
    job(dir, { SCENARIO = "load/a one.lua", ARGS = "--iterations=50", OUT = "baseline/1" })
    local r = job(dir, { SCENARIO = "load/a one.lua", ARGS = "--iterations=50",
      BASELINE = "baseline" })
    assert.is_truthy(tonumber(r.outputs["compare-code"]))
    assert.matches("1 new run against 1 base run.* GET /ok ", r.compared)
    assert.matches("## lload: PASSED\n.*\n### %u+", r.summary)
    local text = tmp.read(dir .. "/results/comment.md")
    assert.matches("^### %u+.*`GET /ok`.*\n## lload: PASSED\n", text)
    tools.assert_junit(dir .. "/results/compare.xml")
  end)

  it("is inconclusive without a baseline, and says so", function()
    local dir = workspace()
    local r = job(dir, { SCENARIO = "load/a one.lua", BASELINE = "baseline" })
    assert.equal("98", r.outputs["compare-code"])
    assert.equal(0, r.verdict.code)
    assert.matches("::warning::lload: inconclusive", r.verdict.stdout)
  end)

  local function verdict(env)
    local r = cli.program({ script "verdict.sh" }, { env = env })
    return r.code, r.stdout
  end

  it("is red for a regression, and warns of what is not to be told", function()
    for _, case in ipairs {
      { "0", "", nil, 0 }, { "0", "0", nil, 0 }, { "0", "96", nil, 96 }, { "99", "96", nil, 99 },
      { "98", "", nil, 0 }, { "98", "", "fail", 98 }, { "0", "98", nil, 0 },
      { "98", "96", nil, 96 }, { "0", "98", "fail", 98 }, { "104", "", nil, 104 },
      { "", "", nil, 70 },
    } do
      local code = verdict { EXIT_CODE = case[1], COMPARE_CODE = case[2], INCONCLUSIVE = case[3] }
      assert.equal(case[4], code, table.concat(case, ",", 1, 2))
    end
    assert.matches("::warning::lload: inconclusive", select(2, verdict { EXIT_CODE = "98" }))
  end)
end)

describe("the installation of the action", function()
  it("takes the lload that is there", function()
    local r = cli.program({ script "install.sh" }, { env = { PATH = path_with_lload() } })
    assert.equal(0, r.code, r.stdout .. r.stderr)
    assert.matches("%d+%.%d+%.%d+", r.stdout)
  end)

  it("says on which system it can be built", function()
    local system = tmp.write(tmp.dir(), "os-release", 'ID=ubuntu\nVERSION_ID="24.04"\n')
    local r = cli.program({ script "install.sh" },
      { env = { OS_RELEASE = system, PATH = "/usr/bin:/bin" } })
    assert.equal(1, r.code, r.stderr)
    assert.matches("::error::lload: it is built on Debian 12, and this is ubuntu 24%.04", r.stdout)
  end)
end)
