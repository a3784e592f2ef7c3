--- What the comparison with the baseline says, in the summary of a run.

local paragraph = require "lload.report.paragraph"
local words = require "lload.compare.words"

local M = {}

local STYLE = { regression = "red", improvement = "green", no_baseline = "yellow" }

--- Draws the section; nothing without a comparison.
---@param page lload.Page
---@param model table
function M.draw(page, model)
  local found = model.comparison
  if not found then return end
  page:heading(("Baseline: %s%s"):format(found.verdict:gsub("_", " "),
    found.accepted and ", accepted" or ""))
  if found.base > 0 then
    paragraph.add(page, ("against %d earlier run%s: %s"):format(found.base,
      found.base == 1 and "" or "s", found.reason or found.verdict))
  end
  for _, line in ipairs(found.lines or {}) do
    paragraph.add(page, line, STYLE[found.verdict])
  end
  if found.weak then paragraph.add(page, words.WEAK, "yellow") end
end

return M
