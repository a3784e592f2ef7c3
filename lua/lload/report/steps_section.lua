--- The steps in the summary: load, percentiles and errors of each; a ramp is marked with an arrow.

local rows_of = require "lload.report.rows"
local units = require "lload.units"

local MOST_ROWS = 10

local COLUMNS = {
  { title = "Step", align = "left", flexible = "name" },
  { title = "VUs", align = "right" },
  { title = "RPS", align = "right" },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right" },
  { title = "Errors", align = "right" },
}

local function marked(name, step)
  local arrow = rows_of.arrow(step)
  return arrow == "" and name or ("%s %s"):format(name, arrow)
end

--- Draws the section when there are steps.
---@param page lload.Page
---@param model table
return function(page, model)
  if #model.steps == 0 then return end
  page:heading("Steps")
  local name_of, rows = rows_of.step_namer(model.steps), {}
  local shown, hidden = page:limit(model.steps, MOST_ROWS)
  for index, step in ipairs(shown) do
    local p50, p95, p99 = rows_of.percentiles(step.duration)
    rows[index] = {
      marked(name_of(step), step), rows_of.optional(step.vus, units.format_number),
      rows_of.optional(step.rps, units.format_number), p50, p95, p99,
      rows_of.optional(step.error_rate, units.format_share),
    }
  end
  page:table(COLUMNS, rows)
  page:more(hidden)
end
