--- The reports that machines and reviewers read: Markdown, CSV, GitLab, GitHub, benchmark, JUnit.

local benchmark = require "lload.report.benchmark"
local cjson = require "cjson"
local comment = require "lload.report.comment"
local csv = require "lload.report.csv"
local github = require "lload.report.github"
local gitlab = require "lload.report.gitlab"
local golden = require "spec.support.golden"
local junit = require "lload.report.junit"
local json = require "lload.report.json"
local markdown = require "lload.report.markdown"
local runs = require "spec.support.runs"
local stored = require "lload.stored"
local summary = require "lload.summary"
local text = require "lload.text"

local FORMATS = {
  md = markdown.render, csv = csv.render, xml = junit.render, txt = github.render,
  ["benchmark.json"] = benchmark.render, ["gitlab.json"] = gitlab.render,
}

local CASES = {
  "good", "suspect", "invalid", "zero_requests", "aborted_in_setup", "interrupted", "one_second",
  "refused", "hostile",
}

describe("golden reports for CI", function()
  local function assert_golden(name, extension, content)
    local file = ("ci/%s.%s"):format(name, extension)
    assert.equal(golden.expected(file, content), content)
  end

  for _, name in ipairs(CASES) do
    it(("of the run %s are what they were"):format(name), function()
      for extension, render in pairs(FORMATS) do
        assert_golden(name, extension, render(runs[name]()))
      end
    end)
  end

  it("of several runs are what they were", function()
    for extension, render in pairs(FORMATS) do
      if extension ~= "gitlab.json" then
        assert_golden("several", extension, render(runs.several()))
      end
    end
  end)

  it("of 500 endpoints are what they were", function()
    assert_golden("crowd", "md", markdown.render(runs.crowd()))
  end)

  it("render to the same bytes from a stored result", function()
    for _, name in ipairs(CASES) do
      local again = assert(stored.parse(json.render(runs[name]())))
      for extension, render in pairs(FORMATS) do
        assert.equal(render(runs[name]()), render(again), name .. "." .. extension)
      end
    end
  end)
end)

describe("the Markdown summary", function()
  -- Runs of enough length to fill any room.
  local function many(count)
    local crowd, models = runs.crowd(), {}
    for index = 1, count do models[index] = crowd end
    return summary.combine(models)
  end

  it("fits into a comment, and says what it left out", function()
    for _, model in ipairs { runs.crowd(), many(3), many(30) } do
      local page = markdown.render(model)
      assert.is_true(#page <= 65000, #page)
      assert.matches("Left out, as a comment has room for 65,000 characters: [^\n]*%d+ ", page)
      assert.matches("<sub>lload 0%.1%.0 [^\n]*</sub>\n$", page)
      local function count(pattern) return select(2, page:gsub(pattern, "")) end
      assert.equal(count "<details>", count "</details>")
    end
  end)

  it("uses the room there is", function()
    assert.is_true(#markdown.render(runs.crowd()) > 60000)
    assert.is_nil(markdown.render(runs.good()):find("Left out", 1, true))
  end)

  it("gives each table a part of the room", function()
    local page = markdown.render(runs.crowd())
    for _, heading in ipairs { "Thresholds", "Endpoints", "Steps", "Errors", "Checks" } do
      assert.truthy(page:find("### " .. heading .. "\n\n|", 1, true), heading)
    end
    assert.matches("Left out, [^\n]* %d%d+ endpoints, %d%d+ thresholds%.", page)
  end)

  it("folds what is long", function()
    assert.matches("<details><summary>480 more thresholds</summary>\n\n|",
      markdown.render(runs.crowd()))
  end)

  it("says first what is wrong with the measurement", function()
    assert.matches("^## lload: INVALID %(exit 98%)\n\n> %*%*The measurement is invalid%.%*%*",
      markdown.render(runs.invalid()))
    assert.is_nil(markdown.render(runs.good()):find("measurement", 1, true))
  end)

  it("links a CI run only when its address is plain", function()
    local model = runs.good()
    model.commit = { sha = "abc", run_url = "https://ci.example/run/7?x=1" }
    assert.truthy(markdown.render(model):find("[CI run](https://ci.example/run/7?x=1)", 1, true))
    model.commit.run_url = "https://ci.example/) [evil](javascript:alert(1)"
    assert.is_nil(markdown.render(model):find("CI run", 1, true))
  end)
end)

describe("foreign text in Markdown", function()
  it("is a code span, of entities where a span would end early", function()
    assert.equal("`GET /api/:id @me <b>`", comment.code "GET /api/:id @me <b>")
    assert.equal("<code>a&#124;b&#96;&#64;<!-- -->c-d</code>", comment.code "a|b`@c-d")
    assert.equal("`a b`", comment.code " a\r\nb ")
    assert.equal("(empty)", comment.code " \n")
    assert.equal("`a\239\191\189b`", comment.code "a\226\128\174b")
  end)

  it("is cut between characters", function()
    local cut = comment.code(("😀"):rep(200))
    assert.equal(cut, text.utf8(cut))
    assert.matches("…`$", cut)
  end)

  it("stays a sentence when it is one", function()
    for _, plain in ipairs {
      "3 thresholds hold", "http_req_duration p(95)<200: 3901ms; cut at 5s", "p95 grew (9 an hour)",
    } do
      assert.equal(plain, comment.prose(plain))
    end
    for _, odd in ipairs {
      "- a", "+ a", "1. a", "> a", "a @b", "a <b>", "_a_", "http://a", "www.a.b", "a*b*", ":tada:",
      "a\nb", "<!-- a", "#1", "[a](b)", "a|b", "a\\b", "=", ("a"):rep(500),
    } do
      assert.not_equal(odd, comment.prose(odd))
    end
  end)
end)

describe("the CSV of a run", function()
  local function lines_of(content)
    local lines = {}
    for line in content:gmatch "([^\r\n]*)\r\n" do lines[#lines + 1] = line end
    return lines
  end

  it("has the same columns in every row", function()
    local model = runs.good()
    local lines = lines_of(csv.render(model))
    assert.equal(6, #lines)
    for _, line in ipairs(lines) do
      assert.equal(15, select(2, line:gsub(",", "")))
    end
    assert.matches("^scenario,phase,t_s,to_s,", lines[1])
    assert.matches("^checkout,warmup,%-2,%-1,10,", lines[2])
    assert.matches("^checkout,run,0,1,50,150,120,120,0,0,50%.5,120,300%.25,900,30000,1080000$",
      lines[4])
    assert.matches("^checkout,run,2,3,50,150,0,0,0,,,,,,0,0$", lines[6])
  end)

  it("quotes names as RFC 4180 has it, and lets none be a formula", function()
    local function name_of(name)
      local model = runs.good()
      model.scenario.name = name
      return lines_of(csv.render(model))[2]:match "^(.*),warmup,"
    end
    assert.equal('"a,b"', name_of "a,b")
    assert.equal('"say ""x"""', name_of 'say "x"')
    assert.equal("a b", name_of "a\r\nb")
    assert.equal("'=1+1", name_of "=1+1")
    assert.equal("'@x", name_of "@x")
  end)

  it("is a header alone when nothing was measured", function()
    assert.equal(1, #lines_of(csv.render(runs.refused())))
  end)
end)

describe("GitLab's load-performance.json", function()
  it("has what the widget reads", function()
    local metrics = cjson.decode(gitlab.render(runs.good())).metrics
    assert.equal(250, metrics.http_reqs.rate)
    assert.equal(162, metrics.http_req_waiting["p(90)"])
    assert.equal(225, metrics.http_req_waiting["p(95)"])
    assert.same({ 4999, 1 }, { metrics.checks.passes, metrics.checks.fails })
  end)

  it("says true of a threshold that failed, as k6 does there", function()
    local metrics = cjson.decode(gitlab.render(runs.suspect())).metrics
    assert.same({ ["p(95)<200"] = true, ["max<5s"] = false }, metrics.http_req_duration.thresholds)
  end)

  it("has no checks when none was made, and an object when there is nothing", function()
    assert.is_nil(cjson.decode(gitlab.render(runs.zero_requests())).metrics.checks.passes)
    assert.equal('{ "metrics": {} }\n', gitlab.render(runs.refused()))
  end)

  it("takes several runs that are one", function()
    assert.equal(gitlab.render(runs.good()), gitlab.render(summary.combine { runs.good() }))
  end)
end)

describe("the list for github-action-benchmark", function()
  it("has a p95 for each endpoint and the share of failures", function()
    local names = {}
    for _, entry in ipairs(cjson.decode(benchmark.render(runs.good()))) do
      assert.same({ "string", "string", "number" },
        { type(entry.name), type(entry.unit), type(entry.value) })
      names[#names + 1] = entry.name
    end
    assert.same({
      "checkout/spike: http_req_duration p95", "checkout/spike: iteration_duration p95",
      "checkout/spike: POST /api/cart/add p95", "checkout/spike: GET /api/orders/:id p95",
      "checkout/spike: failed requests",
    }, names)
  end)

  it("charts no invalid measurement", function()
    assert.equal("[]\n", benchmark.render(runs.invalid()))
    assert.equal("[]\n", benchmark.render(runs.refused()))
  end)
end)

describe("annotations for GitHub", function()
  it("are one line each, whatever the names", function()
    for line in github.render(runs.hostile()):gmatch "[^\n]+" do
      assert.matches("^::%a+ [^:]*::.", line)
      assert.is_nil(line:find "[%z\1-\31\127]")
    end
  end)

  it("escape what would end a property or a command", function()
    local model = runs.refused()
    model.scenario.name = "a:b,c%"
    model.stop.detail = "100%: x\r\ny"
    assert.equal("::error file=scenarios/checkout.lua,title=lload%3A invalid scenario or "
      .. "configuration::100%25: x\n::error file=scenarios/checkout.lua,title=lload%3A invalid "
      .. "scenario or configuration::y\n", github.render(model))
    model.stop.reason = "aborted"
    model.exit_code = 108
    assert.matches("title=lload%%3A a%%3Ab%%2Cc%%25::", github.render(model))
  end)

  it("name file and line where they are known", function()
    local told = github.render(runs.refused())
    assert.matches("^::error file=scenarios/checkout%.lua,title=", told)
    assert.matches("\n::error file=scenarios/checkout%.lua,line=7,title=", told)
    assert.matches("file=lib/a b%.lua,line=12,", github.render(runs.hostile()))
  end)

  it("are ten of a kind at most, the last with a word of the rest", function()
    local told = github.render(runs.crowd())
    assert.equal(10, select(2, told:gsub("::error ", "")))
    assert.matches("::error title=lload::492 more; the step summary has them\n$", told)
  end)

  it("say each problem of a refused invocation once", function()
    assert.equal(github.render(runs.refused()),
      github.render(summary.combine { runs.refused(), runs.refused() }))
  end)

  it("say nothing of a run that passed", function()
    assert.equal("", github.render(runs.good()))
  end)

  it("are warnings when the measurement is suspect, errors when it is invalid", function()
    assert.matches("::warning [^\n]*measurement suspect::CPU_SAT: use more",
      github.render(runs.suspect()))
    assert.matches("::error [^\n]*measurement invalid::SEND_LAG", github.render(runs.invalid()))
  end)
end)

describe("JUnit", function()
  it("keeps names apart, also from each other's numbers", function()
    local model = runs.good()
    model.thresholds = {}
    for index, expression in ipairs { "avg<1", "avg<1", "avg<1 (2)", "avg<1\1", "avg<1\2" } do
      model.thresholds[index] = {
        metric = "checks", expression = expression, ok = true, data = true, actual = 0.5 }
    end
    local names, count = {}, 0
    for name in junit.render(model):gmatch '<testcase classname="checkout" name="([^"]*)"' do
      assert.is_nil(names[name], name)
      names[name], count = true, count + 1
    end
    assert.equal(6, count)
  end)
end)

describe("the beginning of a text", function()
  it("ends between characters", function()
    assert.equal("abc", text.prefix("abc", 3))
    assert.equal("…", text.prefix("abcd", 3))
    assert.equal("a…", text.prefix("a😀😀", 6))
    assert.equal("a😀…", text.prefix("a😀😀", 8))
  end)
end)
