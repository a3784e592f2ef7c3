--- What a search, a spike or a soak found.

local chart = require "lload.report.html.chart"
local data_table = require "lload.report.html.data_table"
local drift = require "lload.analysis.drift"
local markup = require "lload.report.html.markup"
local rows_of = require "lload.report.rows"
local soak_of = require "lload.analysis.soak"
local text = require "lload.text"
local units = require "lload.units"
local words = require "lload.search.words"

local M = {}

local KIND = { PASS = "pass", FAIL = "fail", INVALID = "warn" }

local function number(value, format)
  return { text = rows_of.optional(value, format), sort = value }
end

local function lead(detail)
  return detail and markup.element("p", { class = "lead" }, text.one_line(detail)) or nil
end

local LEVEL_COLUMNS = {
  { title = "Test", number = true }, { title = "Load", number = true }, { title = "Verdict" },
  { title = "Req/s", number = true }, { title = "p95", number = true },
  { title = "Samples", number = true }, { title = "Why", prose = true },
}

local function level_row(of, level, index)
  local word = words.verdict(level)
  return {
    { text = tostring(index), sort = index },
    { text = words.load(of, level.load), sort = level.load }, markup.badge(KIND[word], word),
    number(level.rps, units.format_number), number(level.p95, units.format_ms),
    number(level.samples or 0, units.count), text.one_line(words.why(level)),
  }
end

-- The levels as two columns of a chart: those that passed, those that did not.
local function level_points(levels)
  local rows = {}
  for _, level in ipairs(levels) do
    if level.p95 then
      local p95 = data_table.rounded(level.p95)
      rows[#rows + 1] = { data_table.rounded(level.load), level.ok and p95 or "",
        level.ok and "" or p95 }
    end
  end
  return rows
end

local function level_chart(search, id)
  local points = level_points(search.levels or {})
  if #points == 0 then return nil end
  local load = search.of == "rate" and "iterations started a second" or "users"
  return {
    chart.render(id .. "-levels-chart", {
      title = "Levels of the search", y = "p95", unit = "ms",
      x = { { key = "load", label = load } },
      series = {
        { table = id .. "-levels", key = "pass", label = "passed", colour = "good",
          style = "marks" },
        { table = id .. "-levels", key = "fail", label = "failed", colour = "bad",
          style = "marks" },
      },
    }),
    markup.details("Data of this chart", data_table.render {
      id = id .. "-levels", caption = "p95 of each level", rows = points,
      columns = {
        { title = "Load", key = "load", number = true },
        { title = "p95 of a pass (ms)", key = "pass", number = true },
        { title = "p95 of a failure (ms)", key = "fail", number = true },
      },
    }),
  }
end

---@param model table
---@param id string
---@return lload.Markup|nil
function M.search(model, id)
  local search, rows = model.search, {}
  if not search then return nil end
  for index, level in ipairs(search.levels or {}) do
    rows[index] = level_row(search.of, level, index)
  end
  return markup.section(id .. "-search", "Search", {
    model.exit_code ~= 0 and lead(search.reason) or nil, level_chart(search, id),
    data_table.render { caption = "Levels in the order of their tests", columns = LEVEL_COLUMNS,
      rows = rows, sortable = true },
  })
end

local PARTS = { { "base", "before" }, { "peak", "peak" }, { "recovery", "recovery" } }
local PART_COLUMNS = {
  { title = "Part" }, { title = "From", number = true }, { title = "To", number = true },
  { title = "Requests", number = true }, { title = "Req/s", number = true },
  { title = "p95", number = true }, { title = "Errors", number = true },
}

local function seconds(value) return units.format_duration(math.floor(value * 10 + 0.5) / 10) end

---@param model table
---@param id string
---@return lload.Markup|nil
function M.spike(model, id)
  local spike, rows = model.spike, {}
  if not spike then return nil end
  for _, item in ipairs(PARTS) do
    local part = spike[item[1]]
    if part then
      rows[#rows + 1] = {
        item[2], number(part.from_s, seconds), number(part.to_s, seconds),
        number(part.requests, units.count), number(part.rps, units.format_number),
        number(part.p95, units.format_ms), number(part.error_rate, units.format_share),
      }
    end
  end
  return markup.section(id .. "-spike", "Spike", {
    lead(spike.detail),
    markup.facts {
      { "Recovered after", spike.recovery_s and seconds(spike.recovery_s) },
      { "Worst moment at", spike.peak_at_s and seconds(spike.peak_at_s) },
      { "p95 to come back to", spike.limit_p95 and units.format_ms(spike.limit_p95) },
    },
    data_table.render { caption = "Parts of the spike", columns = PART_COLUMNS, rows = rows },
  })
end

local DRIFT_COLUMNS = {
  { title = "Figure" }, { title = "Finding" }, { title = "From", number = true },
  { title = "To", number = true }, { title = "An hour", number = true },
  { title = "p value", number = true },
}

local function drift_row(row)
  local function show(value)
    return { text = value and drift.format(value, row.unit) or "", sort = value }
  end
  local finding = row.significant and markup.badge("fail", "DRIFTS")
    or row.unclear and markup.badge("warn", "UNCLEAR") or "steady"
  return {
    text.one_line(row.metric), finding, show(row.from), show(row.to), show(row.slope_per_h),
    number(row.p_value, function(p) return p < 0.001 and "<0.001" or ("%.3f"):format(p) end),
  }
end

local function soak_problems(model)
  local parts = {}
  for _, failure in ipairs(soak_of.failures(model)) do
    if failure.code ~= "drift" then
      parts[#parts + 1] = markup.element("p", { class = "message" }, failure.text)
    end
  end
  return parts
end

---@param model table
---@param id string
---@return lload.Markup|nil
function M.soak(model, id)
  local soak, rows = model.soak, {}
  if not soak then return nil end
  for index, row in ipairs(soak.drift or {}) do rows[index] = drift_row(row) end
  local restarts = #(soak.restarts or {})
  return markup.section(id .. "-soak", "Soak: " .. tostring(soak.verdict):gsub("_", " "), {
    lead(soak.detail),
    markup.facts {
      { "Windows", soak.windows and soak.window_s and ("%d of %s"):format(soak.windows,
        units.format_duration(soak.window_s)) },
      { "Restarts of the target", restarts > 0 and ("%d, the first after %s"):format(restarts,
        seconds(soak.restarts[1])) or nil },
    },
    data_table.render { caption = "Drift", columns = DRIFT_COLUMNS, rows = rows,
      sortable = true },
    soak_problems(model),
  })
end

return M
