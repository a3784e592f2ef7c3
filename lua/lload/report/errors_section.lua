--- What went wrong, in the summary: errors by class, iterations that ended early, script errors,
--- and what stopped the run.

local text = require "lload.text"
local units = require "lload.units"

local M = {}

local MOST_ROWS = 5
local MOST_SCRIPT_ERRORS = 3
local TRACEBACK_LINES = 6

local COLUMNS = {
  { title = "", align = "left" },
  { title = "", align = "right" },
  { title = "", align = "left", flexible = "prose" },
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

-- The most frequent first; equal ones as they are.
local function by_count(errors)
  local sorted, order = {}, {}
  for index, item in ipairs(errors) do sorted[index], order[item] = item, index end
  table.sort(sorted, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return order[a] < order[b]
  end)
  return sorted
end

--- Errors by class, each with its count and its first example.
---@param page lload.Page
---@param model table
function M.errors(page, model)
  if #model.errors == 0 then return end
  page:heading("Errors")
  local shown, hidden = page:limit(by_count(model.errors), MOST_ROWS)
  local rows = {}
  for index, item in ipairs(shown) do
    rows[index] = { item.class, units.count(item.count), text.one_line(item.sample or "") }
  end
  page:table(COLUMNS, rows)
  page:more(hidden)
  for _, item in ipairs(shown) do exchanges(page, item) end
end

--- Iterations that a nil parameter or an unmet expectation ended.
---@param page lload.Page
---@param model table
function M.iteration_failures(page, model)
  local failures = model.iteration_failures or {}
  if #failures == 0 then return end
  page:heading("Iterations ended early")
  local rows = {}
  for index, item in ipairs(failures) do
    rows[index] = { units.count(item.count), text.one_line(item.reason) }
  end
  local shown, hidden = page:limit(rows, MOST_ROWS)
  page:table({
    { title = "", align = "right" }, { title = "", align = "left", flexible = "prose" },
  }, shown)
  page:more(hidden)
end

local function traceback(page, lines)
  local most, count = page.verbose and 1000 or TRACEBACK_LINES, 0
  for line in text.lines(lines):gmatch("[^\n]+") do
    count = count + 1
    if count > most then break end
    page:line(text.cut(page.INDENT .. page.INDENT .. line:gsub("^%s+", ""), page.width))
  end
end

--- Distinct errors of the script, with the traceback of the first.
---@param page lload.Page
---@param model table
function M.script_errors(page, model)
  if #model.script_errors == 0 then return end
  page:heading("Script errors")
  local shown, hidden = page:limit(model.script_errors, MOST_SCRIPT_ERRORS)
  for index, item in ipairs(shown) do
    page:foreign(("%s× %s"):format(units.count(item.count), item.message), "red")
    if item.traceback and (index == 1 or page.verbose) then traceback(page, item.traceback) end
  end
  page:more(hidden)
end

--- The verdict line names why a run stopped; what more is known (a traceback) stands here.
---@param page lload.Page
---@param model table
function M.stopped(page, model)
  local more = model.stop and model.stop.detail and model.stop.detail:match("\n(.+)$")
  if not more then return end
  page:heading("Stopped")
  page:foreign(model.stop.detail:match("^[^\n]*"), "red")
  traceback(page, more)
end

return M
