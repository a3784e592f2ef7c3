--- What went wrong: failed requests by class with examples, iterations that ended early, errors of
--- the script, and why a run stopped before its end.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local text = require "lload.text"
local units = require "lload.units"

local MOST_EXCHANGES = 100 -- what --debug failures:N keeps of a class

local ERROR_COLUMNS = {
  { title = "Class" }, { title = "Count", number = true },
  { title = "First example", prose = true },
}
local FAILURE_COLUMNS = { { title = "Reason" }, { title = "Count", number = true } }

local function counted(n) return { text = units.count(n), sort = n } end

local function exchanges(item)
  local parts = {}
  for index, exchange in ipairs(item.exchanges or {}) do
    if index > MOST_EXCHANGES then break end
    parts[index] = markup.details(("%s, failure %d: request and answer"):format(
      text.one_line(item.class), index), markup.preformatted(exchange))
  end
  return parts
end

local function requests(model)
  local rows, kept = {}, {}
  for index, item in ipairs(model.errors) do
    rows[index] = { text.one_line(item.class), counted(item.count),
      item.sample and text.one_line(item.sample) }
    kept[index] = exchanges(item)
  end
  return {
    data_table.render { caption = "Failed requests by class", columns = ERROR_COLUMNS,
      rows = rows, sortable = true },
    kept,
  }
end

local function iterations(model)
  local rows = {}
  for index, item in ipairs(model.iteration_failures or {}) do
    rows[index] = { text.one_line(item.reason), counted(item.count) }
  end
  return #rows > 0 and {
    markup.element("h3", nil, "Iterations ended early"),
    data_table.render { caption = "Iterations ended early by reason", columns = FAILURE_COLUMNS,
      rows = rows, sortable = true },
  } or nil
end

local function scripts(model)
  local parts = {}
  for _, item in ipairs(model.script_errors) do
    parts[#parts + 1] = markup.element("p", { class = "message" },
      ("%s× %s"):format(units.count(item.count), text.one_line(item.message)))
    parts[#parts + 1] = item.traceback
      and markup.details("Traceback", markup.preformatted(item.traceback)) or nil
  end
  return #parts > 0 and { markup.element("h3", nil, "Script errors"), parts } or nil
end

local function stopped(model)
  local detail = model.stop and model.stop.detail
  if not detail then return nil end
  return { markup.element("h3", nil, "Why the run stopped"), markup.preformatted(detail) }
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local found = #model.errors + #(model.iteration_failures or {}) + #model.script_errors
  if found == 0 and not (model.stop and model.stop.detail) then return nil end
  return markup.section(id .. "-errors", "Errors", {
    stopped(model), requests(model), iterations(model), scripts(model),
  })
end
