--- A comparison as people read it: what changed, how sure it is, the verdict line.

local page_of = require "lload.report.page"
local paragraph = require "lload.report.paragraph"
local text = require "lload.text"
local units = require "lload.units"
local words = require "lload.compare.words"

local M = {}

local MOST_ROWS = 30

local COLUMNS = {
  { title = "", align = "left" },
  { title = "Endpoint", align = "left", flexible = true },
  { title = "p95 base", align = "right" },
  { title = "p95 new", align = "right" },
  { title = "Change", align = "right" },
  { title = "95% interval", align = "right" },
  { title = "Errors base", align = "right" },
  { title = "new", align = "right" },
}

local STYLE = { regression = "red", improvement = "green", unclear = "yellow", untested = "yellow" }

local function interval(figure)
  if not figure.low then return "" end
  return ("%s … %s"):format(words.percent(figure.low), words.percent(figure.high))
end

local function row_of(one)
  local p95, errors = one.p95 or {}, one.errors or {}
  return {
    words.mark(one.verdict), text.one_line(one.name),
    p95.base and units.format_ms(p95.base) or "", p95.new and units.format_ms(p95.new) or "",
    p95.change and words.percent(p95.change) or "", p95.change and interval(p95) or "",
    errors.base and units.format_share(errors.base) or "",
    errors.new and units.format_share(errors.new) or "",
  }
end

local function title(page, comparison)
  local print = comparison.fingerprint or {}
  local parts = { text.one_line(print.scenario or "comparison") }
  if print.stage then parts[#parts + 1] = "stage " .. text.one_line(print.stage) end
  parts[#parts + 1] = words.sides(comparison)
  page:line(page:paint("bold", text.cut(table.concat(parts, " · "), page.width)))
end

local function endpoints(page, comparison)
  if #comparison.endpoints == 0 then return end
  page:heading "Endpoints"
  local rows = {}
  local shown, hidden = page:limit(comparison.endpoints, MOST_ROWS)
  for index, one in ipairs(shown) do rows[index] = row_of(one) end
  page:table(COLUMNS, rows)
  page:more(hidden)
end

local function details(page, comparison)
  for _, one in ipairs(comparison.endpoints) do
    for _, line in ipairs(words.lines(one)) do
      if one.verdict ~= "unchanged" then paragraph.add(page, line, STYLE[one.verdict]) end
    end
  end
end

local function list(page, heading, items, style)
  if #items == 0 then return end
  page:heading(heading)
  for _, item in ipairs(items) do paragraph.add(page, item, style) end
end

--- The last line: `REGRESSION (exit 96): …`.
---@param comparison table
---@param view lload.ConsoleOptions
---@return string
function M.verdict_line(comparison, view)
  local page = page_of.new(view)
  local style = comparison.exit_code == 0 and "green" or "red"
  return page:paint(style, words.verdict_line(comparison))
end

--- The whole text.
---@param comparison table `lload/compare/1`
---@param view lload.ConsoleOptions
---@return string
function M.render(comparison, view)
  local page = page_of.new(view)
  title(page, comparison)
  list(page, "Not comparable", comparison.differences, "red")
  endpoints(page, comparison)
  if #comparison.endpoints > 0 then page:line "" end
  details(page, comparison)
  list(page, "Gone since the base", comparison.gone)
  list(page, "New endpoints", comparison.new_endpoints)
  list(page, "Notes", comparison.notes, "dim")
  if comparison.weak then paragraph.add(page, words.WEAK, "yellow") end
  page:line ""
  page:line(M.verdict_line(comparison, view))
  return table.concat(page.lines, "\n") .. "\n"
end

return M
