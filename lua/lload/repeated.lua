--- Fields whose names may come more than once: one value is the value, several are a list.

local M = {}

--- Adds a value under a name.
---@param fields table<string, any>
---@param name string
---@param value string
function M.add(fields, name, value)
  local before = fields[name]
  if before == nil then
    fields[name] = value
  elseif type(before) == "table" then
    before[#before + 1] = value
  else
    fields[name] = { before, value }
  end
end

return M
