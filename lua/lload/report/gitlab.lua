--- load-performance.json for GitLab's merge request widget: metrics in the shape of k6's
--- --summary-export, which is what the widget reads.

local judged = require "lload.judged"
local json = require "lload.report.json"
local reader = require "lload.reader"

local M = {}

-- What the export has of each kind of metric: its key, ours.
local FIELDS = {
  counter = { { "count", "count" }, { "rate", "rate" } },
  rate = { { "value", "rate" }, { "passes", "passes" }, { "fails", "fails" } },
  gauge = { { "value", "value" }, { "min", "min" }, { "max", "max" } },
  trend = {
    { "avg", "avg" }, { "min", "min" }, { "med", "med" }, { "max", "max" },
    { "p(90)", "p(90)" }, { "p(95)", "p(95)" },
  },
}

local SHAPE = json.object {
  { "metrics", json.map(json.object {
    "count", "rate", "value", "passes", "fails", "avg", "min", "med", "max", "p(90)", "p(95)",
    { "thresholds", json.map() },
  }) },
}

-- The widget divides by the number of checks; without one there is nothing to show.
local function is_empty(metric)
  return metric.type == "rate" and metric.passes + metric.fails == 0
end

local function exported(metric)
  local entry = {}
  for _, field in ipairs(FIELDS[metric.type]) do entry[field[1]] = metric[field[2]] end
  return entry
end

-- In the export, true says that a threshold failed.
local function add_thresholds(metrics, model)
  for _, t in ipairs(model.thresholds) do
    local label = judged.label(t.metric, t.tags)
    local entry = metrics[label] or {}
    metrics[label], entry.thresholds = entry, entry.thresholds or {}
    entry.thresholds[t.expression] = entry.thresholds[t.expression] or not t.ok
  end
end

--- Renders one run; the widget has no place for several.
---@param model table
---@return string
function M.render(model)
  local run, metrics = model.runs and model.runs[1] or model, {}
  for _, name in ipairs(reader.sorted_keys(run.metrics)) do
    local metric = run.metrics[name]
    if not is_empty(metric) then metrics[name] = exported(metric) end
  end
  add_thresholds(metrics, run)
  return json.write({ metrics = metrics }, SHAPE)
end

return M
