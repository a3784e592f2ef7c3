--- The common snippets of Postman's test scripts as checks and extractors; every other statement is
--- listed.

local M = {}

-- Statements: what stands between `;`, braces and line ends, outside of texts and comments.
local function statements(source)
  local list, parts, at = {}, {}, 1
  local function finish()
    local statement = table.concat(parts):gsub("^%s+", ""):gsub("%s+$", "")
    if statement ~= "" then list[#list + 1] = statement end
    parts = {}
  end
  while at <= #source do
    local stop = source:find("[;{}\n\"'`/]", at)
    if not stop then break end
    parts[#parts + 1] = source:sub(at, stop - 1)
    local c = source:sub(stop, stop)
    if c == '"' or c == "'" or c == "`" then
      local close = stop + 1
      while close <= #source and source:sub(close, close) ~= c do
        close = close + (source:sub(close, close) == "\\" and 2 or 1)
      end
      parts[#parts + 1] = source:sub(stop, close)
      at = close + 1
    elseif source:find("^//", stop) then
      at = source:find("\n", stop, true) or #source + 1
    elseif source:find("^/%*", stop) then
      at = (select(2, source:find("*/", stop, true)) or #source) + 1
    elseif c == "/" then
      parts[#parts + 1], at = c, stop + 1
    else
      finish()
      at = stop + 1
    end
  end
  parts[#parts + 1] = source:sub(at)
  finish()
  return list
end

-- A literal of JavaScript: a text without escapes, a number, true or false.
local function literal(text)
  local inner = text:match '^"([^"\\]*)"$' or text:match "^'([^'\\]*)'$"
  if inner then return inner end
  if text == "true" or text == "false" then return text == "true" end
  return tonumber(text)
end

-- `data.items[0].id` behind the name of a variable, as r:json's path.
local function json_path(rest)
  local path = rest:gsub("%[(%d+)%]", function(n) return ("[%d]"):format(tonumber(n) + 1) end)
    :gsub('%["([%w_-]+)"%]', ".%1"):gsub("%['([%w_-]+)'%]", ".%1"):gsub("^%.", "")
  return path:find "^[%w_%.%[%]-]+$" and path or nil
end

local STATUS_LIST = "oneOf%(%s*%[([%d%s,]+)%]%s*%)"

local function add_status(found, code)
  found.status = found.status or {}
  table.insert(found.status, tonumber(code))
end

local function add_check(found, check)
  check.name = found.test
  table.insert(found.list, check)
end

-- Patterns of statements, each with what it means; false from a function: not understood.
local STATEMENTS = {
  { "^pm%.response%.to%.have%.status%(%s*(%d%d%d)%s*%)", add_status },
  { "^pm%.expect%(%s*pm%.response%.code%s*%)%.to%.[%a.]-eq[ual]*%(%s*(%d%d%d)%s*%)", add_status },
  { "^tests%[.-%]%s*=%s*responseCode%.code%s*===?%s*(%d%d%d)$", add_status },
  { "^pm%.response%.to%.be%.ok$", function(found) add_status(found, 200) end },
  { "^pm%.response%.to%.be%.success$", function(found) found.class = "2xx" end },
  { "^pm%.expect%(%s*pm%.response%.code%s*%)%.to%.be%." .. STATUS_LIST, function(found, codes)
    for code in codes:gmatch "%d+" do add_status(found, code) end
  end },
  { "^pm%.expect%(%s*pm%.response%.responseTime%s*%)%.to%.be%.below%(%s*(%d+)%s*%)",
    function(found, ms) add_check(found, { kind = "duration", value = tonumber(ms) }) end },
  { "^pm%.expect%(%s*pm%.response%.text%(%)%s*%)%.to%.include%((.-)%)$", function(found, text)
    local value = literal(text)
    if type(value) ~= "string" then return false end
    add_check(found, { kind = "contains", value = value })
  end },
  { "^pm%.response%.to%.have%.header%(%s*(.-)%s*%)$", function(found, arguments)
    local name, value = arguments:match "^([^,]+),%s*(.+)$"
    local header = literal(name or arguments)
    if type(header) ~= "string" then return false end
    add_check(found, { kind = "header", path = header, value = value and literal(value) })
  end },
  { "^pm%.expect%(%s*([%a_$][%w_$]*)([%.%[].-)%s*%)%.to%.[%a.]-eq[ual]*%((.-)%)$",
    function(found, name, rest, wanted)
      local path, value = json_path(rest), literal(wanted)
      if not found.json_names[name] or not path or value == nil then return false end
      add_check(found, { kind = "json", path = path, value = value })
    end },
  { "^pm%.expect%(%s*([%a_$][%w_$]*)%s*%)%.to%.have%.property%((.-)%)$",
    function(found, name, property)
      local path = literal(property)
      if not found.json_names[name] or type(path) ~= "string" then return false end
      add_check(found, { kind = "json", path = path })
    end },
  { "^[%a%s]*%f[%w_$]([%a_$][%w_$]*)%s*=%s*pm%.response%.json%(%)$", function(found, name)
    found.json_names[name] = true
  end },
  { "^[%a%s]*%f[%w_$]([%a_$][%w_$]*)%s*=%s*JSON%.parse%(%s*responseBody%s*%)$",
    function(found, name) found.json_names[name] = true end },
}

local SETTERS = {
  "^pm%.environment%.set%((.+)%)$", "^pm%.collectionVariables%.set%((.+)%)$",
  "^pm%.globals%.set%((.+)%)$", "^pm%.variables%.set%((.+)%)$",
  "^postman%.setEnvironmentVariable%((.+)%)$", "^postman%.setGlobalVariable%((.+)%)$",
}

-- Where a value comes from: the JSON body, or a header.
local function source_of(found, value)
  local header = value:match "^pm%.response%.headers%.get%(%s*(.-)%s*%)$"
  if header and type(literal(header)) == "string" then
    return { from = "header", path = literal(header) }
  end
  local rest = value:match "^pm%.response%.json%(%)(.+)$"
  local name, behind = value:match "^([%a_$][%w_$]*)(.*)$"
  if not rest and name and found.json_names[name] then rest = behind end
  local path = rest and json_path(rest)
  return path and { from = "json", path = path } or nil
end

local function read_setter(found, statement)
  for _, pattern in ipairs(SETTERS) do
    local arguments = statement:match(pattern) or ""
    local name, value = arguments:match "^%s*([\"'][^\"']+[\"'])%s*,%s*(.-)%s*$"
    local source = name and source_of(found, value)
    if source then
      source.variable = name:sub(2, -2)
      table.insert(found.extract, source)
      return true
    end
  end
  return false
end

local read_statement

-- `pm.test("name", function ()`, or an arrow, with its one statement behind it or none.
local function read_test(found, statement)
  local name, body = statement:match "^pm%.test%(%s*[\"'](.-)[\"']%s*,%s*(.*)$"
  if not name then return false end
  found.test = name
  body = body:gsub("^async%s+", "")
  if body:find "^function%s*[%w_]*%s*%([%w_,%s]*%)%s*$" or body:find "=>%s*$" then return true end
  local inner = body:match "^%(?[%w_,%s]*%)?%s*=>%s*(.+)%)$"
  return inner ~= nil and read_statement(found, inner)
end

-- What only wraps: tests, what closes them, strictness, logs.
local function read_wrapping(found, statement)
  return read_test(found, statement) or statement:find "^[%)%],%s]*$" ~= nil
    or statement:find "^[\"']use strict[\"']$" ~= nil
    or statement:find "^console%.%a+%(" ~= nil
end

function read_statement(found, statement)
  for _, row in ipairs(STATEMENTS) do
    local captures = { statement:match(row[1]) }
    if captures[1] and row[2](found, unpack(captures)) ~= false then return true end
  end
  return read_setter(found, statement) or read_wrapping(found, statement)
end

--- Reads a test script.
---@param source string
---@return table found { status, class, list, extract, unknown }
function M.read(source)
  local found = { list = {}, extract = {}, unknown = {}, json_names = {} }
  for _, statement in ipairs(statements(source)) do
    if not read_statement(found, statement) then
      found.unknown[#found.unknown + 1] = statement:gsub("%s+", " ")
    end
  end
  return found
end

return M
