--- A stream that remembers what could not be written to it: results must not get lost unnoticed.

local M = {}

---@class lload.Checked
---@field stream table
---@field lost string|nil why something was not written
local Checked = {}
Checked.__index = Checked

--- A checked stream over another one.
---@param stream table
---@return lload.Checked
function M.new(stream)
  return setmetatable({ stream = stream }, Checked)
end

local function keep(self, ok, message)
  if ok then return self end
  self.lost = self.lost or message or "unknown error"
  return nil, message
end

---@return lload.Checked|nil
---@return string|nil message
function Checked:write(...) return keep(self, self.stream:write(...)) end

---@return lload.Checked|nil
---@return string|nil message
function Checked:flush() return keep(self, self.stream:flush()) end

return M
