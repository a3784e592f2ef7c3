--- The list that github-action-benchmark reads as `customSmallerIsBetter`: p95 of each endpoint and
--- the share of failed requests.

local json = require "lload.report.json"
local units = require "lload.units"

local M = {}

local SHAPE = json.list(json.object { "name", "unit", "value", "extra" })

local function sentence(trend)
  local parts = {}
  for _, item in ipairs { { "p50", "med" }, { "p99", "p(99)" }, { "max", "max" } } do
    if trend[item[2]] then
      parts[#parts + 1] = item[1] .. " " .. units.format_ms(trend[item[2]])
    end
  end
  parts[#parts + 1] = units.count(trend.count) .. " samples"
  return table.concat(parts, ", ")
end

local function add_trend(entries, name, trend)
  if trend and trend["p(95)"] then
    entries[#entries + 1] = {
      name = name .. " p95", unit = "ms", value = trend["p(95)"], extra = sentence(trend),
    }
  end
end

local function add_failures(entries, prefix, metric)
  if not metric or metric.passes + metric.fails == 0 then return end
  entries[#entries + 1] = {
    name = prefix .. "failed requests", unit = "%", value = metric.rate * 100,
    extra = ("%s of %s"):format(
      units.count(metric.passes), units.count(metric.passes + metric.fails)),
  }
end

-- What a chart calls a run must stay the same from commit to commit.
local function prefix_of(run)
  local scenario = run.scenario
  return scenario.stage and ("%s/%s: "):format(scenario.name, scenario.stage)
    or scenario.name .. ": "
end

local function add_run(entries, run)
  local prefix = prefix_of(run)
  add_trend(entries, prefix .. "http_req_duration", run.metrics.http_req_duration)
  add_trend(entries, prefix .. "iteration_duration", run.metrics.iteration_duration)
  for _, request in ipairs(run.requests) do
    add_trend(entries, prefix .. request.name, request.duration)
  end
  add_failures(entries, prefix, run.metrics.http_req_failed)
end

--- Renders one run or several. The numbers of an invalid measurement are in no chart.
---@param model table
---@return string
function M.render(model)
  local entries = {}
  for _, run in ipairs(model.runs or { model }) do
    if run.validity.verdict ~= "invalid" then add_run(entries, run) end
  end
  return json.write(entries, SHAPE)
end

return M
