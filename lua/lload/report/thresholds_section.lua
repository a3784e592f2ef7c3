--- The thresholds in the summary: what was to hold, what it was, when, and by how much.

local judged = require "lload.judged"
local report_rows = require "lload.report.rows"
local text = require "lload.text"

local MOST_ROWS = 10

local COLUMNS = {
  { title = "", align = "left" },
  { title = "Threshold", align = "left", flexible = "name" },
  { title = "Limit", align = "left" },
  { title = "Actual", align = "right" },
  { title = "Margin", align = "right" },
}

local function word(t)
  return t.ok and "PASS" or "FAIL"
end

local function rows_of(thresholds)
  local rows = {}
  for index, t in ipairs(thresholds) do
    rows[index] = {
      word(t), text.one_line(judged.label(t.metric, t.tags)), t.expression,
      judged.actual_when(t), judged.margin(t),
    }
  end
  return rows
end

--- Draws the section when there are thresholds.
---@param page lload.Page
---@param model table
return function(page, model)
  local all = model.thresholds
  if #all == 0 then return end
  page:heading("Thresholds")
  local shown, hidden = page:limit(
    #all > MOST_ROWS and report_rows.failed_thresholds_first(all) or all, MOST_ROWS)
  local first = #page.lines + 1
  page:table(COLUMNS, rows_of(shown))
  for index, t in ipairs(shown) do
    page.lines[first + index] = page.lines[first + index]:gsub(word(t),
      page:paint(t.ok and "green" or "red", word(t)), 1)
  end
  page:more(hidden)
end
