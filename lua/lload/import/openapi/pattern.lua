--- Texts that match a regular expression, where it is a simple one: characters, classes, groups
--- with alternatives, counts. Everything else is nil.

local model = require "lload.import.model"

local M = {}

local MANY = 8 -- what + and * may repeat at most
local LONGEST = 200 -- repetitions of one piece

local DIGITS = "0123456789"
local LOWER = "abcdefghijklmnopqrstuvwxyz"
local WORD = LOWER .. DIGITS -- part of \w, and what lload.random.string draws from anyway
local CLASSES = { d = DIGITS, w = WORD, s = " " }

local function range(from, to)
  local characters = {}
  for code = from:byte(), to:byte() do characters[#characters + 1] = string.char(code) end
  return table.concat(characters)
end

-- [a-z0-9_\-]: its characters and where it ends.
local function read_class(s, at)
  if s:sub(at, at) == "^" then return nil end
  local set = {}
  while true do
    local c = s:sub(at, at)
    if c == "" then return nil end
    if c == "]" and #set > 0 then return table.concat(set), at + 1 end
    if c == "\\" then
      c = s:sub(at + 1, at + 1)
      if c:find "[^%w]" then
        set[#set + 1] = c
      elseif CLASSES[c] then
        set[#set + 1] = CLASSES[c]
      else
        return nil
      end
      at = at + 2
    elseif s:find("^%-[^%]]", at + 1) then
      local last = s:sub(at + 2, at + 2)
      if last == "\\" or last < c then return nil end
      set[#set + 1], at = range(c, last), at + 3
    else
      set[#set + 1], at = c, at + 1
    end
  end
end

-- How often: at least, at most, and where the count ends.
local function read_count(s, at)
  local c = s:sub(at, at)
  local low, high, stop
  if c == "+" then
    low, high, stop = 1, MANY, at + 1
  elseif c == "*" then
    low, high, stop = 0, MANY, at + 1
  elseif c == "?" then
    low, high, stop = 0, 1, at + 1
  elseif c == "{" then
    local from, comma, to, after = s:match("^{(%d+)(,?)(%d*)}()", at)
    if not from then return nil end
    low = tonumber(from)
    high = comma == "" and low or tonumber(to) or low + MANY
    stop = after
  else
    return 1, 1, at
  end
  if s:find("^[+?]", stop) then stop = stop + 1 end
  if high > LONGEST or low > high then return nil end
  return low, high, stop
end

local read_alternatives

-- One piece without its count: { alphabet }, { text }, { group }; nil if it is not simple.
local function read_atom(s, at, depth)
  local c = s:sub(at, at)
  if c == "[" then
    local alphabet, after = read_class(s, at + 1)
    return alphabet and { alphabet = alphabet }, after
  elseif c == "(" then
    local from = s:match("^%(%?:()", at) or at + 1
    if s:find("^%(%?[^:]", at) or depth > 5 then return nil end
    local group, after = read_alternatives(s, from, depth + 1)
    if not group or s:sub(after, after) ~= ")" then return nil end
    return { group = group }, after + 1
  elseif c == "\\" then
    local escaped = s:sub(at + 1, at + 1)
    if CLASSES[escaped] then return { alphabet = CLASSES[escaped] }, at + 2 end
    return escaped:find "^[^%w]$" and { text = escaped }, at + 2
  elseif c == "." then
    return { alphabet = CLASSES.w }, at + 1
  end
  return not c:find "[%^$|){}*+?]" and { text = c }, at + 1
end

local function read_sequence(s, at, depth)
  local pieces = {}
  while at <= #s and not s:find("^[|)]", at) do
    local atom, after = read_atom(s, at, depth)
    if not atom then return nil end
    atom.low, atom.high, after = read_count(s, after)
    if not atom.low then return nil end
    pieces[#pieces + 1], at = atom, after
  end
  return pieces, at
end

function read_alternatives(s, at, depth)
  local alternatives = {}
  while true do
    local sequence, after = read_sequence(s, at, depth)
    if not sequence then return nil end
    alternatives[#alternatives + 1] = sequence
    if s:sub(after, after) ~= "|" then return alternatives, after end
    at = after + 1
  end
end

-- Alternatives that are plain words become a choice.
local function words_of(alternatives)
  local words = {}
  for index, sequence in ipairs(alternatives) do
    local letters = {}
    for _, piece in ipairs(sequence) do
      if not piece.text or piece.low ~= 1 or piece.high ~= 1 then return nil end
      letters[#letters + 1] = piece.text
    end
    words[index] = table.concat(letters)
  end
  return words
end

local add_sequence

local function add_piece(parts, piece)
  if piece.alphabet then
    if piece.high == 0 then return end
    parts[#parts + 1] = model.random("string", {
      min = piece.low, max = piece.high,
      alphabet = piece.alphabet ~= WORD and piece.alphabet or nil,
    })
  elseif piece.text then
    parts[#parts + 1] = piece.text:rep(math.max(piece.low, math.min(piece.high, 1)))
  else
    local words = #piece.group > 1 and words_of(piece.group)
    for _ = 1, math.max(piece.low, math.min(piece.high, 1)) do
      if words then
        parts[#parts + 1] = model.random("pick", { list = words })
      else
        add_sequence(parts, piece.group[1])
      end
    end
  end
end

function add_sequence(parts, sequence)
  for _, piece in ipairs(sequence) do
    add_piece(parts, piece)
    if #parts > 100 then return end
  end
end

-- Neighbouring texts as one.
local function joined(parts)
  local list = {}
  for _, part in ipairs(parts) do
    local last = list[#list]
    if type(part) == "string" and type(last) == "string" then
      list[#list] = last .. part
    elseif part ~= "" then
      list[#list + 1] = part
    end
  end
  return list
end

--- An expression whose texts match the pattern, or nil if it is not simple enough.
---@param pattern any
---@return any
function M.expression(pattern)
  if type(pattern) ~= "string" or #pattern > 300 then return nil end
  local inner = pattern:gsub("^%^", "")
  if inner:find "[^\\]%$$" or inner == "$" then inner = inner:sub(1, -2) end
  local alternatives, after = read_alternatives(inner, 1, 0)
  if not alternatives or after <= #inner then return nil end
  local words = #alternatives > 1 and words_of(alternatives)
  if words then return model.random("pick", { list = words }) end
  local parts = {}
  add_sequence(parts, alternatives[1])
  parts = joined(parts)
  if #parts == 0 or #parts > 100 then return nil end
  if #parts == 1 then return parts[1] end
  return model.template(parts)
end

return M
