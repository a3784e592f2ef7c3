--- The checks in the summary, those that failed first.

local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"

local MOST_ROWS = 6

local COLUMNS = {
  { title = "", align = "left" },
  { title = "", align = "right" },
  { title = "", align = "left", flexible = "name" },
  { title = "", align = "left" },
}

local function row_of(check)
  local total = check.passes + check.fails
  return {
    check.fails == 0 and "ok" or "FAIL",
    units.format_share(total > 0 and check.passes / total or 0), text.one_line(check.name),
    ("%s of %s"):format(units.count(check.passes), units.count(total)),
  }
end

--- Draws the section when there are checks.
---@param page lload.Page
---@param model table
return function(page, model)
  if #model.checks == 0 then return end
  page:heading("Checks")
  local shown, hidden = page:limit(rows_of.failed_first(model.checks), MOST_ROWS)
  local rows = {}
  for index, check in ipairs(shown) do rows[index] = row_of(check) end
  page:table(COLUMNS, rows)
  for _, check in ipairs(shown) do
    if check.message then page:foreign(("%s: %s"):format(check.name, check.message)) end
  end
  page:more(hidden)
end
