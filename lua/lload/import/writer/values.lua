--- Values and expressions of the model as nodes of the layout.

local layout = require "lload.import.layout"
local model = require "lload.import.model"
local quote = require "lload.import.quote"

local M = {}

local PIECE = 72 -- a text longer than this can be broken
local JOINED = 60 -- pieces that `..` joins; more become a table.concat
local DEEPEST = 100 -- levels of tables, which Lua's own parser bounds as well

-- Pieces of a text, none of which ends within a character.
local function pieces_of(s)
  local pieces, at = {}, 1
  while at <= #s do
    local last = math.min(at + PIECE - 1, #s)
    while last < #s and last > at and s:byte(last + 1) >= 0x80 and s:byte(last + 1) < 0xC0 do
      last = last - 1
    end
    pieces[#pieces + 1] = quote.string(s:sub(at, last))
    at = last + 1
  end
  return pieces
end

--- A text, broken where it is long.
---@param s string
---@return string|table node
function M.text(s)
  if #s <= PIECE then return quote.string(s) end
  local pieces = pieces_of(s)
  if #pieces <= JOINED then return { parts = pieces } end
  local items = {}
  for index, piece in ipairs(pieces) do items[index] = { "", piece } end
  return layout.group("table.concat {", items, "}")
end

local function call(name, arguments)
  local items = {}
  for index, node in ipairs(arguments) do items[index] = { "", node } end
  return layout.group(name .. "(", items, ")")
end

local function lengths(e)
  if e.min == e.max then return quote.number(e.min) end
  return ("random.int(%s, %s)"):format(quote.number(e.min), quote.number(e.max))
end

local function helper(name, ...)
  local fields = { ... }
  return function(e, scope)
    scope:need_helper(name)
    local arguments = {}
    for index, field in ipairs(fields) do arguments[index] = quote.number(e[field]) end
    return call(name, arguments)
  end
end

-- Kinds that are text: `..` takes them as they are.
local TEXTUAL = {
  string = true, uuid = true, first_name = true, last_name = true, name = true, email = true,
  phone = true, city = true, street = true, words = true, text = true, date = true,
  date_time = true,
}

-- Each kind of random value, by what it takes.
local RANDOM = {
  int = function(e, scope) -- low, high, perhaps step
    scope:need "random"
    local drawn = ("random.int(%s, %s)"):format(quote.number(e.low), quote.number(e.high))
    return e.step and drawn .. " * " .. quote.number(e.step) or drawn
  end,
  decimal = helper("decimal", "low", "high", "digits"),
  bool = function(_, scope)
    scope:need "random"
    return "random.pick { true, false }"
  end,
  pick = function(e, scope) -- list
    scope:need "random"
    return layout.group("random.pick {", M.items(e.list, scope), "}")
  end,
  string = function(e, scope) -- min, max, alphabet
    scope:need "random"
    local arguments = { lengths(e) }
    if e.alphabet then arguments[2] = M.text(e.alphabet) end
    return call("random.string", arguments)
  end,
  timestamp = function(_, scope)
    scope:need "lload"
    return "math.floor(lload.time.now())"
  end,
  uuid = function(_, scope)
    scope:need "lload"
    return "lload.uuid()"
  end,
  first_name = helper "first_name", last_name = helper "last_name", name = helper "full_name",
  email = helper "email", phone = helper "phone", city = helper "city", street = helper "street",
  words = helper("words", "count"),
  text = helper("text", "min", "max"),
  date = helper("date", "from_days", "to_days"),
  date_time = helper("date_time", "from_days", "to_days"),
}

local function typed(e, name) return e.as == "number" and "tonumber(" .. name .. ")" or name end

local EXPRESSION = {
  variable = function(e, scope) return typed(e, scope:variable(e.name)) end,
  env = function(e, scope) return typed(e, scope:setting(e.name)) end,
  row = function(e, scope)
    local row = scope:row(e.data)
    local column = quote.is_identifier(e.column) and "." .. e.column
      or "[" .. quote.string(e.column) .. "]"
    return typed(e, row .. column)
  end,
  random = function(e, scope)
    return (RANDOM[e.of] or error("no such random value: " .. tostring(e.of)))(e, scope)
  end,
  template = function(e, scope) return M.template(e.parts, scope) end,
  file = function(e, scope) return scope:file(e.name) end,
}

--- Texts and expressions joined. `encode` percent-encodes what is no text, for a path.
---@param parts any[]
---@param scope table
---@param encode? boolean
---@return string|table node
function M.template(parts, scope, encode)
  local nodes = {}
  for _, part in ipairs(parts) do
    if model.is_expression(part) then
      local value = layout.flat(M.expression(part, scope))
      if not (part.kind == "env" or TEXTUAL[part.of]) then value = "tostring(" .. value .. ")" end
      if encode then
        scope:need "lload"
        value = "lload.url.encode(" .. value .. ")"
      end
      nodes[#nodes + 1] = value
    elseif part ~= "" then
      for _, piece in ipairs(pieces_of(tostring(part))) do nodes[#nodes + 1] = piece end
    end
  end
  if #nodes == 0 then return '""' end
  return #nodes == 1 and nodes[1] or { parts = nodes }
end

--- An expression of the model as a node.
---@param e table
---@param scope table what it may refer to: see writer/scope.lua
---@return string|table node
function M.expression(e, scope) return EXPRESSION[e.kind](e, scope) end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- The fields of a table, in the order of their names.
---@param t table
---@param scope table
---@param depth? integer
---@return table[] items
function M.fields(t, scope, depth)
  local items = {}
  for _, key in ipairs(sorted_keys(t)) do
    items[#items + 1] = { quote.field(tostring(key)), M.value(t[key], scope, (depth or 0) + 1) }
  end
  return items
end

--- The elements of a list.
function M.items(list, scope, depth)
  local items = {}
  for index = 1, #list do
    items[index] = { "", M.value(list[index], scope, (depth or 0) + 1) }
  end
  return items
end

local function table_node(t, scope, depth)
  if depth > DEEPEST then error("a value is nested too deeply to be written", 0) end
  if model.is_array(t) then
    if #t > 0 then return layout.group("{", M.items(t, scope, depth), "}") end
    scope:need "lload"
    return "lload.array {}"
  end
  return layout.group("{", M.fields(t, scope, depth), "}")
end

--- Any value of the model as a node.
---@param value any
---@param scope table
---@param depth? integer
---@return string|table node
function M.value(value, scope, depth)
  local kind = type(value)
  if model.is_expression(value) then return M.expression(value, scope) end
  if kind == "string" then return M.text(value) end
  if kind == "number" then return quote.number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "table" then return table_node(value, scope, depth or 0) end
  scope:need "lload"
  return "lload.null"
end

return M
