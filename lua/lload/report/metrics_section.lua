--- The metrics of the script in the summary; with -v the built-in ones, too.

local metrics = require "lload.metrics"
local reader = require "lload.reader"
local units = require "lload.units"

local MOST_ROWS = 6

local COLUMNS = {
  { title = "", align = "left", flexible = "name" }, { title = "", align = "right" },
  { title = "", align = "left" },
}

-- What a metric of each kind shows: its main figure, and the others.
local CELLS = {}

function CELLS.counter(_, metric)
  return units.format_number(metric.count),
    ("%s/s"):format(units.format_number(metric.rate or 0))
end

function CELLS.rate(_, metric)
  return units.format_share(metric.rate), ("%s of %s"):format(
    units.count(metric.passes), units.count(metric.passes + metric.fails))
end

function CELLS.gauge(_, metric)
  return units.format_number(metric.value), ("min %s, max %s"):format(
    units.format_number(metric.min), units.format_number(metric.max))
end

function CELLS.trend(name, metric)
  local format = metrics.is_time(name, "avg") and units.format_ms or units.format_number
  return "avg " .. format(metric.avg), ("p(95) %s, max %s, %s samples"):format(
    format(metric["p(95)"]), format(metric.max), units.count(metric.count))
end

--- Draws the section when there are metrics to show.
---@param page lload.Page
---@param model table
return function(page, model)
  local rows = {}
  for _, name in ipairs(reader.sorted_keys(model.metrics)) do
    local metric = model.metrics[name]
    if page.verbose or not metrics.BUILT_IN[name] then
      rows[#rows + 1] = { name, CELLS[metric.type](name, metric) }
    end
  end
  if #rows == 0 then return end
  page:heading(page.verbose and "Metrics" or "Custom metrics")
  local shown, hidden = page:limit(rows, MOST_ROWS)
  page:table(COLUMNS, shown)
  page:more(hidden)
end
