--- The summary people read after a run: sections one below another, then the verdict line.

local arrivals = require "lload.report.arrivals_section"
local baseline = require "lload.report.baseline_section"
local bottleneck = require "lload.report.bottleneck_section"
local checks = require "lload.report.checks_section"
local errors = require "lload.report.errors_section"
local metrics = require "lload.report.metrics_section"
local page_of = require "lload.report.page"
local paragraph = require "lload.report.paragraph"
local requests = require "lload.report.requests_section"
local search = require "lload.report.search_section"
local soak = require "lload.report.soak_section"
local spike = require "lload.report.spike_section"
local steps = require "lload.report.steps_section"
local streams = require "lload.report.streams_section"
local text = require "lload.text"
local thresholds = require "lload.report.thresholds_section"
local totals = require "lload.report.totals_section"
local units = require "lload.units"
local verdict = require "lload.verdict"

local M = {}

---@class lload.ConsoleOptions
---@field width integer
---@field color boolean
---@field verbose boolean shows every row of every table
---@field summary? "full"|"short"|"none" full when absent
---@field written? string[] files

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

local function notes(page, model)
  if #(model.notes or {}) == 0 then return end
  page:heading("Notes")
  for _, note in ipairs(model.notes) do page:foreign(note) end
end

local function written(page, _, options)
  local files = options.written
  if not files or #files == 0 then return end
  page:heading("Written")
  for _, file in ipairs(files) do page:line(page.INDENT .. text.one_line(file)) end
end

-- In their order; a short summary has those that tell why the verdict is what it is.
local SECTIONS = {
  { draw = title, short = true },
  { draw = validity, short = true },
  { draw = outage, short = true },
  { draw = thresholds, short = true },
  { draw = baseline.draw, short = true },
  { draw = search, short = true },
  { draw = spike.draw, short = true },
  { draw = soak.draw, short = true },
  { draw = steps },
  { draw = arrivals },
  { draw = requests },
  { draw = bottleneck },
  { draw = checks },
  { draw = errors.errors, short = true },
  { draw = errors.iteration_failures, short = true },
  { draw = errors.script_errors, short = true },
  { draw = errors.stopped, short = true },
  { draw = metrics },
  { draw = totals },
  { draw = notes },
  { draw = streams },
  { draw = written },
}

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

--- Renders the summary of one run.
---@param model table
---@param options lload.ConsoleOptions
---@return string
function M.render(model, options)
  if options.summary == "none" then return M.verdict_line(model, options) .. "\n" end
  local page = page_of.new(options)
  for _, section in ipairs(SECTIONS) do
    if section.short or options.summary ~= "short" then section.draw(page, model, options) end
  end
  page:line("")
  page:line(M.verdict_line(model, options))
  return table.concat(page.lines, "\n") .. "\n"
end

return M
