--- Values as Lua writes them. Every text of an input goes through here: what comes out is one
--- literal, whatever it holds.

local text = require "lload.text"

local M = {}

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do KEYWORDS[word] = true end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function byte_escape(c) return ESCAPES[c] or ("\\%03d"):format(c:byte()) end

local function escape_all(s) return (s:gsub(".", byte_escape)) end

-- Characters that a reader would not see, or that turn the reading direction round: the line and
-- paragraph separators, zero widths, bidirectional controls, the byte order mark.
local HIDDEN = {
  "\226\128[\139-\143\168-\174]", "\226\129[\160-\175]", "\239\187\191", "\194[\128-\159]",
}

local function escape_hidden(s)
  for _, pattern in ipairs(HIDDEN) do s = s:gsub(pattern, escape_all) end
  return s
end

--- A text between double quotes: control characters, what is no UTF-8 and what cannot be seen as
--- escapes.
---@param s string
---@return string
function M.string(s)
  local escaped = s:gsub('[%c"\\]', byte_escape)
  if escaped:find "[\128-\255]" then
    if text.utf8(escaped) ~= escaped then
      escaped = escaped:gsub("[\128-\255]", byte_escape)
    else
      escaped = escape_hidden(escaped)
    end
  end
  return '"' .. escaped .. '"'
end

--- A number that reads back as the same one.
---@param n number
---@return string
function M.number(n)
  if n ~= n or n == math.huge or n == -math.huge then return "0" end
  if n % 1 == 0 and math.abs(n) <= 2 ^ 53 then return ("%.0f"):format(n) end
  local short = ("%.14g"):format(n)
  return tonumber(short) == n and short or ("%.17g"):format(n)
end

---@param s any
---@return boolean
function M.is_identifier(s)
  return type(s) == "string" and s:find "^[%a_][%w_]*$" ~= nil and not KEYWORDS[s]
end

--- The beginning of a field in a table, as `name = ` or `["X-Name"] = `.
---@param name string
---@return string
function M.field(name)
  return M.is_identifier(name) and name .. " = " or "[" .. M.string(name) .. "] = "
end

--- A name made of any text: words in lower case with underscores; `fallback` if nothing is left.
---@param s string
---@param fallback string
---@return string
function M.name(s, fallback)
  local words = s:gsub("(%l)(%u)", "%1_%2"):gsub("[^%w]+", "_"):gsub("^_+", ""):gsub("_+$", "")
  words = words:lower():sub(1, 40):gsub("_+$", "")
  if words == "" then words = fallback end
  if words:find "^%d" then words = fallback .. "_" .. words end
  return KEYWORDS[words] and words .. "_" or words
end

--- A text for a comment: one line, nothing hidden.
---@param s string
---@return string
function M.comment(s)
  local line = text.one_line(s)
  for _, pattern in ipairs(HIDDEN) do line = line:gsub(pattern, "\239\191\189") end
  return line
end

return M
