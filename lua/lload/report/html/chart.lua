--- A chart of the page: what it is drawn from and how, for charts.js. The numbers stand in tables,
--- once, where people and programs without JavaScript find them, too.

local json = require "lload.report.json"
local markup = require "lload.report.html.markup"

local M = {}

---@class lload.ChartSeries
---@field table string id of the table it is drawn from; {x} in it is the key of the x axis
---@field key string the column of its values
---@field label string
---@field colour "p50"|"p95"|"p99"|"max"|"load"|"bad"|"good"|"quiet" a name in page.css
---@field style? "line"|"area"|"steps"|"dashed"|"dots"|"marks"
---@field axis? "left"|"right"
---@field hidden? boolean shown when somebody asks for it

---@class lload.ChartAxis
---@field key string the column of its values
---@field label string
---@field scale? "time"|"percentile" plain numbers when absent

---@class lload.ChartBand
---@field from number
---@field to number
---@field label string
---@field kind "warmup"|"step"|"ramp"

---@class lload.Chart
---@field title string
---@field x lload.ChartAxis[] the first is shown, the others can be chosen
---@field y string what the left axis shows, with its unit
---@field y2? string the same of the right axis
---@field unit? "ms" how values of the left axis are written
---@field group? string charts of a group show the same stretch of time
---@field series lload.ChartSeries[]
---@field bands? lload.ChartBand[]

-- What charts.js needs to know; the title stands in the page.
local DRAWN = { "group", "x", "y", "y2", "unit", "series", "bands" }

--- Draws it; without JavaScript there is nothing to see but the tables.
---@param id string
---@param chart lload.Chart
---@return lload.Markup
function M.render(id, chart)
  local drawing = {}
  for _, key in ipairs(DRAWN) do drawing[key] = chart[key] end
  return markup.element("figure", {
    id = id, class = "chart", ["data-chart"] = json.compact(drawing),
    ["aria-labelledby"] = id .. "-title",
  }, markup.element("figcaption", { id = id .. "-title" }, chart.title))
end

return M
