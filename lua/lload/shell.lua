--- Commands of the user's, run by the shell.

local M = {}

--- A text as one word of the shell.
---@param s string
---@return string
function M.quoted(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

-- What os.execute returns is the status of wait(): the code is in its upper byte.
local function exit_code_of(status)
  if status == true then return 0 end
  local number = tonumber(status) or 1
  return number >= 256 and math.floor(number / 256) or number
end

--- Runs a command with variables in its environment; what it prints goes to standard error.
---@param command string
---@param variables table<string, string>
---@param execute fun(command: string): any os.execute
---@return integer exit_code
function M.run(command, variables, execute)
  local words, names = {}, {}
  for name in pairs(variables) do names[#names + 1] = name end
  table.sort(names)
  for index, name in ipairs(names) do words[index] = name .. "=" .. M.quoted(variables[name]) end
  words[#words + 1] = "sh -c " .. M.quoted(command) .. " >&2"
  return exit_code_of(execute(table.concat(words, " ")))
end

return M
