--- A comparison as Markdown, for a pull-request comment: regressions first, the rest folded.

local comment_of = require "lload.report.comment"
local units = require "lload.units"
local words = require "lload.compare.words"

local M = {}

-- GitHub takes 65,536 characters in a comment; bytes are never fewer than characters.
local ROOM = 65000
local MOST_LINES = 20

local code, prose = comment_of.code, comment_of.prose

local COLUMNS = {
  { title = "", align = "left" }, { title = "Endpoint", align = "left" },
  { title = "p95 base", align = "right" }, { title = "p95 new", align = "right" },
  { title = "Change", align = "right" }, { title = "Interval", align = "right" },
  { title = "Errors base", align = "right" }, { title = "new", align = "right" },
}

local function row_of(one)
  local p95, errors = one.p95 or {}, one.errors or {}
  local interval = p95.low and ("%s … %s"):format(words.percent(p95.low), words.percent(p95.high))
  return {
    words.mark(one.verdict), code(one.name), p95.base and units.format_ms(p95.base) or "",
    p95.new and units.format_ms(p95.new) or "", p95.change and words.percent(p95.change) or "",
    interval or "", errors.base and units.format_share(errors.base) or "",
    errors.new and units.format_share(errors.new) or "",
  }
end

-- The line of an endpoint whose latency changed begins with its name as code already.
local function headline(one)
  if one.p95 and one.p95.verdict == one.verdict then
    local line = words.latency_line(one)
    local rest = line:sub(#one.name + 3)
    return code(one.name) .. rest
  end
  return ("%s errors: %s -> %s"):format(code(one.name), units.format_share(one.errors.base),
    units.format_share(one.errors.new))
end

local function changes(comment, comparison, verdict, title)
  local lines = {}
  for _, one in ipairs(comparison.endpoints) do
    if one.verdict == verdict then
      lines[#lines + 1] = "- " .. headline(one)
      if one.symptom then lines[#lines + 1] = "  " .. prose(one.symptom) end
    end
  end
  if #lines == 0 then return end
  comment:paragraph(title)
  for _, line in ipairs(lines) do
    if not comment:add(line .. "\n") then comment:leave_out("changes", 1) end
  end
  comment:add "\n"
end

local function sentences(comment, title, list)
  if #list == 0 then return end
  local lines = { title, "" }
  for index = 1, math.min(#list, MOST_LINES) do lines[#lines + 1] = "- " .. prose(list[index]) end
  if #list > MOST_LINES then lines[#lines + 1] = ("- … and %d more"):format(#list - MOST_LINES) end
  comment:paragraph(table.concat(lines, "\n"), "notes")
end

local function sections(comment, comparison)
  local print = comparison.fingerprint or {}
  local parts = { code(comparison.scenario or print.scenario or "comparison") }
  if print.stage then parts[#parts + 1] = "stage " .. code(print.stage) end
  parts[#parts + 1] = words.sides(comparison)
  comment:paragraph(("### %s"):format(prose(words.verdict_line(comparison))))
  comment:paragraph(table.concat(parts, " · "))
  if comparison.weak then comment:paragraph("> " .. words.WEAK) end
  sentences(comment, "**Not comparable**", comparison.differences)
  changes(comment, comparison, "regression", "**Worse**")
  changes(comment, comparison, "untested", "**Cannot be tested**")
  changes(comment, comparison, "improvement", "**Better**")
  changes(comment, comparison, "unclear", "**Perhaps chance**")
  sentences(comment, "**Gone since the base**", comparison.gone)
  sentences(comment, "**New endpoints**", comparison.new_endpoints)
  sentences(comment, "**Notes**", comparison.notes)
end

local function table_of(comparison)
  local rows = {}
  for index, one in ipairs(comparison.endpoints) do rows[index] = row_of(one) end
  return {
    heading = "Endpoints", columns = COLUMNS, rows = rows, what = "endpoints", shown = 5,
  }
end

--- Renders one comparison, or those of several scenarios one after another, the worst first.
---@param model table
---@return string
function M.render(model)
  local comment, tables = comment_of.new(ROOM), {}
  local list = {}
  for index, one in ipairs(model.comparisons or { model }) do list[index] = one end
  table.sort(list, function(a, b)
    if a.exit_code ~= b.exit_code then return a.exit_code > b.exit_code end
    return (a.scenario or "") < (b.scenario or "")
  end)
  for _, one in ipairs(list) do
    sections(comment, one)
    if #one.endpoints > 0 then tables[#tables + 1] = table_of(one) end
  end
  comment:tables(tables)
  return comment:text()
end

return M
