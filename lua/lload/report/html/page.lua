--- The page around the runs: what it may do, its styles and scripts, its navigation, its licences.

local exit_codes = require "lload.exit_codes"
local markup = require "lload.report.html.markup"
local text = require "lload.text"
local verdict = require "lload.report.html.verdict"
local words = require "lload.verdict"

local M = {}

local raw, element = markup.raw, markup.element

-- In the order in which they need each other.
local SCRIPTS = { "chart_library", "scales", "charts", "page" }

-- Nothing is loaded from anywhere; the scripts and the style that run are those of this build.
local function policy(assets)
  local sources = { "script-src" }
  for _, name in ipairs(SCRIPTS) do
    sources[#sources + 1] = ("'sha256-%s'"):format(assets[name].sha256)
  end
  return table.concat({
    "default-src 'none'", table.concat(sources, " "),
    ("style-src 'sha256-%s'"):format(assets.style.sha256),
    "base-uri 'none'", "form-action 'none'",
  }, "; ")
end

local function title_of(model, runs)
  local names = {}
  for index, run in ipairs(runs) do names[index] = text.one_line(run.scenario.name) end
  return ("%s: %s · lload"):format(words.headline(model.exit_code), table.concat(names, ", "))
end

local function head(model, runs, assets)
  return element("head", nil, {
    element("meta", { charset = "utf-8" }),
    element("meta", { ["http-equiv"] = "Content-Security-Policy", content = policy(assets) }),
    element("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
    element("meta", { name = "color-scheme", content = "light dark" }),
    element("meta", { name = "referrer", content = "no-referrer" }),
    element("title", nil, title_of(model, runs)),
    raw("<style>" .. assets.style.text .. "</style>\n"),
  })
end

-- Links to the sections that were drawn, found by their ids.
local function section_links(article)
  local items = {}
  for id, heading in article.markup:gmatch
    '<section aria%-labelledby="[^"]*" id="([^"]*)"><h2[^>]*>(.-)</h2>' do
    items[#items + 1] = element("li", nil,
      raw(('<a href="#%s">%s</a>'):format(id, heading)))
  end
  return element("ul", nil, items)
end

local function run_links(runs)
  local items = {}
  for index, run in ipairs(runs) do
    local word = exit_codes.verdict(run.exit_code):upper()
    items[index] = element("li", nil, {
      markup.badge(verdict.kind(run), word), " ",
      element("a", { href = "#run" .. index }, text.one_line(run.scenario.name)),
    })
  end
  return element("ul", nil, items)
end

local function bar(content)
  return element("nav", { ["aria-label"] = "Page" }, {
    content,
    element("button", { type = "button", id = "theme", hidden = true }, "Dark"),
  })
end

local function overview(model, runs)
  return element("header", { class = "verdict " .. verdict.kind(model) }, {
    element("h1", nil, ("%d runs"):format(#runs)),
    element("p", { class = "outcome" },
      element("strong", nil, words.headline(model.exit_code))),
    run_links(runs),
  })
end

local function scripts(assets)
  local parts = {}
  for index, name in ipairs(SCRIPTS) do
    parts[index] = raw("<script>" .. assets[name].text .. "</script>\n")
  end
  return parts
end

local function body(model, runs, articles, assets)
  local several = model.runs ~= nil
  return element("body", nil, {
    element("a", { class = "skip", href = "#content" }, "Skip to the result"),
    bar(several and run_links(runs) or section_links(articles[1])),
    element("main", { id = "content" }, { several and overview(model, runs) or "", articles }),
    element("footer", nil, {
      element("p", nil, "Written by lload " .. tostring(runs[1].lload or "")),
      markup.details("Licence of the chart library (dygraphs)",
        markup.preformatted(assets.chart_library_license.text)),
    }),
    scripts(assets),
  })
end

--- The whole page.
---@param model table one run, or several
---@param runs table[]
---@param articles lload.Markup[] one for each run
---@return string
function M.render(model, runs, articles)
  local assets = require "lload.report.html.assets"
  return "<!DOCTYPE html>\n" .. element("html", { lang = "en" }, {
    head(model, runs, assets), body(model, runs, articles, assets),
  }).markup
end

return M
