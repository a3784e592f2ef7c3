--- The files for CI services: read by other people's readers, written by a run as CI starts it.

local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local json = require "lload.report.json"
local junit = require "lload.report.junit"
local markdown = require "lload.report.markdown"
local runs = require "spec.support.runs"
local server = require "spec.support.server"
local stored = require "lload.stored"
local summary = require "lload.summary"
local text = require "lload.text"
local tmp = require "spec.support.tmp"
local tools = require "spec.support.ci_tools"

local MODELS = {
  "good", "suspect", "invalid", "zero_requests", "aborted_in_setup", "interrupted", "one_second",
  "refused", "hostile", "crowd", "several",
}

describe("JUnit as others read it", function()
  local function written(model)
    return tmp.write(tmp.dir(), "junit.xml", junit.render(model))
  end

  for _, name in ipairs(MODELS) do
    it("is valid for " .. name, function()
      tools.assert_junit(written(runs[name]()))
    end)
  end

  it("is refused by the schema when it is wrong", function()
    local xml = junit.render(runs.good())
    for from, to in pairs {
      ['time="0.25"'] = 'time="250ms"', ['classname="checkout" name="run"'] = 'name="run"',
      ['tests="4"'] = "", ["<properties>"] = "<properties><a/>",
    } do
      local path = tmp.write(tmp.dir(), "junit.xml", (xml:gsub(from:gsub("%p", "%%%0"), to)))
      assert.has_error(function() tools.assert_junit(path) end)
    end
  end)

  it("has the numbers of the run", function()
    local suites = tools.junit(written(runs.several()))
    assert.same({ "checkout", "checkout (2)", "=sum(a)" },
      { suites[1].name, suites[2].name, suites[3].name })
    assert.same({ 4, 0, 0 }, { suites[1].tests, suites[1].failures, suites[1].errors })
    assert.same({ 4, 3, 0 }, { suites[2].tests, suites[2].failures, suites[2].errors })
    assert.same({ 1, 0, 1 }, { suites[3].tests, suites[3].failures, suites[3].errors })
    local properties = suites[1].properties
    assert.equal(runs.FACTS.commit.sha, properties["commit.sha"])
    assert.equal("250", properties["http_reqs.rate"])
    assert.equal("0.0024", properties["http_req_failed.rate"])
  end)

  it("has a time in seconds, and the numbers in message and body", function()
    local case = tools.junit(written(runs.suspect()))[1].cases[1]
    assert.equal("http_req_duration p(95)<200", case.name)
    assert.equal(0.25, case.time)
    assert.equal("failure", case.outcome.kind)
    assert.matches("actual 250ms, missed by 25%.0%%", case.outcome.message)
    assert.matches("actual: 250ms %(250%)", case.outcome.body)
  end)

  it("keeps hostile names, but for what XML cannot hold", function()
    local suite = tools.junit(written(runs.hostile()))[1]
    assert.equal(text.xml_safe(runs.HOSTILE), suite.name)
    assert.equal(suite.name .. "." .. suite.name, suite.cases[1].classname)
    assert.equal("error", suite.cases[5].outcome.kind)
  end)
end)

describe("Markdown as GitHub renders it", function()
  -- What is not in code can link, ping or break the page.
  local function outside_code(html)
    return (html:gsub("<code>.-</code>", "CODE"))
  end

  -- The one link that is ours.
  local CI_LINK = '<a href="' .. runs.FACTS.commit.run_url:gsub("%p", "%%%0") .. '">CI run</a>'

  local function columns_of(html)
    local counts = {}
    for row in html:gmatch "<tr>(.-)</tr>" do
      counts[#counts + 1] = select(2, row:gsub("<t[hd]", ""))
    end
    return counts
  end

  for _, name in ipairs(MODELS) do
    it("has no link, picture or name outside code for " .. name, function()
      local html = tools.html(markdown.render(runs[name]())):gsub(CI_LINK, "")
      local rest = outside_code(html)
      assert.is_nil(html:find "<a ")
      assert.is_nil(html:find "<img")
      for _, foreign in ipairs { "@", "octocat", "evil", "GET", "tada", "#" } do
        assert.is_nil(rest:find(foreign, 1, true), foreign)
      end
      assert.equal(select(2, rest:gsub("<details>", "")), select(2, rest:gsub("</details>", "")))
    end)
  end

  -- A stored result of which somebody else wrote every text.
  local function forged(value)
    if type(value) == "string" then return runs.HOSTILE end
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, item in pairs(value) do
      copy[key] = (key == "schema" or key == "type") and item or forged(item)
    end
    return copy
  end

  it("lets nothing out of code of a result that somebody forged", function()
    local models = { runs.suspect(), runs.aborted_in_setup(), runs.invalid() }
    models[1].spike, models[2].soak = { detail = "a" }, { verdict = "a", detail = "b" }
    models[3].search = { of = "rate", outcome = "a", reason = "b", levels = {
      { load = 1, ok = true, why = "a" }, { load = 2, ok = false, why = "b" },
    } }
    for _, model in ipairs(models) do
      local result = assert(stored.parse(json.render(forged(model))))
      local html = tools.html(markdown.render(result))
      assert.is_nil(html:find "<a ")
      assert.is_nil(outside_code(html):find("evil", 1, true))
      assert.is_nil(outside_code(html):find("octocat", 1, true))
    end
  end)

  it("keeps tables whole and names as they were", function()
    local html = tools.html(markdown.render(runs.hostile()))
    local plain, names = tools.html(markdown.render(runs.hostile "plain")), 0
    assert.same(columns_of(plain), columns_of(html))
    for _ in html:gmatch "``|`` @<!%-%- %-%->octocat #12 !%[i%]%(http://evil" do
      names = names + 1
    end
    assert.is_true(names >= 8, names)
  end)
end)

describe("a run in CI", function()
  local httpd

  setup(function() httpd = server.httpd() end)
  teardown(function() httpd:stop() end)

  local FAILS = [[
local lload = require "lload"
local http = lload.http
return {
  thresholds = { http_reqs = { "count>99", "count>0" } },
  journey = function() http.get "/ok" end,
}
]]

  -- A step of a job in GitHub Actions: lload runs in a folder of the repository.
  local function job(args, env)
    local workspace, steps = tmp.dir(), tmp.dir() .. "/summary.md"
    local path = tmp.write(workspace, "load/scenarios/checkout.lua", FAILS)
    local variables = {
      GITHUB_ACTIONS = "true", GITHUB_WORKSPACE = workspace, GITHUB_STEP_SUMMARY = steps,
      PWD = workspace .. "/load",
    }
    for name, value in pairs(env or {}) do variables[name] = value end
    local words = { "run", "scenarios/checkout.lua", "-i", "2", "--base-url", httpd.url }
    for _, word in ipairs(args or {}) do words[#words + 1] = word end
    local r = cli.run(words, { env = variables, cwd = workspace .. "/load" })
    return r, tmp.read(steps), path
  end

  it("annotates the file and adds to the step summary", function()
    local r, steps = job()
    expect.code(r, 99)
    assert.matches("::error file=load/scenarios/checkout%.lua,title=lload%%3A threshold failed::"
      .. "http_reqs count>99: actual 2", r.stderr)
    assert.is_nil(r.stdout:find("::error", 1, true))
    assert.matches("^## lload: FAILED %(exit 99%)\n", steps)
  end)

  it("annotates the line of a mistake, and says so in the step summary", function()
    local r, steps = job { "--env", "no", "--threshold", "http_req: p(95)<1" }
    expect.code(r, 104)
    assert.matches("::error [^\n]*title=lload%%3A invalid scenario or configuration::", r.stderr)
    assert.matches("^## lload: ERROR %(exit 104%)\n", steps)
  end)

  it("tells GitHub nothing with --github off, or outside of it", function()
    local r, steps = job { "--github", "off" }
    assert.is_nil(r.stderr:find("::error", 1, true))
    assert.is_nil(steps)
    r, steps = job({}, { GITHUB_ACTIONS = false })
    assert.is_nil(r.stderr:find("::error", 1, true))
    assert.is_nil(steps)
  end)

  it("goes on without a step summary, unless it was asked for one", function()
    local nowhere = { GITHUB_STEP_SUMMARY = "/nonexistent/summary.md" }
    local r = job({}, nowhere)
    expect.code(r, 99)
    assert.matches("lload: %-%-github: cannot write the step summary: /nonexistent", r.stderr)
    r = job({ "--github", "on" }, nowhere)
    expect.code(r, 104)
    assert.matches("cannot write the step summary: /nonexistent", r.stderr)
  end)

  it("writes each file where its option says", function()
    local out = tmp.dir()
    local r = cli.run_scenario(FAILS, {
      "-i", "2", "--gitlab", out .. "/gitlab.json", "--benchmark", out .. "/benchmark.json",
      "--markdown", out .. "/a.md", "--csv", out .. "/a.csv",
    }, { base_url = httpd.url })
    expect.code(r, 99)
    local metrics = cli.read_json(out .. "/gitlab.json").metrics
    assert.equal(r.result.metrics.http_reqs.rate, metrics.http_reqs.rate)
    assert.equal(r.result.metrics.http_req_waiting["p(95)"], metrics.http_req_waiting["p(95)"])
    assert.same({ ["count>99"] = true, ["count>0"] = false }, metrics.http_reqs.thresholds)
    assert.equal(4, #cli.read_json(out .. "/benchmark.json"))
    assert.matches("^## lload: FAILED", tmp.read(out .. "/a.md"))
    assert.matches("^scenario,phase,t_s,", tmp.read(out .. "/a.csv"))
    assert.same({ "a.csv", "a.md", "benchmark.json", "gitlab.json" }, tmp.list(out))
  end)

  it("writes the same from a stored result", function()
    local r = cli.run_scenario(FAILS, { "-i", "2", "--out", tmp.dir() .. "/out" },
      { base_url = httpd.url })
    local again = cli.run { "report", r.dir .. "/result.json", "--markdown", "-" }
    assert.equal(0, again.code, again.stderr)
    assert.equal(markdown.render(stored.read(r.dir .. "/result.json")), again.stdout)
  end)

  it("refuses before the run what cannot be written", function()
    for _, case in ipairs {
      { { "--markdown", "/nonexistent/a.md" }, "cannot write /nonexistent/a%.md" },
      { { "--csv", "/dev/null/a.csv" }, "cannot write /dev/null/a%.csv" },
      { { "--markdown", "-", "--csv", "-" }, "%-%-markdown and %-%-csv both write standard" },
      { { "--github", "maybe" }, '"maybe" is not auto, on or off' },
    } do
      local r = cli.run_scenario(FAILS, case[1], { base_url = httpd.url })
      expect.code(r, 104)
      assert.matches(case[2], r.stderr)
    end
  end)

  it("gives GitLab one run only", function()
    local path, other = cli.scenario(FAILS, "a.lua"), cli.scenario(FAILS, "b.lua")
    local all = tmp.dir() .. "/all.json"
    local r = cli.run { "run", path, other, "--base-url", httpd.url, "-i", "1", "--gitlab",
      tmp.dir() .. "/g.json", "--json", all }
    expect.code(r, 104)
    assert.matches("%-%-gitlab holds one run; give each scenario a run and a file of its own",
      r.stderr)
    r = cli.run { "report", all, "--gitlab", tmp.dir() .. "/g.json" }
    expect.code(r, 104)
    assert.matches("%-%-gitlab holds one run", r.stderr)
  end)
end)

describe("several runs", function()
  it("of one name are told apart in JUnit", function()
    local model = summary.combine { runs.good(), runs.good(), runs.suspect() }
    local path = tmp.write(tmp.dir(), "junit.xml", junit.render(model))
    tools.assert_junit(path)
    assert.equal(3, #tools.junit(path))
  end)
end)
