--- Tables of the page: people read and sort them, and charts are drawn from them.

local json = require "lload.report.json"
local markup = require "lload.report.html.markup"

local M = {}

---@class lload.HtmlColumn
---@field title string
---@field number? boolean stands on the right, and is sorted as a number
---@field prose? boolean holds text of any length
---@field optional? boolean is left out when no row has anything there
---@field key? string how charts ask for the column; a table all of whose columns are numbers with a
---key is written without text

---@class lload.HtmlCell
---@field text lload.Content
---@field sort? number what it is sorted by, when its text does not say it

---@class lload.HtmlTable
---@field caption string what it holds; for those who cannot see where it stands
---@field columns lload.HtmlColumn[]
---@field rows (lload.Content|lload.HtmlCell|nil)[][] the first cell names the row
---@field sortable? boolean
---@field id? string

local function class_of(column)
  return column.number and "number" or column.prose and "prose"
end

local function header_cell(column, sortable)
  local attributes = {
    scope = "col", class = class_of(column) or false,
    ["data-key"] = column.key or false, ["aria-sort"] = sortable and "none" or false,
  }
  local title = column.title
  if sortable and title ~= "" then
    title = markup.element("button", { type = "button" }, title)
  end
  return markup.element("th", attributes, title)
end

local function is_cell(value)
  return type(value) == "table" and value.text ~= nil
end

local function body_cell(column, value, is_first)
  local class = class_of(column)
  class = class and (' class="%s"'):format(class) or ""
  local sort = is_cell(value) and value.sort
  local content = is_cell(value) and value.text or value
  local name, scope = is_first and "th" or "td", is_first and ' scope="row"' or ""
  sort = sort and (' data-sort="%s"'):format(json.compact(sort)) or ""
  return ("<%s%s%s%s>%s</%s>"):format(name, scope, class, sort, markup.join(content).markup, name)
end

local function body_row(columns, row)
  local cells = {}
  for index, column in ipairs(columns) do
    cells[index] = body_cell(column, row[index], index == 1 and not column.number)
  end
  return "<tr>" .. table.concat(cells) .. "</tr>"
end

-- A long table is one of numbers: without end tags, which HTML allows, it takes half the room.
local function numeric_row(columns, row)
  local cells = {}
  for index = 1, #columns do
    local value = row[index]
    cells[index] = type(value) == "number" and ("<td>%.14g"):format(value) or "<td>"
  end
  return "<tr>" .. table.concat(cells)
end

local function is_numeric(columns)
  for _, column in ipairs(columns) do
    if not column.number or not column.key then return false end
  end
  return true
end

local function is_empty(value)
  local content = is_cell(value) and value.text or value
  return content == nil or content == "" or content == false
end

local function is_used(rows, index)
  for _, row in ipairs(rows) do
    if not is_empty(row[index]) then return true end
  end
  return false
end

-- The table without the optional columns that nothing stands in.
local function without_unused(columns, rows)
  local kept, kept_rows, used = {}, {}, {}
  for index, column in ipairs(columns) do
    if not column.optional or is_used(rows, index) then
      kept[#kept + 1], used[#used + 1] = column, index
    end
  end
  if #kept == #columns then return columns, rows end
  for position, row in ipairs(rows) do
    kept_rows[position] = {}
    for to, from in ipairs(used) do kept_rows[position][to] = row[from] end
  end
  return kept, kept_rows
end

--- Draws a table that scrolls by itself where it is too wide; nothing without rows.
---@param spec lload.HtmlTable
---@return lload.Markup|nil
function M.render(spec)
  if #spec.rows == 0 then return nil end
  local head, body = {}, {}
  local columns, rows = without_unused(spec.columns, spec.rows)
  local numeric = is_numeric(columns)
  local row_of = numeric and numeric_row or body_row
  for index, column in ipairs(columns) do head[index] = header_cell(column, spec.sortable) end
  for index, row in ipairs(rows) do body[index] = row_of(columns, row) end
  local content = markup.element("table",
    { id = spec.id or false, class = spec.sortable and "sortable" or numeric and "numeric" }, {
      markup.element("caption", nil, spec.caption),
      markup.element("thead", nil, markup.element("tr", nil, head)),
      markup.element("tbody", nil, markup.raw(table.concat(body, "\n"))),
    })
  return markup.element("div",
    { class = "scroll", tabindex = 0, role = "region", ["aria-label"] = spec.caption }, content)
end

--- A number as a stored result has it: what is computed from it is the same at the end of a run and
--- afterwards.
---@param value number
---@return number
function M.stored(value)
  return tonumber(json.compact(value)) or value
end

--- A number for a chart: no more digits than can be seen. What is none stays an empty cell.
---@param value number|nil
---@return number|string
function M.rounded(value)
  if not value or value ~= value or math.abs(value) == math.huge then return "" end
  return tonumber(("%.4g"):format(M.stored(value)))
end

return M
