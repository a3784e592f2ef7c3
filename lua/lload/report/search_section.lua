--- The part of the summary that a search adds: its bracket, and the levels that led to it.

local paragraph = require "lload.report.paragraph"
local text = require "lload.text"
local units = require "lload.units"
local words = require "lload.search.words"

local COLUMNS = {
  { title = "Load", align = "right" },
  { title = "Req/s", align = "right" },
  { title = "p95", align = "right" },
  { title = "Samples", align = "right" },
  { title = "Verdict", align = "left" },
  { title = "Why", align = "left", flexible = "prose" },
}

local STYLE = { PASS = "green", FAIL = "red", INVALID = "yellow" }
local FEWEST_FOR_P95 = 200 -- ten beyond it, as in the other tables

local function p95_of(level)
  if not level.p95 or (level.samples or 0) < FEWEST_FOR_P95 then return "" end
  return units.format_ms(level.p95)
end

local function row(of, level)
  return {
    words.load(of, level.load), level.rps and units.format_number(level.rps) or "", p95_of(level),
    units.count(level.samples or 0), words.verdict(level), text.one_line(words.why(level)),
  }
end

local function paint_verdicts(page, first, levels)
  for index, level in ipairs(levels) do
    local word = words.verdict(level)
    local line = page.lines[first + index]
    page.lines[first + index] = line:gsub(word, page:paint(STYLE[word], word), 1)
  end
end

--- Draws the search of a run, if it was one. All its levels are shown, in the order of their tests:
--- the last ones are those that confirm the bracket.
---@param page lload.Page
---@param model table
return function(page, model)
  local search = model.search
  if not search then return end
  page:heading("Search")
  paragraph.add(page, search.reason or "")
  local levels, rows = search.levels or {}, {}
  for index, level in ipairs(levels) do rows[index] = row(search.of, level) end
  if #rows == 0 then return end
  local first = #page.lines + 1
  page:table(COLUMNS, rows)
  paint_verdicts(page, first, levels)
end
