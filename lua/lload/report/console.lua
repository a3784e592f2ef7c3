--- The summary people read after a run: validity, thresholds, tables, errors, the verdict line.

local arrivals = require "lload.report.arrivals_section"
local judged = require "lload.judged"
local metrics = require "lload.metrics"
local paragraph = require "lload.report.paragraph"
local page_of = require "lload.report.page"
local reader = require "lload.reader"
local search = require "lload.report.search_section"
local soak = require "lload.report.soak_section"
local spike = require "lload.report.spike_section"
local streams = require "lload.report.streams_section"
local text = require "lload.text"
local units = require "lload.units"
local verdict = require "lload.verdict"

local M = {}

local MOST_ROWS = 20
local MOST_CUSTOM = 20
local TRACEBACK_LINES = 6

---@class lload.ConsoleOptions
---@field width integer
---@field color boolean
---@field verbose boolean
---@field written? string[] files

-- A percentile with fewer than 10 samples beyond it says nothing: a blank in tables.
local function percentile(trend, name, share)
  if not trend or not trend[name] or trend.count * (1 - share) < 10 - 1e-9 then return "" end
  return units.format_ms(trend[name])
end

local function percentiles(trend)
  return percentile(trend, "med", 0.5), percentile(trend, "p(95)", 0.95),
    percentile(trend, "p(99)", 0.99)
end

local function title(page, model)
  local scenario = model.scenario
  local parts = { text.one_line(scenario.name) }
  if scenario.stage then parts[#parts + 1] = "stage " .. text.one_line(scenario.stage) end
  parts[#parts + 1] = units.format_duration(model.duration_s)
  if model.settings and model.settings.base_url then
    parts[#parts + 1] = text.one_line(model.settings.base_url)
  end
  page:line(page:paint("bold", text.cut(table.concat(parts, " · "), page.width)))
end

local function validity(page, model)
  if model.validity.verdict == "ok" then return end
  page:heading(("Measurement %s"):format(model.validity.verdict:upper()))
  for _, reason in ipairs(model.validity.reasons) do
    local function show(value)
      return type(value) == "number" and units.format_number(value) or tostring(value)
    end
    local line = reason.code
    if reason.value ~= nil then line = ("%s %s"):format(line, show(reason.value)) end
    if reason.limit ~= nil then line = ("%s (limit %s)"):format(line, show(reason.limit)) end
    if reason.hint then line = ("%s: %s"):format(line, reason.hint) end
    paragraph.add(page, line, "yellow")
  end
end

local function outage(page, model)
  if not verdict.nothing_succeeded(model) then return end
  page:line("")
  page:line(page:paint("red", "No request succeeded; the numbers below describe an outage."))
end

local THRESHOLD_COLUMNS = {
  { title = "", align = "left" },
  { title = "Threshold", align = "left", flexible = true },
  { title = "Limit", align = "left" },
  { title = "Actual", align = "right" },
  { title = "Margin", align = "right" },
}

local function thresholds(page, model)
  if #model.thresholds == 0 then return end
  page:heading("Thresholds")
  local rows = {}
  for index, t in ipairs(model.thresholds) do
    rows[index] = {
      t.ok and "PASS" or "FAIL", text.one_line(judged.label(t.metric, t.tags)), t.expression,
      judged.actual(t), judged.margin(t),
    }
  end
  local first = #page.lines + 1
  page:table(THRESHOLD_COLUMNS, rows)
  for index, t in ipairs(model.thresholds) do
    local line = page.lines[first + index]
    local word = t.ok and "PASS" or "FAIL"
    page.lines[first + index] = line:gsub(word, page:paint(t.ok and "green" or "red", word), 1)
  end
end

local STEP_COLUMNS = {
  { title = "Step", align = "left", flexible = true },
  { title = "VUs", align = "right" },
  { title = "RPS", align = "right" },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right" },
  { title = "Errors", align = "right" },
}

local function step_name(step, several)
  local name = tostring(step.step)
  if several then name = ("%s/%s"):format(tostring(step.profile), name) end
  return step.label and ("%s %s"):format(name, text.one_line(step.label)) or name
end

local function optional(value, format)
  return value ~= nil and format(value) or ""
end

local function steps(page, model)
  if #model.steps == 0 then return end
  page:heading("Steps")
  local several = false
  for _, step in ipairs(model.steps) do several = several or (step.profile or 1) > 1 end
  local rows = {}
  for index, step in ipairs(model.steps) do
    local p50, p95, p99 = percentiles(step.duration)
    rows[index] = {
      step_name(step, several), optional(step.vus, units.format_number),
      optional(step.rps, units.format_number), p50, p95, p99,
      optional(step.error_rate, units.format_share),
    }
  end
  page:table(STEP_COLUMNS, rows)
end

local REQUEST_COLUMNS = {
  { title = "Endpoint", align = "left", flexible = true },
  { title = "Count", align = "right" },
  { title = "Req/s", align = "right" },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right" },
  { title = "Max", align = "right" },
  { title = "Failed", align = "right" },
}

-- The endpoints that took most time first; equal ones by name.
local function by_total_time(requests)
  local sorted = {}
  for index, request in ipairs(requests) do sorted[index] = request end
  table.sort(sorted, function(a, b)
    local x, y = a.total_ms or 0, b.total_ms or 0
    if x ~= y then return x > y end
    return a.name < b.name
  end)
  return sorted
end

local function requests(page, model)
  if #model.requests == 0 then return end
  page:heading("Requests")
  local shown, hidden = page:limit(by_total_time(model.requests), MOST_ROWS)
  local rows = {}
  for index, request in ipairs(shown) do
    local p50, p95, p99 = percentiles(request.duration)
    rows[index] = {
      text.one_line(request.name), units.count(request.count),
      optional(request.rate, units.format_number), p50, p95, p99,
      optional(request.duration and request.duration.max, units.format_ms),
      units.count(request.failed or 0),
    }
  end
  page:table(REQUEST_COLUMNS, rows)
  page:more(hidden)
end

local function has_thin_tail(model)
  for _, list in ipairs { model.requests, model.steps } do
    for _, item in ipairs(list) do
      if item.duration and item.duration.count * 0.01 < 10 - 1e-9 then return true end
    end
  end
  return false
end

local function thin_tail_note(page, model)
  if has_thin_tail(model) then
    page:line(page:paint("dim",
      text.cut(page.INDENT .. "blank: fewer than 10 samples beyond it; result.json has the value",
        page.width)))
  end
end

local CHECK_COLUMNS = {
  { title = "", align = "left" },
  { title = "", align = "right" },
  { title = "", align = "left", flexible = true },
  { title = "", align = "left" },
}

local function checks(page, model)
  if #model.checks == 0 then return end
  page:heading("Checks")
  local sorted = {}
  for index, check in ipairs(model.checks) do sorted[index] = check end
  table.sort(sorted, function(a, b)
    if (a.fails > 0) ~= (b.fails > 0) then return a.fails > 0 end
    return a.name < b.name
  end)
  local shown, hidden = page:limit(sorted, MOST_ROWS)
  local rows, messages = {}, {}
  for index, check in ipairs(shown) do
    local total = check.passes + check.fails
    rows[index] = {
      check.fails == 0 and "ok" or "FAIL",
      units.format_share(total > 0 and check.passes / total or 0), text.one_line(check.name),
      ("%s of %s"):format(units.count(check.passes), units.count(total)),
    }
    if check.message then messages[#messages + 1] = ("%s: %s"):format(check.name, check.message) end
  end
  page:table(CHECK_COLUMNS, rows)
  for _, message in ipairs(messages) do page:foreign(message) end
  page:more(hidden)
end

local ERROR_COLUMNS = {
  { title = "", align = "left" },
  { title = "", align = "right" },
  { title = "", align = "left", flexible = true },
}

-- What --debug kept of an error; the whole of it with -v, else the first.
local function exchanges(page, item)
  for index, exchange in ipairs(item.exchanges or {}) do
    if index > 1 and not page.verbose then break end
    page:line("")
    for line in exchange:gmatch "[^\n]+" do
      page:line(text.cut(page.INDENT .. text.one_line(line), page.width))
    end
  end
end

local function errors(page, model)
  if #model.errors == 0 then return end
  page:heading("Errors")
  local rows = {}
  for index, item in ipairs(model.errors) do
    rows[index] = { item.class, units.count(item.count), text.one_line(item.sample or "") }
  end
  page:table(ERROR_COLUMNS, rows)
  for _, item in ipairs(model.errors) do exchanges(page, item) end
end

local function iteration_failures(page, model)
  local failures = model.iteration_failures or {}
  if #failures == 0 then return end
  page:heading("Iterations ended early")
  local rows = {}
  for index, item in ipairs(failures) do
    rows[index] = { units.count(item.count), text.one_line(item.reason) }
  end
  local shown, hidden = page:limit(rows, MOST_ROWS)
  page:table({
    { title = "", align = "right" }, { title = "", align = "left", flexible = true },
  }, shown)
  page:more(hidden)
end

local function traceback(page, lines, most)
  local count = 0
  for line in text.lines(lines):gmatch("[^\n]+") do
    count = count + 1
    if count > most then break end
    page:line(text.cut(page.INDENT .. page.INDENT .. line:gsub("^%s+", ""), page.width))
  end
end

local function script_errors(page, model)
  if #model.script_errors == 0 then return end
  page:heading("Script errors")
  local shown, hidden = page:limit(model.script_errors, 5)
  for index, item in ipairs(shown) do
    page:foreign(("%s× %s"):format(units.count(item.count), item.message), "red")
    if item.traceback and (index == 1 or page.verbose) then
      traceback(page, item.traceback, page.verbose and 1000 or TRACEBACK_LINES)
    end
  end
  page:more(hidden)
end

-- The verdict line names why a run stopped; what more is known (a traceback) stands here.
local function stopped(page, model)
  local more = model.stop and model.stop.detail and model.stop.detail:match("\n(.+)$")
  if not more then return end
  page:heading("Stopped")
  page:foreign(model.stop.detail:match("^[^\n]*"), "red")
  traceback(page, more, page.verbose and 1000 or TRACEBACK_LINES)
end

local function metric_row(name, metric)
  if metric.type == "counter" then
    return { name, units.format_number(metric.count),
      ("%s/s"):format(units.format_number(metric.rate or 0)) }
  elseif metric.type == "rate" then
    return { name, units.format_share(metric.rate), ("%s of %s"):format(
      units.count(metric.passes), units.count(metric.passes + metric.fails)) }
  elseif metric.type == "gauge" then
    return { name, units.format_number(metric.value), ("min %s, max %s"):format(
      units.format_number(metric.min), units.format_number(metric.max)) }
  end
  local format = metrics.is_time(name, "avg") and units.format_ms or units.format_number
  return { name, "avg " .. format(metric.avg), ("p(95) %s, max %s, %s samples"):format(
    format(metric["p(95)"]), format(metric.max), units.count(metric.count)) }
end

-- The metrics of the script; with -v the built-in ones too.
local function custom_metrics(page, model)
  local rows = {}
  for _, name in ipairs(reader.sorted_keys(model.metrics)) do
    if page.verbose or not metrics.BUILT_IN[name] then
      rows[#rows + 1] = metric_row(name, model.metrics[name])
    end
  end
  if #rows == 0 then return end
  page:heading(page.verbose and "Metrics" or "Custom metrics")
  local shown, hidden = page:limit(rows, MOST_CUSTOM)
  page:table({
    { title = "", align = "left", flexible = true }, { title = "", align = "right" },
    { title = "", align = "left" },
  }, shown)
  page:more(hidden)
end

local function iterations_line(model)
  local m = model.metrics
  if not m.iterations then return nil end
  local parts = { ("%s iterations"):format(units.count(m.iterations.count)) }
  if m.iterations.rate then
    parts[1] = ("%s (%s/s)"):format(parts[1], units.format_number(m.iterations.rate))
  end
  for _, item in ipairs {
    { "iterations_failed", "ended early" }, { "iteration_errors", "with script errors" },
    { "dropped_iterations", "dropped" },
  } do
    local metric = m[item[1]]
    if metric and metric.count > 0 then
      parts[#parts + 1] = ("%s %s"):format(units.count(metric.count), item[2])
    end
  end
  return table.concat(parts, ", ")
end

local function totals(page, model)
  local m = model.metrics
  local lines = { iterations_line(model) }
  if m.data_sent and m.data_received then
    local line = ("%s sent, %s received"):format(
      units.format_bytes(m.data_sent.count), units.format_bytes(m.data_received.count))
    local opened = model.connections and model.connections.opened
    if opened then line = ("%s, %s connections opened"):format(line, units.count(opened)) end
    lines[#lines + 1] = line
  end
  if #lines == 0 then return end
  page:heading("Totals")
  for _, line in ipairs(lines) do page:line(page.INDENT .. line) end
  if model.settings and model.settings.seed then
    page:line(("%sseed %.0f, %d threads"):format(
      page.INDENT, model.settings.seed, model.settings.threads or 1))
  end
end

local function notes(page, model)
  if #(model.notes or {}) == 0 then return end
  page:heading("Notes")
  for _, note in ipairs(model.notes) do page:foreign(note) end
end

local function written(page, files)
  if not files or #files == 0 then return end
  page:heading("Written")
  for _, file in ipairs(files) do page:line(page.INDENT .. text.one_line(file)) end
end

--- The verdict as one line, painted when colours are wanted.
---@param model table
---@param options lload.ConsoleOptions
---@return string
function M.verdict_line(model, options)
  local page = page_of.new(options)
  local headline = verdict.headline(model.exit_code)
  local line = text.one_line(verdict.line(model))
  return page:paint(model.exit_code == 0 and "green" or "red", headline)
    .. line:sub(#headline + 1)
end

--- Renders the whole summary of one run.
---@param model table
---@param options lload.ConsoleOptions
---@return string
function M.render(model, options)
  local page = page_of.new(options)
  title(page, model)
  validity(page, model)
  outage(page, model)
  thresholds(page, model)
  search(page, model)
  spike.draw(page, model)
  soak.draw(page, model)
  steps(page, model)
  arrivals(page, model)
  requests(page, model)
  thin_tail_note(page, model)
  checks(page, model)
  errors(page, model)
  iteration_failures(page, model)
  script_errors(page, model)
  stopped(page, model)
  custom_metrics(page, model)
  totals(page, model)
  notes(page, model)
  streams.draw(page, model)
  written(page, options.written)
  page:line("")
  page:line(M.verdict_line(model, options))
  return table.concat(page.lines, "\n") .. "\n"
end

return M
