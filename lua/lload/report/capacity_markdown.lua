--- The capacity of a system as Markdown, for a pull request or a planning document.

local comment_of = require "lload.report.comment"
local console = require "lload.report.capacity_console"
local rows_of = require "lload.report.rows"
local units = require "lload.units"
local words = require "lload.capacity.words"

local M = {}

local ROOM = 65000 -- GitHub takes 65,536 characters in a comment
local SHOWN = 15

local code, prose = comment_of.code, comment_of.prose

local ENDPOINTS = {
  { title = "Endpoint", align = "left" }, { title = "Share", align = "right" },
  { title = "Count", align = "right" }, { title = "p95", align = "right" },
}

local function list(comment, heading, lines)
  if #lines == 0 then return end
  local items = { heading, "" }
  for _, line in ipairs(lines) do items[#items + 1] = "- " .. prose(line) end
  comment:paragraph(table.concat(items, "\n"), "notes")
end

local function limit_lines(model)
  local lines = {}
  for index, limit in ipairs(model.limits) do lines[index] = words.limit(model.of, limit) end
  lines[#lines + 1] = words.law(model)
  return lines
end

local function levels_table(model)
  local rows = {}
  for index, level in ipairs(model.levels) do rows[index] = console.level_cells(model.of, level) end
  return { heading = "Levels", columns = console.LEVELS, rows = rows, what = "levels",
    shown = SHOWN }
end

local function endpoints_table(model)
  local rows = {}
  for index, one in ipairs(model.endpoints) do
    rows[index] = { code(one.name), units.format_share(one.share), units.count(one.count),
      rows_of.optional(one.p95, units.format_ms) }
  end
  return { heading = "Where the time goes", columns = ENDPOINTS, rows = rows, what = "endpoints",
    shown = 5 }
end

-- The currency is the plan's own text.
local function plan_table(model)
  local rows = {}
  for index, cells in ipairs(model.plan and words.plan_rows(model.plan) or {}) do
    rows[index] = { cells[1] }
    for column = 2, #cells do
      rows[index][column] = cells[column] == "" and "" or prose(cells[column])
    end
  end
  return { heading = "Plan", columns = console.PLAN, rows = rows, what = "rows", shown = SHOWN }
end

--- Renders the model.
---@param model table `lload/capacity/1`
---@return string
function M.render(model)
  local comment = comment_of.new(ROOM)
  comment:paragraph("### " .. prose(words.breaking_point(model)))
  local name = code(model.scenario)
  if model.stage then name = ("%s · stage %s"):format(name, code(model.stage)) end
  comment:paragraph(name)
  local ceiling = words.ceiling(model)
  if ceiling then comment:paragraph(prose(ceiling)) end
  list(comment, "**Limits**", limit_lines(model))
  list(comment, "**Levels that say less**", words.doubts(model))
  list(comment, "**Plan**", model.plan and words.plan_lines(model.plan) or {})
  list(comment, "**Notes**", model.notes)
  comment:tables { plan_table(model), levels_table(model), endpoints_table(model) }
  return comment:text()
end

return M
