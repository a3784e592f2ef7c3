--- The popular addresses of an endpoint as rows of a weighted CSV: the values of its path, and its
--- query. What looks like a secret is left out of queries.

local core = require "lload.core"
local secret = require "lload.import.secret"
local text = require "lload.text"

local M = {}

local MOST_ROWS = 1000
local LONGEST = 2000

local function segments_of(path)
  local list = {}
  for segment in path:gmatch "/([^/]*)" do list[#list + 1] = segment end
  return list
end

local function decoded(segment) return core.url_decode(segment, false) or segment end

-- A query without secrets, and the names of those.
local function clean_query(query, hidden)
  local kept = {}
  for pair in query:gmatch "[^&]+" do
    local name = pair:match "^[^=]*"
    if secret.is_in_query(decoded(name)) then
      hidden[decoded(name)] = true
    else
      kept[#kept + 1] = pair
    end
  end
  return table.concat(kept, "&")
end

local function row_of(endpoint, address, hidden)
  local path, query = address:match "^([^?]*)%??(.*)$"
  local segments, row = segments_of(path), {}
  for index, param in ipairs(endpoint.params) do
    row[index] = decoded(segments[param.index] or "")
  end
  row[#row + 1] = clean_query(query, hidden)
  for _, value in ipairs(row) do
    if text.one_line(value) ~= value or #value > LONGEST then return nil end
  end
  return row
end

-- Rows of one content are one row.
local function collect(endpoint, hidden)
  local rows, by_content = {}, {}
  for address, count in pairs(endpoint.state.addresses) do
    local row = row_of(endpoint, address, hidden)
    local content = row and table.concat(row, "\0")
    if content and by_content[content] then
      by_content[content].count = by_content[content].count + count
    elseif content then
      row.count, row.content = count, content
      rows[#rows + 1], by_content[content] = row, row
    end
  end
  table.sort(rows, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.content < b.content
  end)
  for index = #rows, MOST_ROWS + 1, -1 do rows[index] = nil end
  return rows
end

local function has_query(rows)
  for _, row in ipairs(rows) do
    if row[#row] ~= "" then return true end
  end
  return false
end

local function quoted(value)
  if not value:find '[",]' and not value:find "^%s" and not value:find "%s$" and value ~= "" then
    return value
  end
  return '"' .. value:gsub('"', '""') .. '"'
end

local function csv_of(columns, rows)
  local lines = { table.concat(columns, ",") }
  for _, row in ipairs(rows) do
    local cells = {}
    for index = 1, #columns - 1 do cells[index] = quoted(row[index]) end
    cells[#columns] = tostring(row.count)
    lines[#lines + 1] = table.concat(cells, ",")
  end
  return table.concat(lines, "\n") .. "\n"
end

--- The addresses of an endpoint.
---@param endpoint table
---@return { columns: string[], content: string, has_query: boolean, rows: string[][] }|nil nil if
--- there is nothing but the path
---@return table<string, boolean> hidden names of what was left out of queries
function M.of(endpoint)
  local hidden = {}
  local rows = collect(endpoint, hidden)
  local with_query = has_query(rows)
  if #rows == 0 or #endpoint.params == 0 and not with_query then return nil, hidden end
  local columns = {}
  for _, param in ipairs(endpoint.params) do columns[#columns + 1] = param.name end
  if with_query then columns[#columns + 1] = "query" end
  columns[#columns + 1] = "weight"
  return {
    columns = columns, content = csv_of(columns, rows), has_query = with_query, rows = rows,
  }, hidden
end

return M
