--- The part of a summary that says what a soak found.

local drift = require "lload.analysis.drift"
local paragraph = require "lload.report.paragraph"
local soak_of = require "lload.analysis.soak"
local text = require "lload.text"
local units = require "lload.units"

local M = {}

local MOST_ROWS = 20
local HOURLY_S = 600
local STYLE = { drifting = "red", too_short = "yellow" }
local WARNING = "yellow"

local function columns(per)
  return {
    { title = "Figure", align = "left", flexible = "name" },
    { title = "From", align = "right" },
    { title = "To", align = "right" },
    { title = per, align = "right" },
    { title = "p", align = "right" },
    { title = "", align = "left" },
  }
end

local function slope_of(row, hourly)
  local slope = hourly and row.slope_per_h or row.slope_per_h / 60
  if slope == 0 then return "0" end
  return (slope > 0 and "+" or "") .. drift.format(slope, row.unit)
end

local function p_value_of(row)
  if not row.p_value then return "" end
  if row.p_value < 0.001 then return "<0.001" end
  return (row.p_value < 0.1 and "%.3f" or "%.2f"):format(row.p_value)
end

local function row_of(row, hourly)
  return {
    text.one_line(row.metric),
    row.from and drift.format(row.from, row.unit) or "",
    row.to and drift.format(row.to, row.unit) or "",
    slope_of(row, hourly), p_value_of(row),
    row.significant and "drifts" or row.unclear and "unclear" or "",
  }
end

local function figures(page, soak)
  local list = soak.drift or {}
  if #list == 0 then return end
  local hourly = (list[1].over_s or HOURLY_S) >= HOURLY_S
  local shown, hidden = page:limit(list, MOST_ROWS)
  local rows = {}
  for index, row in ipairs(shown) do rows[index] = row_of(row, hourly) end
  page:table(columns(hourly and "An hour" or "A minute"), rows)
  page:more(hidden)
end

local function windows_note(page, soak)
  if not soak.window_s or (soak.windows or 0) == 0 then return end
  local note = ("%d windows of %s from %s to %s"):format(soak.windows,
    units.format_duration(soak.window_s), units.format_duration(soak.from_s or 0),
    units.format_duration(soak.to_s or 0))
  page:line(page:paint("dim", text.cut(page.INDENT .. note, page.width)))
end

local function restarts(page, soak)
  local list = soak.restarts or {}
  if #list == 0 then return end
  local hint = #list > 10 and "; several instances behind one address look like that too" or ""
  paragraph.add(page, ("the target restarted %s, first noticed after %s%s"):format(
    #list == 1 and "once" or ("%d times"):format(#list),
    units.format_duration(math.floor(list[1] + 0.5)), hint), "yellow")
end

--- Draws it; nothing when the run was no soak.
---@param page lload.Page
---@param model table
function M.draw(page, model)
  local soak = model.soak
  if not soak then return end
  page:heading(("Soak: %s"):format((tostring(soak.verdict):gsub("_", " "))))
  local only_warns = soak.verdict == "drifting" and soak.on_drift == "warn"
  paragraph.add(page, soak.detail or "", only_warns and WARNING or STYLE[soak.verdict])
  figures(page, soak)
  windows_note(page, soak)
  restarts(page, soak)
  for _, failure in ipairs(soak_of.failures(model)) do
    if failure.code ~= "drift" then paragraph.add(page, failure.text, "red") end
  end
end

return M
