--- The history of a budget as people read it.

local judged = require "lload.judged"
local page_of = require "lload.report.page"
local paragraph = require "lload.report.paragraph"
local text = require "lload.text"
local verdict = require "lload.verdict"

local M = {}

local COLUMNS = {
  { title = "#", align = "right" }, { title = "Actual", align = "right" },
  { title = "95% interval", align = "right" }, { title = "Gap", align = "right" },
  { title = "", align = "left" }, { title = "Slowest endpoint", align = "left", flexible = true },
}

-- A value in the unit of the target, as thresholds show theirs.
local function shown(target, value)
  if value == nil then return "no data" end
  return judged.actual {
    metric = target.key:match "^[%w_.]+", expression = target.expression, actual = value,
  }
end

local function gap(target, value)
  if value == nil then return "" end
  return (value < 0 and "-" or "+") .. shown(target, math.abs(value))
end

local function outcome(attempt)
  if not attempt.valid then return attempt.why end
  if attempt.met then return attempt.confirms and "met, confirmed" or "met" end
  local broken = attempt.broken and attempt.broken[1]
  if broken then return "broke " .. text.one_line(broken) end
  return attempt.confirms and "not confirmed" or "not met"
end

local function interval(target, attempt)
  if not attempt.low or attempt.low == attempt.high then return "" end
  return shown(target, attempt.low) .. " … " .. shown(target, attempt.high)
end

--- One measurement as a line, while the loop goes on.
---@param attempt lload.Attempt
---@param target lload.Target
---@return string
function M.line(attempt, target)
  local range = interval(target, attempt)
  return ("budget: measurement %d: %s%s, %s"):format(attempt.number,
    shown(target, attempt.actual), range ~= "" and (" (%s)"):format(range) or "", outcome(attempt))
end

--- The whole history and the verdict.
---@param model table `lload/budget/1`
---@param view lload.ConsoleOptions
---@return string
function M.render(model, view)
  local page, rows = page_of.new(view), {}
  local target = { key = model.target.metric, expression = model.target.expression }
  page:line(page:paint("bold", text.one_line(("Budget: %s %s"):format(target.key,
    target.expression))))
  for index, attempt in ipairs(model.iterations) do
    rows[index] = {
      tostring(attempt.number), shown(target, attempt.actual), interval(target, attempt),
      gap(target, attempt.gap), outcome(attempt), text.one_line(attempt.endpoint or ""),
    }
  end
  page:line ""
  page:table(COLUMNS, rows)
  page:line ""
  local last = model.iterations[#model.iterations]
  if last and last.result then paragraph.add(page, "last result  " .. last.result, "dim") end
  page:line(page:paint(model.exit_code == 0 and "green" or "red",
    ("%s: %s"):format(verdict.headline(model.exit_code), model.reason)))
  return table.concat(page.lines, "\n") .. "\n"
end

return M
