--- The table over several scenarios: each endpoint once, with what its thresholds say.

local page_of = require "lload.report.page"
local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"

local M = {}

local MOST_ROWS = 40

local COLUMNS = {
  { title = "Endpoint", align = "left", flexible = true },
  { title = "p50", align = "right" }, { title = "p95", align = "right" },
  { title = "p99", align = "right" }, { title = "Throughput", align = "right" },
  { title = "Status", align = "left" },
}

-- What became of each endpoint: a threshold fails before it is slower than its baseline.
local function statuses_of(model)
  local statuses = {}
  for name, holds in pairs(rows_of.verdicts_of_endpoints(model.thresholds)) do
    statuses[name] = holds and "PASS" or "FAIL"
  end
  for _, name in ipairs((model.comparison or {}).worse or {}) do
    if statuses[name] ~= "FAIL" then statuses[name] = "WORSE" end
  end
  return statuses
end

-- The name of an endpoint says its scenario only where several have it.
local function add_rows(list, model, is_shared)
  local statuses = statuses_of(model)
  for _, row in ipairs(rows_of.by_total_time(model.requests)) do
    local p50, p95, p99 = rows_of.percentiles(row.duration)
    local name = text.one_line(row.name)
    if is_shared[row.name] then
      name = ("%s (%s)"):format(name, text.one_line(model.scenario.name))
    end
    list[#list + 1] = {
      name, p50, p95, p99, row.rate and units.format_rate(row.rate) or "",
      statuses[row.name] or "",
    }
  end
end

local function shared_names(models)
  local counts, shared = {}, {}
  for _, model in ipairs(models) do
    for _, row in ipairs(model.requests) do counts[row.name] = (counts[row.name] or 0) + 1 end
  end
  for name, count in pairs(counts) do shared[name] = count > 1 or nil end
  return shared
end

--- Renders the table; "" when no scenario sent anything.
---@param models table[]
---@param view lload.ConsoleOptions
---@return string
function M.render(models, view)
  local page, rows = page_of.new(view), {}
  local shared = shared_names(models)
  for _, model in ipairs(models) do add_rows(rows, model, shared) end
  if #rows == 0 then return "" end
  page:heading "Suite"
  local shown, hidden = page:limit(rows, MOST_ROWS)
  page:table(COLUMNS, shown)
  page:more(hidden)
  return table.concat(page.lines, "\n") .. "\n\n"
end

return M
