-- Writes docs/scenario-api.md from the annotations in lua/lload/types/, the one source of both:
--   luajit scripts/api-reference.lua
-- It understands what those files use: @class @field @alias @param @return @generic @type, and
-- comment blocks that belong to nothing, which are prose. The specs load this file for its parser.

local M = { types = "lua/lload/types", page = "docs/scenario-api.md" }

--- The files of `types`, in the order in which the page has them.
M.FILES = {
  "lload", "scenario", "client", "stages", "thresholds", "vu", "http", "request", "response",
  "stream", "websocket", "checks", "waiting", "metrics", "data", "shared", "random", "crypto",
  "html", "regex", "url", "time", "control",
}

-- Where a type that starts at `from` ends. A space ends it, except inside brackets, and around what
-- goes on: after , : | and before |.
local function type_end(text, from)
  local depth, at = 0, from
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%(<{%[]" then
      depth = depth + 1
    elseif c:find "[%)>}%]]" then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(from, at - 1):find "[,:|]$" then
      return at - 1
    end
    at = at + 1
  end
  return #text
end

local function split_type(text)
  local stop = type_end(text, 1)
  return text:sub(1, stop), (text:sub(stop + 1):match "^%s*(.-)%s*$")
end

-- "a|b<c|d>|e" → { "a", "b<c|d>", "e" }
local function split_union(text)
  local parts, depth, from = {}, 0, 1
  for at = 1, #text do
    local c = text:sub(at, at)
    depth = depth + (c:find "[%(<{%[]" and 1 or c:find "[%)>}%]]" and -1 or 0)
    local is_function = text:sub(from, at):find "^fun%("
    if c == "|" and depth == 0 and not is_function then
      parts[#parts + 1] = text:sub(from, at - 1)
      from = at + 1
    end
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

-- The text of an item or a field without its example, and the example.
local function split_example(text)
  local before, example, after = text:match "^(.-)\n*(```lua.-\n```)(.*)$"
  if not before then return text, nil end
  assert(after:match "^%s*$", "an example comes last in a comment block:\n" .. text)
  return before, example
end

-- The lines of a comment block become an item: kind, text, name, fields, params, returns, type.
local tags = {}

function tags.class(item, rest)
  item.kind = "class"
  item.name, item.parent = rest:match "^([%w_.]+):?%s*([%w_.]*)$"
  item.fields = {}
end

function tags.alias(item, rest)
  item.kind = "alias"
  local name, declared = rest:match "^(%S+)%s*(.*)$"
  item.name, item.type = name, declared
end

function tags.field(item, rest, text)
  local name, after = rest:match "^(%b[])%s+(.*)$"
  if not name then
    name, after = rest:match "^(%S+)%s+(.*)$"
  end
  local field = { name = name:gsub("%?$", ""), optional = name:find "%?$" ~= nil }
  field.type, field.text = split_type(after)
  local before, example = split_example(table.concat(text, "\n"))
  field.example = example
  if field.text == "" then field.text = before:gsub("\n", " ") end
  item.fields[#item.fields + 1] = field
end

function tags.param(item, rest)
  local name, after = rest:match "^(%S+)%s+(.*)$"
  local param = { name = name:gsub("%?$", ""), optional = name:find "%?$" ~= nil }
  param.type, param.text = split_type(after)
  item.params[#item.params + 1] = param
end

tags["return"] = function(item, rest)
  local result = {}
  local after
  result.type, after = split_type(rest)
  result.name, result.text = after:match "^(%S*)%s*(.*)$"
  item.returns[#item.returns + 1] = result
end

function tags.type(item, rest) item.type = rest end

function tags.generic() end

function tags.meta() end

local function read_tag(item, name, rest, text)
  local read = tags[name] or error(("unknown annotation @%s"):format(name), 0)
  read(item, rest, text)
end

-- Text before a @field belongs to the field, all other text to the item.
local function read_block(lines)
  local item = { kind = "prose", params = {}, returns = {}, text = "" }
  local text = {}
  for _, line in ipairs(lines) do
    local name, rest = line:match "^@(%a+)%s*(.*)$"
    if line:find "^|" and item.kind == "alias" and not line:find "^|.*|$" then
      local member = line:match "^|%s*(.*)$"
      item.type = item.type == "" and member or item.type .. "|" .. member
    elseif not name then
      text[#text + 1] = line
    else
      read_tag(item, name, rest, text)
      if name == "field" then
        text = {}
      elseif item.text == "" then
        item.text, text = table.concat(text, "\n"), {}
      end
    end
  end
  if item.text == "" then item.text = table.concat(text, "\n") end
  return item
end

-- What the line of code below a block says about it. `classes` knows the class of a local.
local function read_code(item, code, classes)
  local variable = code:match "^local ([%w_]+) = {}$"
  if variable and item.kind == "class" then
    classes[variable] = item.name
    item.variable = variable
    return
  end
  local name, separator = code:match "^function ([%w_.]+)(:?)"
  if name then
    local object, method = name, code:match ":([%w_]+)%("
    item.kind = "function"
    item.name = separator == ":" and object .. ":" .. method or name
    item.owner = separator == ":" and classes[object] or nil
    return
  end
  name = code:match "^([%w_.]+) = "
  if name and item.kind ~= "class" then
    item.kind, item.name = "value", name
  end
end

--- Reads the annotations in the text of a file.
--- An item is { kind = "prose"|"class"|"alias"|"function"|"value", name, text, … }.
function M.parse(text)
  local items, block, classes = {}, {}, {}
  local function close(code)
    if #block > 0 then
      local item = read_block(block)
      read_code(item, code, classes)
      if item.text ~= "" or item.kind ~= "prose" then items[#items + 1] = item end
    end
    block = {}
  end
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local comment = line:match "^%-%-%- ?(.*)$"
    if comment then
      block[#block + 1] = comment
    else
      close(line)
    end
  end
  close ""
  return items
end

local function anchor(name) return name:lower():gsub("[^%w_-]", "") end

-- A type as Markdown: names that the page explains are links.
local function show_type(declared, known)
  local parts = split_union(declared)
  for i, part in ipairs(parts) do
    local name, list = part:match "^(lload%.[%w_]+)(%[?%]?)$"
    local shown = ("`%s`"):format(part)
    if name and known[name] then shown = ("[`%s`](#%s)"):format(part, anchor(name)) end
    parts[i] = list == "[]" and "list of " .. shown:gsub("%[%]`", "`") or shown
  end
  return table.concat(parts, " or ")
end

local function class_table(item, known)
  local lines = { "| field | type | |", "|---|---|---|" }
  for _, field in ipairs(item.fields) do
    local name = field.name:find "^%[" and ("`%s`"):format(field.name)
      or ("`%s%s`"):format(field.name, field.optional and "?" or "")
    local cells = { name, show_type(field.type, known), field.text }
    for i, cell in ipairs(cells) do cells[i] = cell:gsub("|", "\\|") end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  return #item.fields > 0 and table.concat(lines, "\n") or nil
end

-- Examples do not fit into a table.
local function field_examples(item)
  local parts = {}
  for _, field in ipairs(item.fields or {}) do
    if field.example then
      parts[#parts + 1] = ("An example of `%s`:"):format(field.name)
      parts[#parts + 1] = field.example
    end
  end
  return parts
end

local function heading(item)
  if item.kind ~= "function" then return "### " .. item.name end
  local names = {}
  for i, param in ipairs(item.params) do
    names[i] = param.name .. (param.optional and "?" or "")
  end
  return ("### %s(%s)"):format(item.name, table.concat(names, ", "))
end

local function remark(text) return text ~= "" and ": " .. text or "" end

local function signature_list(item, known)
  local lines = {}
  for _, param in ipairs(item.params) do
    lines[#lines + 1] = ("- `%s` (%s%s)%s"):format(
      param.name, param.optional and "optional " or "", show_type(param.type, known),
      remark(param.text))
  end
  for i, result in ipairs(item.returns) do
    local declared = result.type:gsub("%?$", "|nil")
    lines[#lines + 1] = ("- %s `%s` (%s)%s"):format(
      i == 1 and "returns" or "and", result.name, show_type(declared, known), remark(result.text))
  end
  return #lines > 0 and table.concat(lines, "\n") or nil
end

local function write_item(item, known)
  if item.kind == "prose" then return { item.text } end
  local text, example = split_example(item.text)
  local parts = { heading(item), text }
  if item.kind == "class" then
    parts[#parts + 1] = class_table(item, known)
    if item.parent ~= "" then
      parts[#parts + 1] = "Also the fields of " .. show_type(item.parent, known) .. "."
    end
  elseif item.kind == "function" then
    parts[#parts + 1] = signature_list(item, known)
  elseif item.type then
    parts[#parts + 1] = "Type: " .. show_type(item.type, known) .. "."
  end
  parts[#parts + 1] = example
  for _, part in ipairs(field_examples(item)) do parts[#parts + 1] = part end
  return parts
end

-- Tables of functions (lload, lload.http) have neither fields nor methods; their functions have
-- headings of their own.
local function is_namespace(item, owners)
  return item.kind == "class" and #item.fields == 0 and not owners[item.name]
end

-- GitHub's anchor of a heading.
local function heading_anchor(title)
  return (title:lower():gsub("[^%w_ -]", ""):gsub(" ", "-"))
end

-- A line a chapter, with links to what is in it.
local function contents(items, is_shown)
  local lines = {}
  for _, item in ipairs(items) do
    local title = item.kind == "prose" and item.text:match "^## ([^\n]+)"
    if title then
      lines[#lines + 1] = ("- [%s](#%s):"):format(title, heading_anchor(title))
    elseif #lines > 0 and item.name and is_shown(item) then
      lines[#lines] = lines[#lines] .. (" [`%s`](#%s)"):format(item.name:gsub("^lload%.", "", 1),
        heading_anchor(heading(item):sub(5)))
    end
  end
  return table.concat(lines, "\n")
end

--- The page for what `parse` returned.
function M.render(items)
  local known, owners = {}, {}
  for _, item in ipairs(items) do
    if item.owner then owners[item.owner] = true end
    if item.kind == "class" or item.kind == "alias" then known[item.name] = true end
  end
  local parts = {
    "# Scenario API",
    ("<!-- Written by scripts/api-reference.lua from %s. Edit the files there. -->"):format(
      M.types),
  }
  local function is_shown(item) return not is_namespace(item, owners) end
  local contents_at = 0
  for i, item in ipairs(items) do
    if contents_at == 0 and item.text:find "^## " then contents_at = i end
  end
  for i, item in ipairs(items) do
    if i == contents_at then parts[#parts + 1] = contents(items, is_shown) end
    if is_shown(item) then
      for _, part in ipairs(write_item(item, known)) do parts[#parts + 1] = part end
    end
  end
  return table.concat(parts, "\n\n") .. "\n"
end

--- The whole text of a file.
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- The annotations of all files, in their order.
function M.items()
  local all = {}
  for _, name in ipairs(M.FILES) do
    for _, item in ipairs(M.parse(M.read(("%s/%s.lua"):format(M.types, name)))) do
      all[#all + 1] = item
    end
  end
  return all
end

-- Run as a program, not loaded by a spec.
if arg and arg[0] and arg[0]:find "api%-reference%.lua$" then
  local page = M.render(M.items())
  local file = assert(io.open(M.page, "wb"))
  file:write(page)
  file:close()
end

return M
