--- The HTML report: what it may contain, how large it gets, what is left when there is little. What
--- it looks like in a browser, spec/browser tells.

local data_table = require "lload.report.html.data_table"
local fake = require "spec.support.fake_engine"
local html = require "lload.report.html"
local load_curve = require "lload.report.html.load_curve"
local markup = require "lload.report.html.markup"
local runs = require "spec.support.runs"
local sources = require "spec.support.sources"
local summary = require "lload.summary"

local HOSTILE = '</script></table><img src=x onerror="alert(1)">\'<!-- \1\27[31m \255 é 😀 ]]> &amp;'
local FACTS = { version = "0.1.0", now_ms = 1769853600000, machine = { hostname = HOSTILE } }

local function count(text, plain)
  local n, from = 0, 1
  while true do
    local _, to = text:find(plain, from, true)
    if not to then return n end
    n, from = n + 1, to + 1
  end
end

local function hostile_run()
  local final = fake.final()
  final.requests[1].name, final.checks[1].name, final.checks[1].message = HOSTILE, HOSTILE, HOSTILE
  final.requests[1].errors = { [HOSTILE] = 3 }
  final.steps[1].label, final.steps[2].label = HOSTILE, HOSTILE
  final.errors = { { class = HOSTILE, count = 1, sample = HOSTILE, exchanges = { HOSTILE } } }
  final.iteration_failures = { { reason = HOSTILE, count = 1 } }
  final.script_errors = { { message = HOSTILE, count = 1, traceback = HOSTILE } }
  final.journeys[1].name, final.notes = HOSTILE, { HOSTILE }
  final.metrics[HOSTILE] = { type = "counter", count = 1, rate = 1 }
  final.stop, final.stop_detail = "aborted", HOSTILE
  final.validity = { verdict = "suspect",
    reasons = { { code = HOSTILE, value = HOSTILE, limit = 1, hint = HOSTILE } } }
  local model = runs.model(final, {}, { name = HOSTILE, base_url = "http://h/" .. HOSTILE })
  model.ci, model.commit = { run_url = "javascript:alert(1)" }, { sha = HOSTILE, branch = HOSTILE }
  model.settings.tags = { team = HOSTILE }
  return model
end

describe("the HTML report", function()
  it("lets no name break out", function()
    local page = html.render(hostile_run())
    assert.equal(4, count(page, "<script"))
    assert.equal(4, count(page, "</script"))
    for _, mark in ipairs { "<img", "<!--", "onerror=\"", "href=\"javascript" } do
      assert.equal(0, count(page, mark), mark)
    end
    assert.is_nil(page:find("[%z\1-\9\11-\31\127]"))
    assert.is_true(count(page, "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;") > 20)
    assert.is_true(count(page, "😀") > 20)
  end)

  it("allows itself nothing but its own scripts and style", function()
    local page = html.render(runs.model(fake.final(), {}))
    local policy = assert(page:match 'content="(default%-src[^"]*)"'):gsub("&#39;", "'")
    assert.equal("default-src 'none'; script-src 'sha256-chart_library' 'sha256-scales' "
      .. "'sha256-charts' 'sha256-page'; style-src 'sha256-style'; base-uri 'none'; "
      .. "form-action 'none'", policy)
    assert.is_nil(page:find "<link")
    assert.is_nil(page:find "%ssrc=")
    assert.is_nil(page:find "%sstyle=")
    assert.is_nil(page:find "%son%a+=")
  end)

  it("is the same every time", function()
    assert.equal(html.render(hostile_run()), html.render(hostile_run()))
  end)

  it("has a table for every chart, and a column for every series", function()
    local page = html.render(runs.model(fake.final(), {}))
    local checked = 0
    for chart in page:gmatch 'data%-chart="([^"]*)"' do
      chart = chart:gsub("&quot;", '"')
      for axis in chart:match('"x":(%b[])'):gmatch '"key":"(%w+)"' do
        for key, id in chart:gmatch '"key":"(%w+)","label":"[^"]*"[^}]-"table":"([^"]*)"' do
          local head = page:match('<table[^>]*id="' .. id:gsub("{x}", axis):gsub("%-", "%%-")
            .. '".-</thead>')
          assert.truthy(head and head:find('data-key="' .. key .. '"', 1, true), id)
          assert.truthy(head:find('data-key="' .. axis .. '"', 1, true), id .. " by " .. axis)
          checked = checked + 1
        end
      end
    end
    assert.is_true(checked >= 8)
  end)

  it("shows what is there: refused, without requests, a second long", function()
    local refused = html.render(summary.refused("a.lua", HOSTILE, { "a.lua: bad", "b" }, FACTS))
    assert.matches("ERROR %(exit 104%)", refused)
    assert.matches("a.lua: bad\nb", refused)
    assert.is_nil(refused:find "<figure")
    local final = { stop = "interrupted", duration_s = 1, windows = { { t_s = 0, vus = 1 } } }
    local idle = html.render(runs.model(final, {}))
    assert.matches("INTERRUPTED", idle)
    assert.is_nil(idle:find("nan", 1, true))
    assert.is_nil(idle:find("inf<", 1, true))
  end)

  it("has all runs, each with its verdict, and ids of their own", function()
    local failed = runs.model(fake.final(), { { "http_req_duration", "p(95)<1" } }, { name = "b" })
    local page = html.render(summary.combine { runs.model(fake.final(), {}), failed })
    assert.equal(2, count(page, "<article"))
    assert.matches('<nav.-href="#run1".-href="#run2".-</nav>', page)
    assert.matches("<h1>2 runs</h1>", page)
    local seen = {}
    for id in page:gmatch ' id="([^"]*)"' do
      assert.is_nil(seen[id], id)
      seen[id] = true
    end
  end)

  it("stays small with an hour of windows and 500 endpoints with long names", function()
    local final = fake.final()
    for i = 1, 3600 do
      final.windows[i] = {
        t_s = i - 1 + i / 7919, to_s = i, vus = 50 + i % 97, offered = 123.456 + i / 7,
        requests = 1000 + i, failed = i % 5, rps = 1000 / 3 + i / 3, errors = 1 / (i + 2),
        p50 = i / 7, p95 = i / 3, p99 = i / 1.7, max = i * 1.37, sent = 1e6 + i, received = 1e7,
      }
    end
    for i = 1, 500 do
      local request = { name = ("GET /%d/"):format(i) .. ("n"):rep(190) }
      for key, value in pairs(final.requests[1]) do request[key] = request[key] or value end
      final.requests[i] = request
    end
    -- The library, our script and our style take another 160 kB.
    assert.is_true(#html.render(runs.model(final, {})) < 800000)
  end)
end)

describe("the markup", function()
  it("escapes text and attributes", function()
    assert.equal("<b a=\"&lt;&quot;&#39;&amp;\" hidden>&lt;i&gt; 1</b>",
      markup.element("b", { a = "<\"'&", hidden = true, b = false }, { "<i>", nil, " ", 1 }).markup)
  end)

  it("has no section for nothing", function()
    assert.is_nil(markup.section("a", "A", {}))
    assert.is_nil(markup.facts { { "a", nil }, { "b", "" } })
    assert.is_nil(data_table.render { caption = "c", columns = { { title = "a" } }, rows = {} })
  end)
end)

describe("the curve of latency against load", function()
  it("has the median of the windows of each range of load", function()
    local windows = {
      { vus = 10, p95 = 5, p99 = 9 }, { vus = 10, p95 = 7 }, { vus = 10, p95 = 6 },
      { vus = 20, p95 = 50, p99 = 60 }, { vus = 15 }, { p95 = 1 },
    }
    assert.same({
      { load = 10, windows = 3, p95 = 6, p99 = 9 }, { load = 20, windows = 1, p95 = 50, p99 = 60 },
    }, load_curve.curve(windows, "vus"))
  end)

  it("has nothing of windows without load, such as those after the end", function()
    local windows = {
      { offered = 100, p95 = 5 }, { offered = 50, p95 = 4 }, { offered = 0, p95 = 9 },
    }
    local loads = {}
    for i, row in ipairs(load_curve.curve(windows, "offered")) do loads[i] = row.load end
    assert.same({ 50, 100 }, loads)
  end)
end)

describe("the style of the page", function()
  local css = sources.read "assets/report/page.css"

  local function luminance(colour)
    local sum = 0
    for i, weight in ipairs { 0.2126, 0.7152, 0.0722 } do
      local c = tonumber(colour:sub(2 * i, 2 * i + 1), 16) / 255
      sum = sum + weight * (c <= 0.04045 and c / 12.92 or ((c + 0.055) / 1.055) ^ 2.4)
    end
    return sum
  end

  -- The contrast of two colours of the style, in light (1) or dark (2).
  local function contrast(a, b, theme)
    local values = {}
    for i, name in ipairs { a, b } do
      local pair = { css:match("%-%-" .. name:gsub("%-", "%%-")
        .. ": light%-dark%((#%x+), (#%x+)%)") }
      values[i] = luminance(pair[theme]) + 0.05
    end
    return math.max(values[1] / values[2], values[2] / values[1])
  end

  it("has the contrast of WCAG AA, in light and dark", function()
    for theme = 1, 2 do
      for _, row in ipairs {
        { 4.5, "text", "page", "raised", "pass-back", "fail-back", "warn-back" },
        { 4.5, "muted", "page", "raised" }, { 4.5, "link", "page" },
        { 4.5, "pass", "page", "pass-back" }, { 4.5, "fail", "page", "fail-back" },
        { 4.5, "warn", "page", "warn-back" },
        { 3, "p50", "page", "band" }, { 3, "p95", "page", "band" }, { 3, "p99", "page", "band" },
        { 3, "load", "page", "band" }, { 3, "bad", "page", "band" }, { 3, "good", "page" },
        { 3, "max", "page", "band" }, { 3, "quiet", "page", "band" },
      } do
        for i = 3, #row do
          local value = contrast(row[2], row[i], theme)
          assert.is_true(value >= row[1], ("%s on %s: %.2f"):format(row[2], row[i], value))
        end
      end
    end
  end)
end)
