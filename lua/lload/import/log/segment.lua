--- What a segment of a path is: a word that names something of the interface, a value by its type,
--- or something between, which only its number of siblings tells.

local M = {}

local TYPES = {
  { "number", "^%-?%d+$" },
  { "uuid", "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$" },
  { "date", "^%d%d%d%d%-%d%d%-%d%d$" },
  { "decimal", "^%-?%d+%.%d+$" },
}

local LONG_TOKEN = 16
local LONG_PART = 8
local SHORT_HEX = 7

local function is_hex(s)
  return #s >= SHORT_HEX and s:find "^%x+$" and s:find "%d" and s:find "%a"
end

-- Letters and digits in turn, as keys, tokens and ULIDs have them; titles have them apart.
local function is_token(s)
  if #s < LONG_TOKEN or not s:find "^[%w_=-]+$" then return false end
  for part in s:gmatch "%w+" do
    if #part >= LONG_PART and (part:find "%d%a" or part:find "%a%d") then return true end
  end
  return false
end

local WORD = "^[%a\128-\255_~!*'()]+$"

-- Words, also joined, with or without an extension: `sign-in`, `add_to_cart`, `index.html`, `v1`.
local function is_word(s)
  if s == "" or s:find "^v%d+$" or s:find "^v%d+%.%d+$" then return true end
  for part in s:gmatch "[^.-]+" do
    if not part:find(WORD) then return false end
  end
  local _, joints = s:gsub("%-", "")
  return joints <= 2
end

local function unescape(s)
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- The class of a segment: "word", "mixed", or the type of a value.
---@param segment string as it is in the path
---@return string
function M.class(segment)
  local s = segment:find("%", 1, true) and unescape(segment) or segment
  for _, row in ipairs(TYPES) do
    if s:find(row[2]) then return row[1] end
  end
  if s:find "^[^@%s]+@[^@%s]+%.%a+$" then return "email" end
  if is_hex(s) then return "hex" end
  if is_token(s) then return "token" end
  return is_word(s) and "word" or "mixed"
end

local ENDINGS = {
  { "ies$", "y" }, { "(ss)es$", "%1" }, { "([cs]h)es$", "%1" }, { "xes$", "x" },
  { "([^s])s$", "%1" },
}

-- One of what a plural names: `orders` → order.
local function singular(word)
  for _, ending in ipairs(ENDINGS) do
    local one, count = word:gsub(ending[1], ending[2])
    if count > 0 then return one end
  end
  return word
end

local NAMES = { date = "date", email = "email", mixed = "id" }

--- What the value is called: id, and where there is one before it, after the word before.
---@param class string
---@param before string|nil the segment before
---@param taken table<string, boolean> names of this path, which then has it
---@return string
function M.name(class, before, taken)
  local name = NAMES[class] or "id"
  if taken[name] then
    local word = before and before:gsub("[^%w]+", "_"):gsub("^[_%d]+", ""):gsub("_+$", "") or ""
    name = word ~= "" and singular(word:lower()) .. "_id" or name
  end
  local unique, number = name, 1
  while taken[unique] do
    number = number + 1
    unique = name .. "_" .. number
  end
  taken[unique] = true
  return unique
end

return M
