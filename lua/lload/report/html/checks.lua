--- The checks of a run, those that failed first.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"

local COLUMNS = {
  { title = "Check" }, { title = "Verdict" }, { title = "Passed", number = true },
  { title = "Passes", number = true }, { title = "Fails", number = true },
  { title = "First message", prose = true, optional = true },
}

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local rows = {}
  for index, check in ipairs(rows_of.failed_first(model.checks)) do
    local total = check.passes + check.fails
    local share = total > 0 and check.passes / total or 0
    rows[index] = {
      text.one_line(check.name), markup.badge(check.fails == 0 and "pass" or "fail"),
      { text = units.format_share(share), sort = share },
      { text = units.count(check.passes), sort = check.passes },
      { text = units.count(check.fails), sort = check.fails },
      check.message and text.one_line(check.message),
    }
  end
  return markup.section(id .. "-checks", "Checks", {
    data_table.render { caption = "Checks", columns = COLUMNS, rows = rows, sortable = true },
  })
end
