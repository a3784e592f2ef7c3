--- Histories as one page: charts, tables behind them, what changed and since when.

local markup = require "lload.report.html.markup"
local svg = require "lload.report.trend_svg"
local units = require "lload.units"
local words = require "lload.trend.words"

local M = {}

local STYLE = [[
:root{color-scheme:light dark}
body{margin:0 auto;max-width:60rem;padding:1.5rem;font:15px/1.5 system-ui,sans-serif;
background:light-dark(#fff,#0f141a);color:light-dark(#1c2127,#e4e8ed)}
svg{max-width:100%;height:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .9rem .2rem 0;text-align:left}
td,th{border-bottom:1px solid light-dark(#d5dbe1,#2d3641)}
td:last-child,th:last-child{text-align:right}
.found{color:light-dark(#7d5200,#efc15b)}.quiet{color:light-dark(#57606a,#9ba6b2)}
@media print{details{break-inside:avoid}}]]

local element = markup.element

local function sentences(endpoint)
  local lines = words.lines(endpoint)
  if #lines == 0 then
    return element("p", { class = "quiet" }, "No change of level, no creep.")
  end
  local items = {}
  for i, line in ipairs(lines) do items[i] = element("li", nil, line) end
  return element("ul", { class = "found" }, items)
end

local function table_of(endpoint, runs)
  local rows = {}
  for i, point in ipairs(endpoint.points) do
    local run = runs[point.run]
    rows[i] = element("tr", nil, {
      element("td", nil, run.started or ""), element("td", nil, words.run(run)),
      element("td", nil, units.format_ms(point.p95)),
    })
  end
  return markup.details("The runs behind the chart", element("table", nil, {
    element("thead", nil, element("tr", nil, {
      element("th", { scope = "col" }, "Started"), element("th", { scope = "col" }, "Commit"),
      element("th", { scope = "col" }, "p95"),
    })),
    element("tbody", nil, rows),
  }))
end

local function section(history)
  local parts = { element("h1", nil,
    history.scenario .. (history.stage and " · stage " .. history.stage or "")) }
  for _, endpoint in ipairs(history.endpoints) do
    parts[#parts + 1] = element("section", nil, {
      element("h2", nil, endpoint.name), svg.chart(endpoint, history.runs), sentences(endpoint),
      table_of(endpoint, history.runs),
    })
  end
  for _, note in ipairs(history.notes) do
    parts[#parts + 1] = element("p", { class = "quiet" }, note)
  end
  return parts
end

--- Renders some histories.
---@param histories table[]
---@return string
function M.render(histories)
  local parts = {}
  for i, history in ipairs(histories) do parts[i] = section(history) end
  return "<!DOCTYPE html>\n" .. element("html", { lang = "en" }, {
    element("head", nil, {
      element("meta", { charset = "utf-8" }),
      element("meta", { ["http-equiv"] = "Content-Security-Policy",
        content = "default-src 'none'; style-src 'unsafe-inline'" }),
      element("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
      element("title", nil, "Trend · lload"), markup.raw("<style>" .. STYLE .. "</style>"),
    }),
    element("body", nil, element("main", nil, parts)),
  }).markup .. "\n"
end

return M
