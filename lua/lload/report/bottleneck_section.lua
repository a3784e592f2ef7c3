--- Where the time went, in the summary: a line in the totals, and with -v a table.

local bottleneck = require "lload.analysis.bottleneck"
local text = require "lload.text"

--- Draws the table when all is wanted.
---@param page lload.Page
---@param model table
return function(page, model)
  local list = page.verbose and bottleneck.endpoints(model) or {}
  if #list == 0 then return end
  page:heading "Where the time goes"
  local rows = {}
  for index, one in ipairs(list) do
    rows[index] = bottleneck.cells(one)
    rows[index][1] = text.one_line(one.name)
  end
  page:table(bottleneck.COLUMNS, rows)
end
