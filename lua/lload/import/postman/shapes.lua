--- Values of a collection, which may be of any shape.

local model = require "lload.import.model"

local M = {}

---@param value any
---@return boolean
function M.is_object(value) return type(value) == "table" and not model.is_array(value) end

--- The list itself, or an empty one.
function M.list_of(value) return model.is_array(value) and value or {} end

--- The text itself, or nil.
function M.string_of(value) return type(value) == "string" and value or nil end

return M
