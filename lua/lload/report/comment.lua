--- A Markdown text for a comment: foreign text that does nothing, tables, and a length that holds.
--
-- Text of scripts and servers stands in code spans. There neither GitHub nor GitLab looks for
-- links, mentions, references or HTML.

local text = require "lload.text"

local M = {}

local LONGEST_NAME = 300 -- bytes
local NOTHING = "(empty)"

-- Marks that turn the direction of writing can show a name as another.
local DIRECTIONS = { "\226\128[\142\143\170-\174]", "\226\129[\166-\169]" }

local function clean(s)
  s = text.prefix(text.one_line(s), LONGEST_NAME)
  for _, pattern in ipairs(DIRECTIONS) do s = s:gsub(pattern, "\239\191\189") end
  return s:match("^%s*(.-)%s*$")
end

-- A code span cannot hold a backtick of its own length, nor a table's cell a pipe. As entities,
-- such characters mean nothing but themselves; the comment keeps an address from being linked.
local function entities(s)
  return (s:gsub("[&<>\"'`*_%[%]|~!@#:.\\$]", function(c)
    return ("&#%d;"):format(c:byte()) .. (c == "@" and "<!-- -->" or "")
  end))
end

--- Foreign text as a code span that is safe anywhere, also in a table.
---@param s string
---@return string
function M.code(s)
  s = clean(s)
  if s == "" then return NOTHING end
  if not s:find "[`|]" then return "`" .. s .. "`" end
  return "<code>" .. entities(s) .. "</code>"
end

-- What makes plain words mean more to Markdown: other characters, links, emphasis, emoji, lists.
local MEANINGFUL = {
  "[^%w %%.,:;()+=/'_<>-]", "<[^%d]", "<$", "://", "www%.", "%f[%w_]_", "_%f[^%w_]",
  ":[%a+-][%w_+-]*:", "^%d+[.)]%s", "^%s*[+=>-]",
}

local function is_harmless(s)
  for _, pattern in ipairs(MEANINGFUL) do
    if s:find(pattern) then return false end
  end
  return #s <= LONGEST_NAME
end

--- A sentence: as it is when it cannot mean anything else, else as code.
---@param s string
---@return string
function M.prose(s)
  return is_harmless(s) and s or M.code(s)
end

---@class lload.Comment
---@field parts string[]
---@field room integer bytes that are left
---@field left_out table<string, integer> what there was no room for
local Comment = {}
Comment.__index = Comment

--- An empty comment.
---@param room integer bytes
---@return lload.Comment
function M.new(room)
  return setmetatable({ parts = {}, room = room, left_out = {} }, Comment)
end

--- Adds a text when there is room for it.
---@param s string
---@return boolean added
function Comment:add(s)
  if #s > self.room then return false end
  self.parts[#self.parts + 1] = s
  self.room = self.room - #s
  return true
end

--- Adds a paragraph.
---@param s string
---@param what? string what is left out when there is no room; nil is not worth a word
function Comment:paragraph(s, what)
  if not self:add(s .. "\n\n") and what then self:leave_out(what, 1) end
end

--- Notes that something is not shown.
---@param what string a plural: "endpoints"
---@param count integer
function Comment:leave_out(what, count)
  if count > 0 then self.left_out[what] = (self.left_out[what] or 0) + count end
end

local DIVIDER = { left = ":---", right = "---:" }

local function row_of(cells)
  return "| " .. table.concat(cells, " | ") .. " |\n"
end

local function head_of(columns)
  local titles, dividers = {}, {}
  for index, column in ipairs(columns) do
    titles[index], dividers[index] = column.title, DIVIDER[column.align]
  end
  return row_of(titles) .. row_of(dividers)
end

-- Rows `from` to `to` between two texts, as many of them as there is room for.
local function add_rows(comment, t, from, to, open, close)
  local opening = open .. head_of(t.columns)
  if #opening + #row_of(t.rows[from]) + #close > comment.room then return 0 end
  comment:add(opening)
  comment.room = comment.room - #close
  local added = 0
  for index = from, to do
    if not comment:add(row_of(t.rows[index])) then break end
    added = added + 1
  end
  comment.room = comment.room + #close
  comment:add(close)
  return added
end

---@class lload.CommentTable
---@field heading string
---@field columns lload.Column[]
---@field rows string[][] safe already
---@field what string what the rows are, in the plural
---@field shown integer how many rows are seen at once; the rest is folded

-- Adds a table, and what there is no room for is left out.
local function add_table(comment, t)
  local count, shown = #t.rows, math.min(t.shown, #t.rows)
  local added = add_rows(comment, t, 1, shown, t.heading .. "\n\n", "\n")
  if added == shown and shown < count then
    local open = ("<details><summary>%d more %s</summary>\n\n"):format(count - shown, t.what)
    added = added + add_rows(comment, t, shown + 1, count, open, "\n</details>\n\n")
  end
  comment:leave_out(t.what, count - added)
end

local FRAME = 200 -- bytes around the rows of a table, its fold included

local function size_of(t)
  local size = FRAME + #t.heading + 2 * #head_of(t.columns)
  for _, row in ipairs(t.rows) do size = size + #row_of(row) end
  return size
end

-- What each table may take: one that needs less than an equal share leaves the rest to the others.
local function grants_of(tables, room)
  local by_size, sizes, grants = {}, {}, {}
  for index, t in ipairs(tables) do
    by_size[index], sizes[t] = t, size_of(t)
  end
  table.sort(by_size, function(a, b) return sizes[a] < sizes[b] end)
  for index, t in ipairs(by_size) do
    grants[t] = math.min(sizes[t], math.floor(room / (#by_size - index + 1)))
    room = room - grants[t]
  end
  return grants
end

--- Adds the tables that have rows; when there is no room for all, each has a fair part of it.
---@param tables lload.CommentTable[]
function Comment:tables(tables)
  local filled = {}
  for _, t in ipairs(tables) do
    if #t.rows > 0 then filled[#filled + 1] = t end
  end
  local grants = grants_of(filled, self.room)
  for _, t in ipairs(filled) do
    self:within(grants[t], function() add_table(self, t) end)
  end
end

--- Does something that takes at most so much of the room.
---@param room integer bytes
---@param add fun()
function Comment:within(room, add)
  local kept = math.max(0, self.room - room)
  self.room = self.room - kept
  add()
  self.room = self.room + kept
end

--- The comment as text.
---@return string
function Comment:text()
  return table.concat(self.parts)
end

return M
