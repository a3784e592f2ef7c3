--- What p95 of an endpoint may be, by the thresholds that a run had.

local threshold = require "lload.threshold"

local M = {}

--- The limit in ms; nil when the run had none for this endpoint.
---@param result table
---@param name string of the endpoint
---@return number|nil
function M.p95(result, name)
  for _, t in ipairs(result.thresholds) do
    local parsed = t.metric == "http_req_duration" and (t.tags or {}).name == name
      and threshold.parse(t.expression)
    if parsed and parsed.agg == "p" and parsed.x == 95 and parsed.operator:find "<"
      and threshold.check_kind(parsed, "trend") then
      return parsed.limit
    end
  end
  return nil
end

return M
