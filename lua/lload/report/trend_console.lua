--- A history in the terminal: bars of p95 over the last runs, what changed, and since when.

local page_of = require "lload.report.page"
local paragraph = require "lload.report.paragraph"
local text = require "lload.text"
local units = require "lload.units"
local words = require "lload.trend.words"

local M = {}

local SHOWN_RUNS = 10
local ROWS = 5
local COLUMN = 8 -- of a bar with its gap, as wide as a short commit
local EIGHTHS = { [0] = " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

local function last_points(endpoint, columns)
  local points = {}
  for i = math.max(1, #endpoint.points - columns + 1), #endpoint.points do
    points[#points + 1] = endpoint.points[i]
  end
  return points
end

-- One row of the bars: how much of this row's height each fills, in eighths.
local function bar_row(points, row, highest)
  local cells = {}
  for i, point in ipairs(points) do
    local eighths = math.floor(point.p95 / highest * ROWS * 8 + 0.5) - (row - 1) * 8
    local block = EIGHTHS[math.max(0, math.min(8, eighths))]
    cells[i] = block:rep(COLUMN - 1) .. " "
  end
  return table.concat(cells)
end

local function label_of(row, highest)
  if row == ROWS then return units.format_ms(highest) end
  return row == 1 and "0ms" or ""
end

-- Names of runs below their bars: a commit, or day and time in two rows.
local function name_rows(points, runs)
  local days, times = {}, {}
  for i, point in ipairs(points) do
    local day, time = words.run(runs[point.run]):match "^(%S*) ?(.*)$"
    days[i] = text.left(text.cut(day, COLUMN - 1), COLUMN)
    times[i] = text.left(text.cut(time, COLUMN - 1), COLUMN)
  end
  return { table.concat(days), table.concat(times) }
end

local function chart(page, endpoint, runs)
  local columns = math.min(SHOWN_RUNS, math.floor((page.width - 14) / COLUMN))
  local points, highest = last_points(endpoint, columns), 0
  for _, point in ipairs(points) do highest = math.max(highest, point.p95) end
  if highest == 0 then return end
  for row = ROWS, 1, -1 do
    page:line(("%s %s %s"):format(text.right(label_of(row, highest), 11),
      row == ROWS and "┤" or "│", (bar_row(points, row, highest):gsub("%s+$", ""))))
  end
  local values = {}
  for i, point in ipairs(points) do
    values[i] = text.left(units.format_ms(point.p95), COLUMN)
  end
  page:line((" "):rep(14) .. table.concat(values):gsub("%s+$", ""))
  for _, names in ipairs(name_rows(points, runs)) do
    if names:find "%S" then
      page:line(page:paint("dim", (" "):rep(14) .. names:gsub("%s+$", "")))
    end
  end
end

local function endpoint_section(page, endpoint, runs)
  page:heading(("%s  p95 of %d run%s"):format(text.one_line(endpoint.name), #endpoint.points,
    #endpoint.points == 1 and "" or "s"))
  chart(page, endpoint, runs)
  local lines = words.lines(endpoint)
  for _, line in ipairs(lines) do paragraph.add(page, line, "yellow") end
  if #lines == 0 then paragraph.add(page, "no change of level, no creep", "dim") end
end

--- The whole text of one history.
---@param history table `lload/trend/1`
---@param view lload.ConsoleOptions
---@return string
function M.render(history, view)
  local page = page_of.new(view)
  local parts = { text.one_line(history.scenario) }
  if history.stage then parts[#parts + 1] = "stage " .. text.one_line(history.stage) end
  parts[#parts + 1] = ("%d run%s"):format(#history.runs, #history.runs == 1 and "" or "s")
  page:line(page:paint("bold", table.concat(parts, " · ")))
  for _, endpoint in ipairs(history.endpoints) do
    endpoint_section(page, endpoint, history.runs)
  end
  if #history.notes > 0 then page:line "" end
  for _, note in ipairs(history.notes) do paragraph.add(page, note, "dim") end
  return table.concat(page.lines, "\n") .. "\n"
end

return M
