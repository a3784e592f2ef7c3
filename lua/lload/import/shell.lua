--- Commands as a shell reads them: words with quotes and escapes; nothing is expanded or run.

local M = {}

local C_ESCAPES = {
  n = "\n", r = "\r", t = "\t", a = "\a", b = "\b", f = "\f", v = "\v", e = "\27", E = "\27",
}

local function utf8_char(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then
    return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64)
  end
  return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64,
    0x80 + code % 64)
end

-- Bash's $'…', as browsers copy commands: from behind the quote to behind its end.
local function ansi_quoted(text, at)
  local parts = {}
  while true do
    local stop = text:find("['\\]", at)
    if not stop then return nil end
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == "'" then return table.concat(parts), stop + 1 end
    local hex = text:match("^x(%x%x?)", stop + 1)
    local octal = text:match("^([0-7][0-7]?[0-7]?)", stop + 1)
    local unicode = text:match("^u(%x%x?%x?%x?)", stop + 1)
    if unicode then
      parts[#parts + 1], at = utf8_char(tonumber(unicode, 16)), stop + 2 + #unicode
    elseif hex then
      parts[#parts + 1], at = string.char(tonumber(hex, 16)), stop + 2 + #hex
    elseif octal then
      parts[#parts + 1], at = string.char(tonumber(octal, 8) % 256), stop + 1 + #octal
    else
      local c = text:sub(stop + 1, stop + 1)
      parts[#parts + 1], at = C_ESCAPES[c] or c, stop + 2
    end
  end
end

local function double_quoted(text, at)
  local parts = {}
  while true do
    local stop = text:find('["\\]', at)
    if not stop then return nil end
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local c = text:sub(stop + 1, stop + 1)
    -- A backslash stays before what it does not escape; a line that it ends goes on.
    parts[#parts + 1] = c == "\n" and "" or c:find '["\\$`]' and c or "\\" .. c
    at = stop + 2
  end
end

local function single_quoted(text, at)
  local stop = text:find("'", at, true)
  if not stop then return nil end
  return text:sub(at, stop - 1), stop + 1
end

local QUOTES = { { "^%$'", ansi_quoted }, { "^'", single_quoted }, { '^%$?"', double_quoted } }

local function line_of(text, at) return 1 + select(2, text:sub(1, at - 1):gsub("\n", "")) end

-- What is quoted at this place: the text and where it ends; nil if nothing is, false if there is
-- no end.
local function quoted_at(text, at)
  for _, quote in ipairs(QUOTES) do
    local _, last = text:find(quote[1], at)
    if last then
      local inner, after = quote[2](text, last + 1)
      if not inner then return false end
      return inner, after
    end
  end
  return nil
end

-- One word, from its first character.
local function read_word(text, at)
  local parts, begin = {}, at
  while at <= #text do
    local inner, after = quoted_at(text, at)
    if inner == false then
      return nil, ("line %d: a quote has no end"):format(line_of(text, begin))
    elseif inner then
      parts[#parts + 1], at = inner, after
    elseif text:find("^\\\r?\n", at) then
      at = text:find("\n", at, true) + 1
    elseif text:find("^\\.", at) then
      parts[#parts + 1], at = text:sub(at + 1, at + 1), at + 2
    elseif text:find("^[%s;&|]", at) then
      break
    else
      local stop = text:find("[%s;&|'\"\\$]", at + 1) or #text + 1
      parts[#parts + 1], at = text:sub(at, stop - 1), stop
    end
  end
  return table.concat(parts), at
end

--- Splits a text into commands and these into words. Commands end at line ends, `;`, `&` and `|`.
---@param text string
---@return { line: integer, [integer]: string }[]|nil commands
---@return string|nil message with its line
function M.commands(text)
  local commands, command, at = {}, nil, 1
  while at <= #text do
    local gap = select(2, text:find("^[ \t\r]+", at)) or select(2, text:find("^\\\r?\n", at))
    if gap then
      at = gap + 1
    elseif text:find("^[\n;&|]", at) then
      command, at = nil, at + 1
    elseif text:find("^#", at) then
      at = text:find("\n", at, true) or #text + 1
    else
      local word, after = read_word(text, at)
      if not word then return nil, after end
      if not command then
        command = { line = line_of(text, at) }
        commands[#commands + 1] = command
      end
      command[#command + 1], at = word, after
    end
  end
  return commands
end

return M
