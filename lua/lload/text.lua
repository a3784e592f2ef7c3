--- Text that is safe and fits: valid UTF-8, no control characters, display width, padding.

local M = {}

local REPLACEMENT = "\239\191\189" -- U+FFFD

-- Length and code point of the UTF-8 sequence at `i`; nil when it is none (overlong, surrogate).
local function sequence(s, i)
  local a, b, c, d = s:byte(i, i + 3)
  if a < 0x80 then return 1, a end
  local function tail(x) return x and x >= 0x80 and x < 0xC0 end
  if a >= 0xC2 and a < 0xE0 and tail(b) then return 2, (a - 0xC0) * 64 + b - 0x80 end
  if a >= 0xE0 and a < 0xF0 and tail(b) and tail(c) then
    local code = (a - 0xE0) * 4096 + (b - 0x80) * 64 + c - 0x80
    if code >= 0x800 and (code < 0xD800 or code > 0xDFFF) then return 3, code end
  elseif a >= 0xF0 and a < 0xF5 and tail(b) and tail(c) and tail(d) then
    local code = (a - 0xF0) * 262144 + (b - 0x80) * 4096 + (c - 0x80) * 64 + d - 0x80
    if code >= 0x10000 and code <= 0x10FFFF then return 4, code end
  end
  return nil
end

local function is_control(code)
  return code < 0x20 or code == 0x7F or (code >= 0x80 and code < 0xA0)
end

local function is_noncharacter(code)
  return code == 0xFFFE or code == 0xFFFF
end

-- Calls keep(code) for every character; what it refuses, and what is no UTF-8, is replaced.
local function filter(s, keep)
  local out, i = {}, 1
  while i <= #s do
    local length, code = sequence(s, i)
    if not length then
      out[#out + 1], i = REPLACEMENT, i + 1
    else
      out[#out + 1] = keep(code) and s:sub(i, i + length - 1) or REPLACEMENT
      i = i + length
    end
  end
  return table.concat(out)
end

--- Valid UTF-8: every byte that is none becomes U+FFFD.
---@param s string
---@return string
function M.utf8(s)
  if not s:find("[\128-\255]") then return s end
  return filter(s, function() return true end)
end

--- Valid UTF-8 that XML 1.0 allows: line feeds and tabs stay, other control characters go.
---@param s string
---@return string
function M.xml_safe(s)
  if not s:find("[%z\1-\31\127-\255]") then return s end
  return filter(s, function(code)
    return code == 9 or code == 10 or code == 13
      or not (is_control(code) or is_noncharacter(code))
  end)
end

--- One line that cannot move the cursor: control characters become spaces or U+FFFD.
---@param s string
---@return string
function M.one_line(s)
  s = s:gsub("[\r\n\t]+", " ")
  return filter(s, function(code) return not is_control(code) end)
end

--- Several lines that cannot move the cursor.
---@param s string
---@return string
function M.lines(s)
  s = s:gsub("\r\n?", "\n"):gsub("\t", "  ")
  return filter(s, function(code) return code == 10 or not is_control(code) end)
end

--- Text without the passwords in its addresses: `http://user:***@host`.
---@param s string
---@return string
function M.without_passwords(s)
  return (s:gsub("(://[^/?#:%s]*):[^/?#%s]*@", "%1:***@"))
end

-- East Asian wide and emoji blocks; combining marks and joiners take no column.
local function columns_of(code)
  if (code >= 0x300 and code < 0x370) or (code >= 0x200B and code < 0x2010)
    or (code >= 0xFE00 and code < 0xFE10) then
    return 0
  end
  local wide = (code >= 0x1100 and code < 0x1160) or (code >= 0x2E80 and code < 0xA4D0)
    or (code >= 0xAC00 and code < 0xD7A4) or (code >= 0xF900 and code < 0xFB00)
    or (code >= 0xFE30 and code < 0xFE70) or (code >= 0xFF00 and code < 0xFF61)
    or (code >= 0x1F300 and code < 0x1FB00) or (code >= 0x20000 and code < 0x40000)
  return wide and 2 or 1
end

--- How many terminal columns a line takes.
---@param s string
---@return integer
function M.width(s)
  if not s:find("[\128-\255]") then return #s end
  local total, i = 0, 1
  while i <= #s do
    local length, code = sequence(s, i)
    total = total + (length and columns_of(code) or 1)
    i = i + (length or 1)
  end
  return total
end

--- Cuts a line to at most `columns`, the last of them an ellipsis when something was cut.
---@param s string
---@param columns integer
---@return string
function M.cut(s, columns)
  if M.width(s) <= columns then return s end
  if columns < 1 then return "" end
  local used, i = 0, 1
  while i <= #s do
    local length, code = sequence(s, i)
    local w = length and columns_of(code) or 1
    if used + w > columns - 1 then break end
    used, i = used + w, i + (length or 1)
  end
  return s:sub(1, i - 1) .. "…"
end

-- The characters of a line, each with what combines with it, and how many columns each takes.
local function characters(s)
  local list, i = {}, 1
  while i <= #s do
    local length, code = sequence(s, i)
    local w = length and columns_of(code) or 1
    local piece = s:sub(i, i + (length or 1) - 1)
    if w == 0 and #list > 0 then
      list[#list].text = list[#list].text .. piece
    else
      list[#list + 1] = { text = piece, width = w }
    end
    i = i + (length or 1)
  end
  return list
end

-- The characters from one end, as many as fit.
local function take(list, first, step, room)
  local taken, used, at = {}, 0, first
  while list[at] and used + list[at].width <= room do
    taken[#taken + 1], used, at = list[at].text, used + list[at].width, at + step
  end
  return taken, used
end

--- Shortens a name in its middle: both ends of a path or a key tell it from others.
---@param s string
---@param columns integer
---@return string
function M.shorten(s, columns)
  if M.width(s) <= columns then return s end
  if columns < 5 then return M.cut(s, columns) end
  local list = characters(s)
  local tail = take(list, #list, -1, math.floor((columns - 1) / 2))
  local reversed = {}
  for index = #tail, 1, -1 do reversed[#reversed + 1] = tail[index] end
  local ending = table.concat(reversed)
  local head = take(list, 1, 1, columns - 1 - M.width(ending))
  return table.concat(head) .. "…" .. ending
end

--- The beginning of a text of at most so many bytes, the last of them an ellipsis when something
--- was cut; no character is cut in two.
---@param s string
---@param bytes integer at least 3
---@return string
function M.prefix(s, bytes)
  if #s <= bytes then return s end
  local last = bytes - #"…"
  while last > 0 and s:byte(last + 1) >= 0x80 and s:byte(last + 1) < 0xC0 do last = last - 1 end
  return s:sub(1, last) .. "…"
end

--- Pads to `columns`: text on the left, spaces after it.
---@param s string
---@param columns integer
---@return string
function M.left(s, columns)
  return s .. (" "):rep(columns - M.width(s))
end

--- Pads to `columns`: text on the right, as numbers stand.
---@param s string
---@param columns integer
---@return string
function M.right(s, columns)
  return (" "):rep(columns - M.width(s)) .. s
end

return M
