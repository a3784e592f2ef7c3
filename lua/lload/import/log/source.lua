--- The lines of a log as fields, whatever their form: told by --format, or by the first lines.

local format = require "lload.import.log.format"
local json_lines = require "lload.import.log.json_lines"
local text = require "lload.text"

local M = {}

local FIRST_LINES = 50
local LONGEST_EXAMPLE = 200

---@class lload.import.log.Source
---@field name string of the form of its lines
local Source = {}
Source.__index = Source

local function read_some(lines)
  local some = {}
  while #some < FIRST_LINES do
    local line, message = lines:next()
    if not line then return some, message end
    some[#some + 1] = line
  end
  return some
end

local function example(line) return text.prefix(text.one_line(line), LONGEST_EXAMPLE) end

local function is_json(given) return given == "json" or given:find "^%s*{" ~= nil end

-- What --format asks for, or what the first lines are.
local function form_of(engine, given, session, some)
  if given and is_json(given) then return "json" end
  if given then return format.compile(given, session) end
  local found, message = format.detect(engine, some, session)
  if found or message then return found, message end
  return nil, ("neither combined, common nor JSON lines; say what it is with --format "
    .. "'LOG_FORMAT'. Line 1 is: %s"):format(example(some[1]))
end

--- Opens a log.
---@param engine table lload.engine
---@param path string
---@param given? string what --format says
---@param session? string what --session says
---@return lload.import.log.Source|nil
---@return string|nil message
function M.open(engine, path, given, session)
  local lines, message = engine.open_lines(path)
  if not lines then return nil, "cannot read: " .. message end
  local some
  some, message = read_some(lines)
  if message then return nil, "cannot read: " .. message end
  if #some == 0 then return nil, "is empty" end
  local form
  form, message = form_of(engine, given, session, some)
  if not form then return nil, message end
  local self = setmetatable({ lines = lines, some = some, at = 0 }, Source)
  if form == "json" then
    self.name = "lines of JSON"
    self.read = json_lines.reader(given ~= "json" and given or nil, session)
  else
    self.name = form.name
    self.strict, self.lenient = engine.line_pattern(form.strict), engine.line_pattern(form.lenient)
  end
  return self
end

local function or_lenient(self, line, is_read, ...)
  if is_read then return true, ... end
  -- Where clients sent no request, there are the other fields still.
  if self.lenient and self.lenient:match(line) then return true end
  return false, line
end

local function or_other(self, is_read, ...)
  if is_read == false then return or_lenient(self, ..., false) end
  return is_read, ...
end

--- The next line: true and its fields in the order of format.SLOTS, none of them where the client
--- sent no request; false and the line, if it has another form; nil at the end, with a message if
--- reading failed.
function Source:next()
  if self.at < #self.some then
    self.at = self.at + 1
    local line = self.some[self.at]
    if self.read then return or_lenient(self, line, self.read(line)) end
    return or_lenient(self, line, self.strict:match(line))
  end
  if self.strict then return or_other(self, self.lines:next(self.strict)) end
  local line, message = self.lines:next()
  if not line then return nil, message end
  return or_lenient(self, line, self.read(line))
end

function Source:sha256() return self.lines:sha256() end

---@return integer lines
---@return integer bytes
---@return integer too_long
function Source:counts() return self.lines:counts() end

function Source:close() self.lines:close() end

M.example = example

return M
