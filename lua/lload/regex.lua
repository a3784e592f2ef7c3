--- lload.regex: regular expressions, compiled once for all users of a state.

local core = require "lload.core"

local KEPT = 500

-- By flags, then by pattern: looking one up makes no text.
local compiled, count = {}, 0

local function compile(pattern, flags)
  if type(pattern) ~= "string" or type(flags) ~= "string" then
    error("regex: a pattern is wanted, and perhaps flags such as \"i\"", 3)
  end
  local regex, message = core.regex(pattern, flags)
  if not regex then error(("regex '%s': %s"):format(pattern, message), 3) end
  if count == KEPT then compiled, count = {}, 0 end
  compiled[flags] = compiled[flags] or {}
  compiled[flags][pattern], count = regex, count + 1
  return regex
end

--- A compiled regular expression.
---@param pattern string
---@param flags? string of "imsxu"
---@return userdata regex with match, find and gmatch
return function(pattern, flags)
  flags = flags or ""
  local known = compiled[flags]
  local regex = known and known[pattern] or compile(pattern, flags)
  return regex
end
