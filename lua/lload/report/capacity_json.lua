--- The capacity of a system as JSON, `lload/capacity/1`.

local json = require "lload.report.json"

local list, object = json.list, json.object

local M = {}

local LIMIT = object {
  "kind", "label", "expression", "limit", "load", "good", "bad", "rps", "p95", "disagree", "judged",
}

local TAGGED = object { "value", "tag" }

local COLUMN = object {
  { "pods", TAGGED }, { "connections", TAGGED }, { "cost_month", TAGGED },
  { "cost_change", TAGGED }, { "cost_per_1000_rps", TAGGED },
}

local CAPACITY = object {
  "schema", "scenario", "stage", "started", { "commit", object { "sha", "branch", "dirty" } },
  "of", "source",
  { "breaking_point", LIMIT }, { "capacity", object { "load", "rps", "tag", "at_least" } },
  { "ceiling", object { "load", "rps", "headroom", "at_least" } },
  { "most", object { "load", "rps" } }, { "tested", object { "load", "rps" } },
  { "limits", list(LIMIT) },
  { "levels", list(object {
    "load", "from_s", "to_s", "settled", "count", "rps", "vus", "offered", "achieved", "p50", "p95",
    "p99", "error_rate", "in_flight", "little", "little_off", "stationary", "passed", "excluded",
  }) },
  { "fit", object {
    "lambda", "sigma", "kappa", "contention", "r_squared", "points", "tested_n", "peak_n", "peak_x",
  } },
  "no_fit",
  { "endpoints", list(object { "name", "share", "count", "p95", "total_ms" }) },
  { "plan", object {
    { "target", TAGGED }, { "load_now", TAGGED }, { "capacity", TAGGED }, { "per_pod", TAGGED },
    { "headroom", TAGGED }, { "hours", TAGGED }, "currency", { "max_connections", TAGGED },
    "most_pods", { "now", COLUMN }, { "linear", COLUMN }, { "pessimistic", COLUMN }, "pessimism",
  } },
  { "notes", list() },
}

--- Renders the model.
---@param model table
---@return string
function M.render(model)
  return json.write(model, CAPACITY)
end

return M
