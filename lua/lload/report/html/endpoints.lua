--- The endpoints of a run: how often, how long, how many failed, and how.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local reader = require "lload.reader"
local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"

local COLUMNS = {
  { title = "Endpoint" }, { title = "Thresholds", optional = true },
  { title = "Count", number = true }, { title = "Req/s", number = true },
  { title = "p50", number = true },
  { title = "p95", number = true }, { title = "p99", number = true },
  { title = "Max", number = true }, { title = "Time", number = true },
  { title = "Failed", number = true },
  { title = "Answers", prose = true },
}

local THIN_NOTE =
  "A percentile stays blank with fewer than 10 samples beyond it; result.json has it."

local function number(value, format)
  return { text = rows_of.optional(value, format), sort = value }
end

-- The verdict of the thresholds that are about one endpoint, by its name.
local function verdicts_of(model)
  local ok = {}
  for _, t in ipairs(model.thresholds) do
    local name = t.tags and t.tags.name
    if name then ok[name] = ok[name] ~= false and t.ok end
  end
  return ok
end

local function badge_of(ok)
  if ok == nil then return "" end
  return markup.badge(ok and "pass" or "fail")
end

-- "200 ×3,988, 503 ×2, timeout ×10"
local function answers(request)
  local parts = {}
  for _, map in ipairs { request.status or {}, request.errors or {} } do
    for _, key in ipairs(reader.sorted_keys(map)) do
      parts[#parts + 1] = ("%s ×%s"):format(key, units.count(map[key]))
    end
  end
  return text.one_line(table.concat(parts, ", "))
end

local function row_of(request, verdicts)
  local d = request.duration
  return {
    text.one_line(request.name), badge_of(verdicts[request.name]),
    number(request.count, units.count), number(request.rate, units.format_number),
    number(rows_of.percentile(d, "med", 0.5), units.format_ms),
    number(rows_of.percentile(d, "p(95)", 0.95), units.format_ms),
    number(rows_of.percentile(d, "p(99)", 0.99), units.format_ms),
    number(d and d.max, units.format_ms), number(request.total_ms, units.format_ms),
    number(request.failed or 0, units.count), answers(request),
  }
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local rows, verdicts = {}, verdicts_of(model)
  for index, request in ipairs(rows_of.by_total_time(model.requests)) do
    rows[index] = row_of(request, verdicts)
  end
  return markup.section(id .. "-endpoints", "Endpoints", {
    data_table.render { caption = "Endpoints", columns = COLUMNS, rows = rows, sortable = true },
    rows_of.has_thin_tail(model) and markup.element("p", { class = "hint" }, THIN_NOTE) or nil,
  })
end
