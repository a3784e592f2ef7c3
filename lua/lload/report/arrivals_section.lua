--- The open model in the summary: what was planned, and the three times of an arrival side by side.

local units = require "lload.units"

local COLUMNS = {
  { title = "", align = "left", flexible = "name" },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right" },
  { title = "p99.9", align = "right" },
  { title = "Max", align = "right" },
}

local ROWS = {
  { "iteration_lag", "lag: planned to started" },
  { "iteration_duration", "duration: started to done" },
  { "iteration_response_time", "response time: planned to done" },
}

local function show(trend, name)
  return trend[name] and units.format_ms(trend[name]) or ""
end

local function planned_line(model)
  local health, dropped = model.generator or {}, model.metrics.dropped_iterations
  local count = health.arrivals or model.metrics.iteration_lag.count
  local line = units.count(count) .. " arrivals"
  if dropped and dropped.count > 0 then
    line = ("%s, %s dropped (%s)"):format(line, units.count(dropped.count),
      units.format_share(dropped.count / count))
  end
  return line
end

--- Draws the section when iterations were planned for moments.
---@param page table
---@param model table
return function(page, model)
  if not model.metrics.iteration_lag then return end
  page:heading("Arrivals")
  page:line(page.INDENT .. planned_line(model))
  local rows = {}
  for _, row in ipairs(ROWS) do
    local trend = model.metrics[row[1]]
    if trend then
      rows[#rows + 1] = {
        row[2], show(trend, "med"), show(trend, "p(95)"), show(trend, "p(99)"),
        show(trend, "p(99.9)"), show(trend, "max"),
      }
    end
  end
  page:table(COLUMNS, rows)
end
