--- CSV of a run over time: one row a window, RFC 4180, for spreadsheets and plotting.

local text = require "lload.text"

local M = {}

local LINE_END = "\r\n"

-- The columns, which never change: title, key of the window. A window without a value has an
-- empty cell.
local COLUMNS = {
  { "t_s", "t_s" }, { "to_s", "to_s" }, { "vus", "vus" },
  { "offered_per_s", "offered" }, { "requests_per_s", "rps" },
  { "requests", "requests" }, { "failed", "failed" }, { "error_rate", "errors" },
  { "p50_ms", "p50" }, { "p95_ms", "p95" }, { "p99_ms", "p99" }, { "max_ms", "max" },
  { "sent_bytes", "sent" }, { "received_bytes", "received" },
}

-- A spreadsheet takes a cell that begins with one of these for a formula.
local FORMULA = "^[=+@%-]"

local function quoted(s)
  s = text.one_line(s)
  if s:find(FORMULA) then s = "'" .. s end
  if not s:find('[",]') and s == s:match("^%s*(.-)%s*$") then return s end
  return '"' .. s:gsub('"', '""') .. '"'
end

-- Whole numbers without a point, others with up to six decimals; never an exponent.
local function number(value)
  if type(value) ~= "number" or value ~= value or math.abs(value) == math.huge then return "" end
  if value == math.floor(value) then return ("%.0f"):format(value) end
  return (("%.6f"):format(value):gsub("0+$", ""):gsub("%.$", ""))
end

local function header()
  local titles = { "scenario", "phase" }
  for _, column in ipairs(COLUMNS) do titles[#titles + 1] = column[1] end
  return table.concat(titles, ",")
end

local function add_rows(lines, run, phase, windows)
  local name = quoted(run.scenario.name)
  for _, window in ipairs(windows or {}) do
    local cells = { name, phase }
    for _, column in ipairs(COLUMNS) do cells[#cells + 1] = number(window[column[2]]) end
    lines[#lines + 1] = table.concat(cells, ",")
  end
end

--- Renders the windows of one run, or of several one after another. The warm-up comes first, with
--- times below 0.
---@param model table
---@return string
function M.render(model)
  local lines = { header() }
  for _, run in ipairs(model.runs or { model }) do
    add_rows(lines, run, "warmup", run.warmup_windows)
    add_rows(lines, run, "run", run.windows)
  end
  return table.concat(lines, LINE_END) .. LINE_END
end

return M
