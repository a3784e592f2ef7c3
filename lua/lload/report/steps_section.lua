--- The steps in the summary: load, percentiles and errors of each; a ramp is marked with an arrow.

local text = require "lload.text"
local trend_cells = require "lload.report.trend_cells"
local units = require "lload.units"

local MOST_ROWS = 10
local UP, DOWN = "↗", "↘"

local COLUMNS = {
  { title = "Step", align = "left", flexible = "name" },
  { title = "VUs", align = "right" },
  { title = "RPS", align = "right" },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right" },
  { title = "Errors", align = "right" },
}

local function ramp_of(step)
  local from, to = step.from_vus or step.from_rate, step.to_vus or step.to_rate
  if not from or not to or from == to then return nil end
  return to > from and UP or DOWN
end

local function name_of(step, several)
  local parts = { several and ("%s/%s"):format(tostring(step.profile), tostring(step.step))
    or tostring(step.step) }
  parts[#parts + 1] = ramp_of(step)
  parts[#parts + 1] = step.label and text.one_line(step.label)
  return table.concat(parts, " ")
end

local function optional(value, format)
  return value ~= nil and format(value) or ""
end

local function has_several_profiles(steps)
  for _, step in ipairs(steps) do
    if (step.profile or 1) > 1 then return true end
  end
  return false
end

--- Draws the section when there are steps.
---@param page lload.Page
---@param model table
return function(page, model)
  if #model.steps == 0 then return end
  page:heading("Steps")
  local several, rows = has_several_profiles(model.steps), {}
  local shown, hidden = page:limit(model.steps, MOST_ROWS)
  for index, step in ipairs(shown) do
    local p50, p95, p99 = trend_cells.of(step.duration)
    rows[index] = {
      name_of(step, several), optional(step.vus, units.format_number),
      optional(step.rps, units.format_number), p50, p95, p99,
      optional(step.error_rate, units.format_share),
    }
  end
  page:table(COLUMNS, rows)
  page:more(hidden)
end
