--- The part of a summary that says what a spike did.

local paragraph = require "lload.report.paragraph"
local units = require "lload.units"

local M = {}

local COLUMNS = {
  { title = "Part", align = "left", flexible = "name" },
  { title = "From", align = "right" },
  { title = "To", align = "right" },
  { title = "RPS", align = "right" },
  { title = "p95", align = "right" },
  { title = "Errors", align = "right" },
}

local PARTS = { { "base", "before" }, { "peak", "peak" }, { "recovery", "recovery" } }

local function optional(value, format)
  return value ~= nil and format(value) or ""
end

local function at(seconds) return units.format_duration(math.floor(seconds + 0.5)) end

local function rows_of(spike)
  local rows = {}
  for _, item in ipairs(PARTS) do
    local part = spike[item[1]]
    if part then
      rows[#rows + 1] = {
        item[2], optional(part.from_s, at), optional(part.to_s, at),
        optional(part.rps, units.format_number), optional(part.p95, units.format_ms),
        optional(part.error_rate, units.format_share),
      }
    end
  end
  return rows
end

--- Draws it; nothing when the run was no spike.
---@param page lload.Page
---@param model table
function M.draw(page, model)
  local spike = model.spike
  if not spike then return end
  page:heading("Spike")
  paragraph.add(page, spike.detail or "", spike.recovered == false and "yellow" or nil)
  local rows = rows_of(spike)
  if #rows > 0 then page:table(COLUMNS, rows) end
end

return M
