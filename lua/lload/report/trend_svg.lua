--- The chart of one endpoint's history as SVG: a point each run, levels, changes, the threshold.

local markup = require "lload.report.html.markup"
local units = require "lload.units"
local words = require "lload.trend.words"

local M = {}

local WIDTH, HEIGHT = 760, 240
local LEFT, RIGHT, TOP, BOTTOM = 72, 16, 16, 40
local MOST_LABELS = 10

-- Colours for light and dark pages; the style travels with the chart.
local STYLE = [[
svg{color-scheme:light dark;font:12px system-ui,sans-serif}
text{fill:light-dark(#57606a,#9ba6b2)}.axis{stroke:light-dark(#d5dbe1,#2d3641)}
.line{fill:none;stroke:light-dark(#1f62c9,#6fb1ff);stroke-width:2}
circle{fill:light-dark(#1f62c9,#6fb1ff)}
.limit{stroke:light-dark(#c8202f,#ff7a73);stroke-dasharray:6 4}
.change{stroke:light-dark(#9334a8,#d793e8);stroke-dasharray:2 3}
.level{stroke:light-dark(#177a35,#5fd37a);stroke-width:2;opacity:.7}]]

local element = markup.element

local function number(value) return ("%.1f"):format(value) end

local function scales(endpoint)
  local highest = endpoint.threshold or 0
  for _, point in ipairs(endpoint.points) do highest = math.max(highest, point.p95) end
  highest = highest * 1.08
  local step = (WIDTH - LEFT - RIGHT) / math.max(1, #endpoint.points - 1)
  local function x(index) return LEFT + (index - 1) * step end
  local function y(value) return HEIGHT - BOTTOM - value / highest * (HEIGHT - TOP - BOTTOM) end
  return x, y, highest
end

local function line(class, x1, y1, x2, y2)
  return element("line", {
    class = class, x1 = number(x1), y1 = number(y1), x2 = number(x2), y2 = number(y2),
  }, "")
end

local function label(x, y, anchor, words_of)
  return element("text", { x = number(x), y = number(y), ["text-anchor"] = anchor }, words_of)
end

local function grid(y, highest)
  local parts = {}
  for i = 0, 4 do
    local value = highest * i / 4
    parts[#parts + 1] = line("axis", LEFT, y(value), WIDTH - RIGHT, y(value))
    parts[#parts + 1] = label(LEFT - 8, y(value) + 4, "end", units.format_ms(value))
  end
  return parts
end

local function points_of(endpoint, runs, x, y)
  local path, circles = {}, {}
  local every = math.ceil(#endpoint.points / MOST_LABELS)
  for i, point in ipairs(endpoint.points) do
    path[i] = number(x(i)) .. "," .. number(y(point.p95))
    local name = words.run(runs[point.run])
    circles[#circles + 1] = element("circle",
      { cx = number(x(i)), cy = number(y(point.p95)), r = 4 },
      element("title", nil, ("%s: %s"):format(name, units.format_ms(point.p95))))
    if (i - 1) % every == 0 then
      local anchor = i > 1 and i == #endpoint.points and "end" or "middle"
      circles[#circles + 1] = label(x(i), HEIGHT - BOTTOM + 20, anchor, name)
    end
  end
  return { element("polyline", { class = "line", points = table.concat(path, " ") }, ""), circles }
end

-- Where levels change, and how high each is.
local function changes_of(endpoint, x, y)
  local parts = {}
  for i, change in ipairs(endpoint.changes) do
    local at = x(change.point - 0.5)
    local next_change = endpoint.changes[i + 1]
    local to = next_change and x(next_change.point - 0.5) or x(#endpoint.points)
    parts[#parts + 1] = line("change", at, TOP, at, HEIGHT - BOTTOM)
    parts[#parts + 1] = label(at + 4, TOP + 10, "start",
      ("%+.0f%%"):format(change.change * 100))
    parts[#parts + 1] = line("level", at, y(change.after), to, y(change.after))
  end
  return parts
end

--- The chart of one endpoint.
---@param endpoint table of a history
---@param runs table[] the history's
---@return lload.Markup
function M.chart(endpoint, runs)
  local x, y, highest = scales(endpoint)
  if highest == 0 then return markup.join {} end
  return element("svg", {
    xmlns = "http://www.w3.org/2000/svg", viewBox = ("0 0 %d %d"):format(WIDTH, HEIGHT),
    role = "img", ["aria-label"] = "p95 of " .. endpoint.name .. " over runs",
    width = WIDTH, height = HEIGHT,
  }, {
    markup.raw("<style>" .. STYLE .. "</style>"),
    grid(y, highest),
    endpoint.threshold and line("limit", LEFT, y(endpoint.threshold), WIDTH - RIGHT,
      y(endpoint.threshold)) or "",
    changes_of(endpoint, x, y), points_of(endpoint, runs, x, y),
  })
end

--- All endpoints of some histories as one SVG file, one chart below the other.
---@param histories table[]
---@return string
function M.render(histories)
  local charts, row = {}, 0
  for _, history in ipairs(histories) do
    for _, endpoint in ipairs(history.endpoints) do
      charts[#charts + 1] = element("g",
        { transform = ("translate(0 %d)"):format(row * (HEIGHT + 28)) },
        { label(LEFT, 18, "start", ("%s · %s"):format(history.scenario, endpoint.name)),
          element("g", { transform = "translate(0 24)" }, M.chart(endpoint, history.runs)) })
      row = row + 1
    end
  end
  return element("svg", {
    xmlns = "http://www.w3.org/2000/svg", width = WIDTH, height = row * (HEIGHT + 28),
    viewBox = ("0 0 %d %d"):format(WIDTH, math.max(1, row * (HEIGHT + 28))),
  }, { markup.raw("<style>" .. STYLE .. "</style>"), charts }).markup .. "\n"
end

return M
