--- The HTML report in Chromium: nothing in the console, nothing over the network, charts drawn,
--- read and zoomed, tables sorted, light and dark. `make html-check` runs it.
local browser = require "spec.support.browser"
local cjson = require "cjson"
local cli = require "spec.support.cli"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local RAMP = [[
return {
  stages = { ramp = { executor = "ramping-arrival-rate", start_rate = 50, max_vus = 50,
    warmup = "2s",
    steps = { { duration = "2s", target = 100 }, { duration = "2s", target = 100 } } } },
  thresholds = { http_req_duration = "p(95)<1" },
  journey = function()
    http.get "/slow?ms=5"
    http.get("/status/500", { name = 'GET </script><img src=x onerror=alert(1)> "😀"' })
  end,
}]]

-- How many charts the page has, and how many of them show something: a pixel that is not empty.
local COUNT_CHARTS = [[(() => {
  const isDrawn = (canvas) => canvas.width > 0 && canvas.height > 0
    && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v);
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  return { all: figures.length,
    drawn: figures.filter((f) => [...f.querySelectorAll("canvas")].some(isDrawn)).length };
})()]]

local RESULTS = { "good", "ramped", "bad", "outage", "search", "soak" }

local chromium
local folder

local function html_of(json)
  local path = folder .. "/" .. json:match "([^/]+)%.json$" .. ".html"
  local r = cli.run { "report", json, "--html", path }
  assert.equal(0, r.code, r.stderr)
  return path
end

local function quoted(text) return cjson.encode(text) end

local function assert_sound(page, path)
  assert.same({}, page.problems)
  assert.same({ "file://" .. path }, page.requests)
end

describe("the HTML report in a browser", function()
  setup(function()
    folder = tmp.dir()
    chromium = assert(browser.open(), "chromium is missing: scripts/install-deps --browser")
  end)

  teardown(function() chromium:close() end)

  for _, name in ipairs(RESULTS) do
    it("draws every chart of the " .. name .. " result, and asks for nothing", function()
      local path = html_of("spec/golden/" .. name .. ".json")
      local page = chromium:page()
      page:visit("file://" .. path)
      assert_sound(page, path)
      local charts = page:evaluate(COUNT_CHARTS)
      assert.equal(charts.all, charts.drawn)
      assert.equal(name ~= "outage", charts.all > 0)
      assert.equal(0, page:evaluate "document.querySelectorAll('img, iframe, object').length")
    end)
  end

  describe("of a run", function()
    local path, page

    setup(function()
      local httpd = server.httpd()
      local r = cli.run_scenario(RAMP, { "--html", folder .. "/run.html" },
        { base_url = httpd.url })
      httpd:stop()
      assert.equal(99, r.code, r.stderr)
      path = folder .. "/run.html"
    end)

    before_each(function()
      page = chromium:page()
      page:command("Page.bringToFront")
      page:command("Emulation.setDeviceMetricsOverride",
        { width = 1200, height = 900, deviceScaleFactor = 1, mobile = false })
      page:visit("file://" .. path)
    end)

    after_each(function() assert_sound(page, path) end)

    local function texts(selector)
      return page:evaluate(("[...document.querySelectorAll(%s)].map((e) => e.textContent)")
        :format(quoted(selector)))
    end

    -- Where an element of the first chart stands, once it is in sight.
    local function place(selector)
      return page:evaluate(([[(() => {
        const element = document.querySelector(%s);
        element.scrollIntoView({ block: "center" });
        const r = element.getBoundingClientRect();
        return { x: r.x, y: r.y, w: r.width, h: r.height };
      })()]]):format(quoted(selector)))
    end

    local function mouse(kind, x, y, clicks)
      page:command("Input.dispatchMouseEvent", {
        type = kind, x = x, y = y, button = kind == "mouseMoved" and "none" or "left",
        buttons = kind == "mouseReleased" and 0 or 1, clickCount = clicks or 1,
      })
    end

    local function key(name)
      for _, kind in ipairs { "keyDown", "keyUp" } do
        page:command("Input.dispatchKeyEvent", { type = kind, key = name, code = name,
          text = name == "Enter" and kind == "keyDown" and "\r" or nil,
          windowsVirtualKeyCode = ({ Enter = 13, ArrowRight = 39, Escape = 27 })[name] })
      end
    end

    it("draws requests, percentiles, load and distribution", function()
      local charts = page:evaluate(COUNT_CHARTS)
      assert.same({ all = 4, drawn = 4 }, charts)
      assert.same({ "warm-up", "1", "2" }, texts "#run1-latency .band-label")
    end)

    it("sorts tables by a click and by the keyboard", function()
      local table_of = "#run1-endpoints table "
      local function failed()
        local list = {}
        for i, text in ipairs(texts(table_of .. "tbody td:nth-last-child(2)")) do
          list[i] = tonumber((text:gsub(",", "")))
        end
        return list
      end
      local function is_sorted(list, descending)
        for i = 2, #list do
          if descending and list[i] > list[i - 1] or not descending and list[i] < list[i - 1] then
            return false
          end
        end
        return list[1] ~= list[#list]
      end
      local header = table_of .. "th:nth-last-child(2)"
      local button = place(header .. " button")
      mouse("mousePressed", button.x + 5, button.y + 5)
      mouse("mouseReleased", button.x + 5, button.y + 5)
      assert.equal("descending", page:evaluate(
        ("document.querySelector(%s).ariaSort"):format(quoted(header))))
      assert.is_true(is_sorted(failed(), true))
      page:evaluate(("document.querySelector(%s).focus()"):format(quoted(header .. " button")))
      key "Enter"
      assert.equal("ascending", page:evaluate(
        ("document.querySelector(%s).ariaSort"):format(quoted(header))))
      assert.is_true(is_sorted(failed(), false))
    end)

    local function readings() return table.concat(texts "#run1-latency output") end
    local function ticks() return table.concat(texts "#run1-latency .dygraph-axis-label-x", " ") end

    it("reads values under the mouse and by arrow keys", function()
      assert.equal("", readings())
      local plot = place "#run1-latency .plot"
      mouse("mouseMoved", plot.x + plot.w / 2, plot.y + plot.h / 2)
      assert.matches("%d ms.*%d ms", readings())
      page:evaluate "document.querySelector('#run1-latency .plot').focus()"
      key "ArrowRight"
      assert.matches("%d ms.*%d ms", readings())
      assert.matches("%d.*%d", table.concat(texts "#run1-load output"), "the other chart follows")
    end)

    it("zooms by dragging, shows all by a double click or Escape", function()
      local plot, whole = place "#run1-latency .plot", ticks()
      local function drag()
        mouse("mousePressed", plot.x + plot.w * 0.4, plot.y + plot.h / 2)
        mouse("mouseMoved", plot.x + plot.w * 0.5, plot.y + plot.h / 2)
        mouse("mouseMoved", plot.x + plot.w * 0.6, plot.y + plot.h / 2)
        mouse("mouseReleased", plot.x + plot.w * 0.6, plot.y + plot.h / 2)
      end
      drag()
      assert.are_not.equal(whole, ticks())
      local other = table.concat(texts "#run1-load .dygraph-axis-label-x", " ")
      assert.equal(ticks(), other)
      for click = 1, 2 do
        mouse("mousePressed", plot.x + plot.w / 2, plot.y + plot.h / 2, click)
        mouse("mouseReleased", plot.x + plot.w / 2, plot.y + plot.h / 2, click)
      end
      assert.equal(whole, ticks())
      drag()
      page:evaluate "document.querySelector('#run1-latency .plot').focus()"
      key "Escape"
      assert.equal(whole, ticks())
    end)

    it("is light or dark as the system is, or as the button says", function()
      local function background()
        return page:evaluate "getComputedStyle(document.body).backgroundColor"
      end
      local function prefer(scheme)
        page:command("Emulation.setEmulatedMedia",
          { features = { { name = "prefers-color-scheme", value = scheme } } })
      end
      prefer "light"
      local light = background()
      prefer "dark"
      local dark = background()
      assert.are_not.equal(light, dark)
      page:evaluate "document.getElementById('theme').click()"
      assert.equal(light, background())
      assert.same({ all = 4, drawn = 4 }, page:evaluate(COUNT_CHARTS))
      page:evaluate "localStorage.clear()"
    end)

    it("fits a narrow window and paper", function()
      page:command("Emulation.setDeviceMetricsOverride",
        { width = 360, height = 800, deviceScaleFactor = 1, mobile = true })
      page:visit("file://" .. path)
      assert.equal(360, page:evaluate "document.documentElement.scrollWidth")
      assert.same({ all = 4, drawn = 4 }, page:evaluate(COUNT_CHARTS))
      assert.is_true(#page:command("Page.printToPDF", { printBackground = true }).data > 10000)
    end)
  end)
end)
