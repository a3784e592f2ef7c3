--- The thresholds of a run: what was wanted, what came out, how much room is left.

local data_table = require "lload.report.html.data_table"
local judged = require "lload.judged"
local markup = require "lload.report.html.markup"
local text = require "lload.text"
local units = require "lload.units"

local COLUMNS = {
  { title = "Threshold" }, { title = "Verdict" }, { title = "Limit" },
  { title = "Actual", number = true }, { title = "Margin", number = true },
  { title = "Breached for", number = true, optional = true },
}

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local rows = {}
  for index, t in ipairs(model.thresholds) do
    rows[index] = {
      text.one_line(judged.label(t.metric, t.tags)), markup.badge(t.ok and "pass" or "fail"),
      markup.element("code", nil, t.expression), { text = judged.actual_when(t), sort = t.actual },
      { text = judged.margin(t), sort = t.margin },
      t.breached_s and { text = units.format_duration(t.breached_s), sort = t.breached_s },
    }
  end
  return markup.section(id .. "-thresholds", "Thresholds", {
    data_table.render { caption = "Thresholds", columns = COLUMNS, rows = rows, sortable = true },
  })
end
