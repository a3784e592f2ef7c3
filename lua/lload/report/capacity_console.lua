--- The capacity of a system in the terminal: where it breaks, its levels, its limits, the plan.

local page_of = require "lload.report.page"
local paragraph = require "lload.report.paragraph"
local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"
local words = require "lload.capacity.words"

local M = {}

local MOST_LEVELS = 20
local MOST_ENDPOINTS = 5

local LEVELS = {
  { title = "Load", align = "right" },
  { title = "VUs", align = "right", optional = true },
  { title = "Req/s", align = "right" },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right", optional = true },
  { title = "Errors", align = "right" },
  { title = "In flight", align = "right" },
  { title = "Little", align = "right" },
  { title = "", align = "left" },
}

local ENDPOINTS = {
  { title = "Endpoint", align = "left", flexible = "name" },
  { title = "Share", align = "right" },
  { title = "Count", align = "right" },
  { title = "p95", align = "right" },
}

local PLAN = {
  { title = "Plan", align = "left" },
  { title = "Now", align = "right" },
  { title = "Linear", align = "right" },
  { title = "Pessimistic", align = "right" },
}

local optional = rows_of.optional

--- One level as cells of a table, the same in each report.
---@param of "vus"|"rate"
---@param level lload.CapacityLevel
---@return string[]
function M.level_cells(of, level)
  return {
    words.load(of, level.load), optional(level.vus, units.format_number),
    units.format_number(level.rps), optional(level.p50, units.format_ms),
    optional(level.p95, units.format_ms), optional(level.p99, units.format_ms),
    optional(level.error_rate, units.format_share),
    optional(level.in_flight, units.format_number), optional(level.little, units.format_number),
    words.state(level),
  }
end

M.LEVELS, M.PLAN = LEVELS, PLAN

local function title(page, model)
  local parts = { text.one_line(model.scenario) }
  if model.stage then parts[#parts + 1] = "stage " .. text.one_line(model.stage) end
  parts[#parts + 1] = "capacity"
  page:line(page:paint("bold", text.cut(table.concat(parts, " · "), page.width)))
end

local function levels(page, model)
  page:heading "Levels"
  local rows = {}
  local shown, hidden = page:limit(model.levels, MOST_LEVELS)
  for index, level in ipairs(shown) do rows[index] = M.level_cells(model.of, level) end
  page:table(LEVELS, rows)
  page:more(hidden)
  for _, line in ipairs(words.doubts(model)) do paragraph.add(page, line, "yellow") end
end

local function limits(page, model)
  page:heading "Limits"
  for _, limit in ipairs(model.limits) do
    paragraph.add(page, words.limit(model.of, limit), limit.bad and "yellow" or nil)
  end
  paragraph.add(page, words.law(model))
end

local function endpoints(page, model)
  if #model.endpoints == 0 then return end
  page:heading "Where the time goes"
  local rows = {}
  local shown, hidden = page:limit(model.endpoints, MOST_ENDPOINTS)
  for index, one in ipairs(shown) do
    rows[index] = {
      text.one_line(one.name), units.format_share(one.share), units.count(one.count),
      optional(one.p95, units.format_ms),
    }
  end
  page:table(ENDPOINTS, rows)
  page:more(hidden)
end

local function plan(page, model)
  if not model.plan then return end
  page:heading "Plan"
  page:table(PLAN, words.plan_rows(model.plan))
  for _, line in ipairs(words.plan_lines(model.plan)) do
    paragraph.add(page, line, line:find "EXCEED" and "red" or nil)
  end
end

local function notes(page, model)
  if #model.notes > 0 then page:line "" end
  for _, note in ipairs(model.notes) do paragraph.add(page, note, "dim") end
end

local function conclusion(page, model)
  page:line ""
  local function add(line, style)
    for _, part in ipairs(M.wrapped(line, page.width)) do page:line(page:paint(style, part)) end
  end
  add(words.breaking_point(model), "bold")
  local ceiling = words.ceiling(model)
  if ceiling then add(ceiling, "bold") end
end

--- A sentence broken between words.
---@param line string
---@param width integer
---@return string[]
function M.wrapped(line, width)
  local page = page_of.new { width = width }
  page.INDENT = ""
  paragraph.add(page, line)
  return page.lines
end

local SECTIONS = { title, levels, limits, endpoints, plan, notes, conclusion }

--- The whole text.
---@param model table `lload/capacity/1`
---@param view lload.ConsoleOptions
---@return string
function M.render(model, view)
  local page = page_of.new(view)
  for _, section in ipairs(SECTIONS) do section(page, model) end
  return table.concat(page.lines, "\n") .. "\n"
end

return M
