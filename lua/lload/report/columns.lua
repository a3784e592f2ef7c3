--- Lays out a table in aligned columns that fit a width; one column gives way when it must.

local text = require "lload.text"

local M = {}

local GAP = "  "
local NARROWEST = 12

---@class lload.Column
---@field title string
---@field align "left"|"right"
---@field flexible? boolean cut when the table is too wide

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

local function shrink(columns, widths, available)
  local total = #GAP * (#columns - 1)
  for _, width in ipairs(widths) do total = total + width end
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
    local cell = text.cut(cells[index] or "", widths[index])
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
