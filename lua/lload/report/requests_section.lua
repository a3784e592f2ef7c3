--- The endpoints in the summary, those that took most time first, with the verdict of their
--- thresholds.

local rows_of = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"

local MOST_ROWS = 10

local COLUMNS = {
  { title = "Endpoint", align = "left", flexible = "name" },
  { title = "Count", align = "right" },
  { title = "Req/s", align = "right", optional = true },
  { title = "p50", align = "right" },
  { title = "p95", align = "right" },
  { title = "p99", align = "right" },
  { title = "Max", align = "right", optional = true },
  { title = "Failed", align = "right" },
  { title = "", align = "left" },
}

local WORD = { [true] = "PASS", [false] = "FAIL" }

local function row_of(request, verdict)
  local p50, p95, p99 = rows_of.percentiles(request.duration)
  return {
    text.one_line(request.name), units.count(request.count),
    rows_of.optional(request.rate, units.format_number), p50, p95, p99,
    rows_of.optional(request.duration and request.duration.max, units.format_ms),
    units.count(request.failed or 0), WORD[verdict] or "",
  }
end

local function paint(page, first, requests, verdicts)
  for index, request in ipairs(requests) do
    local verdict = verdicts[request.name]
    if verdict ~= nil then
      page.lines[first + index] = page.lines[first + index]:gsub(WORD[verdict] .. "$",
        page:paint(verdict and "green" or "red", WORD[verdict]))
    end
  end
end

-- Stands below both tables that have blanks.
local function blank_note(page, model)
  if rows_of.has_thin_tail(model) then
    page:line(page:paint("dim",
      text.cut(page.INDENT .. "blank: fewer than 10 samples beyond it; result.json has the value",
        page.width)))
  end
end

--- Draws the section when there are requests.
---@param page lload.Page
---@param model table
return function(page, model)
  if #model.requests > 0 then
    page:heading("Requests")
    local shown, hidden = page:limit(rows_of.by_total_time(model.requests), MOST_ROWS)
    local verdicts, rows = rows_of.verdicts_of_endpoints(model.thresholds), {}
    for index, request in ipairs(shown) do
      rows[index] = row_of(request, verdicts[request.name])
    end
    local first = #page.lines + 1
    page:table(COLUMNS, rows)
    paint(page, first, shown, verdicts)
    page:more(hidden)
  end
  blank_note(page, model)
end
