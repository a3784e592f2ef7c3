--- What happened when: requests, errors and percentiles in windows, with steps and warm-up shaded.

local chart = require "lload.report.html.chart"
local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local rows_of = require "lload.report.rows"

local M = {}

local function tenths(seconds) return math.floor(seconds * 10 + 0.5) / 10 end

-- The columns of the windows' table; those that no window fills are left out.
local COLUMNS = {
  { title = "Start (s)", key = "t", of = function(w) return tenths(w.t_s) end },
  { title = "Users", key = "vus", of = function(w) return w.vus end },
  { title = "Requests/s", key = "rps", of = function(w) return w.rps end },
  { title = "Planned iterations/s", key = "offered", of = function(w) return w.offered end },
  {
    title = "Failed/s", key = "failed",
    of = function(w) return w.rps and w.errors and w.rps * w.errors end,
  },
  { title = "p50 (ms)", key = "p50", of = function(w) return w.p50 end },
  { title = "p95 (ms)", key = "p95", of = function(w) return w.p95 end },
  { title = "p99 (ms)", key = "p99", of = function(w) return w.p99 end },
  { title = "Max (ms)", key = "max", of = function(w) return w.max end },
}

local function as_stored(w)
  local copy = {}
  for key, value in pairs(w) do
    copy[key] = type(value) == "number" and data_table.stored(value) or value
  end
  return copy
end

--- The windows of the run without those of the warm-up.
---@param model table
---@return table[]
function M.measured(model)
  local list = {}
  for index, w in ipairs(model.windows) do list[index] = as_stored(w) end
  return list
end

local function all_windows(model)
  local list = {}
  for _, w in ipairs(model.warmup_windows or {}) do list[#list + 1] = as_stored(w) end
  for _, w in ipairs(M.measured(model)) do list[#list + 1] = w end
  return list
end

local function used_columns(windows)
  local used, has = {}, {}
  for _, column in ipairs(COLUMNS) do
    for _, w in ipairs(windows) do
      if column.of(w) then
        used[#used + 1], has[column.key] = column, true
        break
      end
    end
  end
  return used, has
end

--- The id of the table of windows, for charts that are drawn from it.
---@param id string
---@return string
function M.table_id(id) return id .. "-windows" end

local function table_of(windows, columns, id)
  local rows, spec = {}, {}
  for index, column in ipairs(columns) do
    spec[index] = { title = column.title, key = column.key, number = true }
  end
  for index, w in ipairs(windows) do
    local row = {}
    for position, column in ipairs(columns) do
      row[position] = data_table.rounded(column.of(w))
    end
    rows[index] = row
  end
  return data_table.render { id = M.table_id(id), caption = "Windows over time", columns = spec,
    rows = rows }
end

-- Steps of parallel profiles overlap, and a single one is everything: shading would say nothing.
local function shaded_steps(steps)
  for _, step in ipairs(steps) do
    if step.profile ~= steps[1].profile then return {} end
  end
  return #steps > 1 and steps or {}
end

local function bands(model)
  local list, name_of = {}, rows_of.step_namer(model.steps)
  local first = (model.warmup_windows or {})[1]
  if first then list[1] = { from = first.t_s, to = 0, label = "warm-up", kind = "warmup" } end
  for _, step in ipairs(shaded_steps(model.steps)) do
    list[#list + 1] = { from = step.from_s, to = step.to_s, label = name_of(step),
      kind = rows_of.is_ramp(step) and "ramp" or "step" }
  end
  return list
end

-- The series whose columns the table has.
local function present(series, has, id)
  local list = {}
  for _, item in ipairs(series) do
    if has[item.key] then
      item.table = M.table_id(id)
      list[#list + 1] = item
    end
  end
  return list
end

local TIME = { { key = "t", label = "time since the start", scale = "time" } }

local function load_chart(model, has, id)
  return chart.render(id .. "-load", {
    title = "Requests and failures", group = id, x = TIME, y = "a second", y2 = "users",
    bands = bands(model),
    series = present({
      { key = "rps", label = "requests/s", colour = "load", style = "area" },
      { key = "offered", label = "planned iterations/s", colour = "quiet", style = "dashed" },
      { key = "failed", label = "failed/s", colour = "bad", style = "area" },
      { key = "vus", label = "users", colour = "max", style = "steps", axis = "right" },
    }, has, id),
  })
end

local function latency_chart(model, has, id)
  return chart.render(id .. "-latency", {
    title = "Response times", group = id, x = TIME, y = "response time", unit = "ms",
    bands = bands(model),
    series = present({
      { key = "max", label = "max", colour = "max", hidden = true },
      { key = "p99", label = "p99", colour = "p99" },
      { key = "p95", label = "p95", colour = "p95" },
      { key = "p50", label = "p50", colour = "p50" },
    }, has, id),
  })
end

---@param model table
---@param id string
---@return lload.Markup|nil
function M.render(model, id)
  local windows = all_windows(model)
  if #windows == 0 then return nil end
  local columns, has = used_columns(windows)
  return markup.section(id .. "-time", "Over time", {
    load_chart(model, has, id),
    has.p50 and latency_chart(model, has, id) or "",
    markup.details(("Data of these charts: %d windows"):format(#windows),
      table_of(windows, columns, id)),
  })
end

return M
