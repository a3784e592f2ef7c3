--- Lays out a table in aligned columns that fit a width. When they do not: columns that can be done
--- without go, and the flexible one gives way, in its middle where it holds names.

local text = require "lload.text"

local M = {}

local GAP = "  "
local NARROWEST = 12
local READABLE = 18 -- what a flexible column should have before others go

---@class lload.Column
---@field title string
---@field align "left"|"right"
---@field flexible? "name"|"prose" shortened when the table is too wide, in the middle or at the end
---@field optional? boolean left out when the flexible one would get too narrow, the last one first

local function natural_widths(columns, rows)
  local widths = {}
  for index, column in ipairs(columns) do
    widths[index] = text.width(column.title)
    for _, row in ipairs(rows) do
      widths[index] = math.max(widths[index], text.width(row[index] or ""))
    end
  end
  return widths
end

local function total_of(widths)
  local total = #GAP * (#widths - 1)
  for _, width in ipairs(widths) do total = total + width end
  return total
end

-- How much too wide the table is though its flexible column takes only what it needs to be read.
local function excess(columns, widths, available)
  local total = total_of(widths)
  for index, column in ipairs(columns) do
    if column.flexible then total = total - math.max(0, widths[index] - READABLE) end
  end
  return total - available
end

local function without(list, gone)
  local rest = {}
  for index, item in ipairs(list) do
    if index ~= gone then rest[#rest + 1] = item end
  end
  return rest
end

-- Leaves out optional columns from the right, until the rest fits.
local function drop_optional(columns, rows, available)
  for index = #columns, 1, -1 do
    if excess(columns, natural_widths(columns, rows), available) <= 0 then break end
    if columns[index].optional then
      columns = without(columns, index)
      local fewer = {}
      for number, row in ipairs(rows) do fewer[number] = without(row, index) end
      rows = fewer
    end
  end
  return columns, rows
end

local function shrink(columns, widths, available)
  local total = total_of(widths)
  for index, column in ipairs(columns) do
    if column.flexible and total > available then
      local width = math.max(NARROWEST, widths[index] - (total - available))
      total = total - math.max(0, widths[index] - width)
      widths[index] = math.min(widths[index], width)
    end
  end
end

local function render_row(columns, widths, cells)
  local parts = {}
  for index, column in ipairs(columns) do
    local shorten = column.flexible == "name" and text.shorten or text.cut
    local cell = shorten(cells[index] or "", widths[index])
    parts[index] = (column.align == "right" and text.right or text.left)(cell, widths[index])
  end
  return (table.concat(parts, GAP):gsub("%s+$", ""))
end

--- The lines of a table; the first is its header when any column has a title.
---@param columns lload.Column[]
---@param rows string[][]
---@param available integer columns of the terminal
---@return string[] lines
function M.render(columns, rows, available)
  columns, rows = drop_optional(columns, rows, available)
  local widths = natural_widths(columns, rows)
  shrink(columns, widths, available)
  local lines, titles, titled = {}, {}, false
  for index, column in ipairs(columns) do
    titles[index] = column.title
    titled = titled or column.title ~= ""
  end
  if titled then lines[1] = render_row(columns, widths, titles) end
  for _, row in ipairs(rows) do lines[#lines + 1] = render_row(columns, widths, row) end
  return lines
end

return M
