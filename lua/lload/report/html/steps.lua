--- The steps of a run, each with its load and what it met.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local rows_of = require "lload.report.rows"
local units = require "lload.units"

local COLUMNS = {
  { title = "Step" }, { title = "From", number = true }, { title = "To", number = true },
  { title = "Users", number = true }, { title = "Requests/s", number = true },
  { title = "p50", number = true }, { title = "p95", number = true },
  { title = "p99", number = true }, { title = "Errors", number = true },
}

local function number(value, format)
  return { text = rows_of.optional(value, format), sort = value }
end

local function moment(seconds) return units.format_duration(math.floor(seconds * 10 + 0.5) / 10) end

local function row_of(step, index, name_of)
  local d = step.duration
  return {
    { text = name_of(step), sort = index },
    number(step.from_s, moment), number(step.to_s, moment),
    number(step.vus, units.format_number), number(step.rps, units.format_number),
    number(rows_of.percentile(d, "med", 0.5), units.format_ms),
    number(rows_of.percentile(d, "p(95)", 0.95), units.format_ms),
    number(rows_of.percentile(d, "p(99)", 0.99), units.format_ms),
    number(step.error_rate, units.format_share),
  }
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local rows, name_of = {}, rows_of.step_namer(model.steps)
  for index, step in ipairs(model.steps) do rows[index] = row_of(step, index, name_of) end
  return markup.section(id .. "-steps", "Steps", {
    data_table.render { caption = "Steps", columns = COLUMNS, rows = rows, sortable = true },
  })
end
