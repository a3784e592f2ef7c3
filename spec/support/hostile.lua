--- Texts that mean something to Lua, somewhere: for proofs that no input becomes code.

local M = {}

local HOSTILE = {
  '"', "'", "\\", "]]", "]==]", "[[", "--", "--[[", "--]]", "\n", "\r", "\r\n", "\0", "\26",
  "\27Lua", '" .. os.execute("false") .. "', '"]] error("out") --', "\\\n", "\\z", "\\x41", "${x}",
  "%s", "%q",
  "\226\128\168", "\226\128\174", "\239\187\191", "\255\254", "\128", "end", "return", "\\\"", "`",
  "\nINJECTED = true\n", "*/", "{{", "}}", "\t", "\127", "\194\133", "ä", "日本",
}

local function text_of(next_number)
  local parts = {}
  for index = 1, next_number(1, 6) do parts[index] = HOSTILE[next_number(1, #HOSTILE)] end
  return table.concat(parts)
end

-- Repeatable: the same numbers for the same seed.
local function numbers(seed)
  return function(low, high)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return low + math.floor(seed / 65536) % (high - low + 1)
  end
end

--- A function that makes a text each time, the same ones for the same seed.
---@param seed integer
---@return fun(): string
function M.texts(seed)
  local next_number = numbers(seed)
  return function() return text_of(next_number) end
end

return M
