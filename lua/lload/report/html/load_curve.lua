--- Response time against load: the curve that shows where a target breaks.

local chart = require "lload.report.html.chart"
local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local over_time = require "lload.report.html.over_time"
local rows_of = require "lload.report.rows"
local sample = require "lload.statistics.sample"

local M = {}

local FEWEST = 3 -- windows that make a curve
local BINS = 20

-- What may stand on the horizontal axis: first what the plan sets, then what came of it.
local LOADS = {
  { key = "offered", label = "planned iterations a second", title = "Planned iterations/s" },
  { key = "vus", label = "users", title = "Users" },
  { key = "rps", label = "requests a second", title = "Requests/s" },
}

-- What is answered after the end, or while nothing is planned, was sent at another load.
local function usable(windows, key)
  local list = {}
  for _, w in ipairs(windows) do
    if (w[key] or 0) > 0 and w.p95 then list[#list + 1] = w end
  end
  return list
end

local function range(windows, key)
  local low, high = math.huge, -math.huge
  for _, w in ipairs(windows) do
    low, high = math.min(low, w[key]), math.max(high, w[key])
  end
  return low, high
end

-- Is there a curve at all?
local function varies(windows, key)
  local low, high = range(windows, key)
  return #windows >= FEWEST and high > low
end

local function add_window(bins, index, w, key)
  local bin = bins[index] or { loads = {}, p95 = {}, p99 = {} }
  bins[index] = bin
  table.insert(bin.loads, w[key])
  table.insert(bin.p95, w.p95)
  table.insert(bin.p99, w.p99)
end

--- The middle of the windows' percentiles at rising loads: one row for each of at most 20 equal
--- ranges of load that occurred.
---@param windows table[]
---@param key string the kind of load
---@return { load: number, windows: integer, p95: number, p99: number|nil }[]
function M.curve(windows, key)
  local list, bins, rows = usable(windows, key), {}, {}
  local low, high = range(list, key)
  local width = math.max((high - low) / BINS, 1e-9)
  for _, w in ipairs(list) do
    add_window(bins, math.min(math.floor((w[key] - low) / width), BINS - 1), w, key)
  end
  for index = 0, BINS - 1 do
    local bin = bins[index]
    if bin then
      rows[#rows + 1] = {
        load = sample.median(bin.loads), windows = #bin.loads, p95 = sample.median(bin.p95),
        p99 = sample.median(bin.p99),
      }
    end
  end
  return rows
end

local function curve_table(windows, load, id)
  local rows = {}
  for index, row in ipairs(M.curve(windows, load.key)) do
    rows[index] = { data_table.rounded(row.load), row.windows, data_table.rounded(row.p95),
      data_table.rounded(row.p99) }
  end
  return data_table.render {
    id = ("%s-by-%s"):format(id, load.key), rows = rows,
    caption = ("Median of the windows' percentiles by %s"):format(load.label),
    columns = {
      { title = load.title, key = load.key, number = true },
      { title = "Windows", key = "windows", number = true },
      { title = "p95 (ms)", key = "p95", number = true },
      { title = "p99 (ms)", key = "p99", number = true },
    },
  }
end

-- The steps that hold their load: a ramp has none of its own.
local function steps_table(model, id)
  local rows, name_of = {}, rows_of.step_namer(model.steps)
  for _, step in ipairs(model.steps) do
    local duration = step.duration or {}
    if not rows_of.is_ramp(step) and duration["p(95)"] then
      rows[#rows + 1] = { name_of(step), step.vus or "", data_table.rounded(step.rps),
        data_table.rounded(duration["p(95)"]), data_table.rounded(duration["p(99)"]) }
    end
  end
  return data_table.render {
    id = id .. "-by-step", caption = "Response times of each step", rows = rows,
    columns = {
      { title = "Step" }, { title = "Users", key = "vus", number = true },
      { title = "Requests/s", key = "rps", number = true },
      { title = "p95 (ms)", key = "p95", number = true },
      { title = "p99 (ms)", key = "p99", number = true },
    },
  }
end

local function series_of(id, has_steps)
  local windows, curve = over_time.table_id(id), id .. "-by-{x}"
  return {
    { table = windows, key = "p99", label = "p99 of a window", colour = "p99", style = "dots",
      hidden = true },
    { table = windows, key = "p95", label = "p95 of a window", colour = "p95", style = "dots" },
    { table = curve, key = "p99", label = "p99, median", colour = "p99" },
    { table = curve, key = "p95", label = "p95, median", colour = "p95" },
    has_steps and { table = id .. "-by-step", key = "p99", label = "p99 of a step",
      colour = "p99", style = "marks" } or nil,
    has_steps and { table = id .. "-by-step", key = "p95", label = "p95 of a step",
      colour = "p95", style = "marks" } or nil,
  }
end

---@param model table
---@param id string
---@return lload.Markup|nil
function M.render(model, id)
  local windows, axes, tables = over_time.measured(model), {}, {}
  for _, load in ipairs(LOADS) do
    if varies(usable(windows, load.key), load.key) then
      axes[#axes + 1] = { key = load.key, label = load.label }
      tables[#tables + 1] = curve_table(windows, load, id)
    end
  end
  if #axes == 0 then return nil end
  local steps = steps_table(model, id)
  tables[#tables + 1] = steps
  return markup.section(id .. "-curve", "Latency against load", {
    chart.render(id .. "-load-curve", {
      title = "Response time at each load", x = axes, y = "response time", unit = "ms",
      series = series_of(id, steps ~= nil),
    }),
    markup.details("Data of this chart", tables),
  })
end

return M
