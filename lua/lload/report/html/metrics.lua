--- Every metric of a run, the script's own and the built-in ones, and its journeys.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local metrics = require "lload.metrics"
local reader = require "lload.reader"
local text = require "lload.text"
local units = require "lload.units"

local TREND_COLUMNS = {
  { title = "Metric" }, { title = "Samples", number = true }, { title = "Avg", number = true },
  { title = "Min", number = true }, { title = "p50", number = true },
  { title = "p90", number = true }, { title = "p95", number = true },
  { title = "p99", number = true }, { title = "p99.9", number = true },
  { title = "Max", number = true },
}
local TREND_KEYS = { "avg", "min", "med", "p(90)", "p(95)", "p(99)", "p(99.9)", "max" }

local VALUE_COLUMNS = {
  { title = "Metric" }, { title = "Value", number = true }, { title = "Detail" },
}

local JOURNEY_COLUMNS = {
  { title = "Journey" }, { title = "Iterations", number = true },
  { title = "Ended early", number = true }, { title = "Script errors", number = true },
  { title = "Cut off", number = true }, { title = "p50", number = true },
  { title = "p95", number = true },
}

local function number(value, format)
  return { text = value and format(value) or "", sort = value }
end

local function trend_row(name, metric)
  local format = metrics.is_time(name, "avg") and units.format_ms or units.format_number
  local row = { text.one_line(name), number(metric.count, units.count) }
  for index, key in ipairs(TREND_KEYS) do row[index + 2] = number(metric[key], format) end
  return row
end

local VALUE = {
  counter = function(m)
    return number(m.count, units.format_number), ("%s/s"):format(units.format_number(m.rate or 0))
  end,
  rate = function(m)
    return number(m.rate, units.format_share), ("%s of %s"):format(units.count(m.passes or 0),
      units.count((m.passes or 0) + (m.fails or 0)))
  end,
  gauge = function(m)
    return number(m.value, units.format_number), ("min %s, max %s"):format(
      units.format_number(m.min or 0), units.format_number(m.max or 0))
  end,
}

-- What the script measures stands before what lload does.
local function names_of(model)
  local own, built_in = {}, {}
  for _, name in ipairs(reader.sorted_keys(model.metrics)) do
    table.insert(metrics.BUILT_IN[name] and built_in or own, name)
  end
  for _, name in ipairs(built_in) do own[#own + 1] = name end
  return own
end

local function journeys(model)
  local rows = {}
  for index, journey in ipairs(model.journeys) do
    local d = journey.duration or {}
    rows[index] = {
      text.one_line(journey.name), number(journey.iterations, units.count),
      number(journey.failed, units.count), number(journey.errors, units.count),
      number(journey.cut_off, units.count), number(d.med, units.format_ms),
      number(d["p(95)"], units.format_ms),
    }
  end
  return data_table.render { caption = "Journeys", columns = JOURNEY_COLUMNS, rows = rows,
    sortable = true }
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local trends, values = {}, {}
  for _, name in ipairs(names_of(model)) do
    local metric = model.metrics[name]
    local value_of = VALUE[metric.type]
    if value_of then
      local value, detail = value_of(metric)
      values[#values + 1] = { text.one_line(name), value, detail }
    elseif metric.count then
      trends[#trends + 1] = trend_row(name, metric)
    end
  end
  return markup.section(id .. "-metrics", "Metrics", {
    journeys(model),
    data_table.render { caption = "Times and other trends", columns = TREND_COLUMNS,
      rows = trends, sortable = true },
    data_table.render { caption = "Counters, rates and gauges", columns = VALUE_COLUMNS,
      rows = values, sortable = true },
  })
end
