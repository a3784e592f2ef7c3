--- The result as one HTML page that needs nothing beside it: its charts, styles and their licence
--- are inside, and it forbids itself to ask for anything else.

local analysis = require "lload.report.html.analysis"
local load_curve = require "lload.report.html.load_curve"
local markup = require "lload.report.html.markup"
local over_time = require "lload.report.html.over_time"
local page = require "lload.report.html.page"
local verdict = require "lload.report.html.verdict"

local M = {}

-- The sections in their order; each draws what the model has, and nothing without that.
local SECTIONS = {
  require "lload.report.html.thresholds",
  analysis.search, analysis.spike, analysis.soak,
  over_time.render, load_curve.render,
  require "lload.report.html.distribution",
  require "lload.report.html.steps",
  require "lload.report.html.endpoints",
  require "lload.report.html.bottleneck",
  require "lload.report.html.checks",
  require "lload.report.html.errors",
  require "lload.report.html.metrics",
  require "lload.report.html.generator",
  require "lload.report.html.environment",
}

local function run_article(model, id, level)
  local parts = { verdict.render(model, id, level) }
  for _, section in ipairs(SECTIONS) do
    local drawn = section(model, id)
    if drawn then parts[#parts + 1] = drawn end
  end
  return markup.element("article", { id = id }, parts)
end

--- Renders one run, or several one after another on one page.
---@param model table
---@return string
function M.render(model)
  local runs, articles = model.runs or { model }, {}
  for index, run in ipairs(runs) do
    articles[index] = run_article(run, "run" .. index, model.runs and "h2" or "h1")
  end
  return page.render(model, runs, articles)
end

return M
