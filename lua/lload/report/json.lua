--- JSON of the result model: keys in a fixed order, numbers exact, the same bytes every time.

local reader = require "lload.reader"
local text = require "lload.text"

local M = {}

local LINE = 120 -- a table of plain values this short stays on one line
local CELL = 24 -- items this short share lines
local EXACT = 2 ^ 53

-- Shapes: how a table is written. A table without a shape is guessed from its content.
local function object(fields) return { is = "object", fields = fields } end
local function list(of) return { is = "list", of = of } end
local function map(of) return { is = "map", of = of } end
-- One of very many: on one line, however long.
local function row(fields) return { is = "object", fields = fields, is_row = true } end
local function optional(shape)
  return { is = shape.is, of = shape.of, fields = shape.fields, optional = true }
end

M.object, M.list, M.map = object, list, map

local METRIC = object {
  "type", "count", "rate", "passes", "fails", "value", "avg", "min", "med", "max",
  "p(90)", "p(95)", "p(99)", "p(99.9)",
}

local REQUEST = object {
  "name", "count", "rate", "failed", { "duration", METRIC }, { "phases", optional(map(METRIC)) },
  { "cache", object { "hits", "answers" } }, { "status", optional(map()) },
  { "errors", optional(map()) }, "total_ms",
}

local STEP = object {
  "stage", "step", "label", "profile", "from_s", "to_s",
  "from_vus", "to_vus", "from_rate", "to_rate", "vus", "rps", "count",
  { "duration", METRIC }, "error_rate",
}

local PART = object { "from_s", "to_s", "requests", "rps", "p95", "error_rate" }

local SPIKE = object {
  "detail", "base_p95", "peak_p95", "peak_at_s", "recovered", "recovery_s", "tolerance",
  "limit_p95", "watched_s", "window_s", "window_samples",
  { "base", PART }, { "peak", PART }, { "recovery", PART },
}

local SOAK = object {
  "verdict", "detail", "on_drift", "window_s", "windows", "from_s", "to_s",
  { "drift", list(object {
    "metric", "unit", "from", "to", "slope_per_h", "relative_per_h", "p_value", "significant",
    "unclear", "breach", "breach_in_s", "points", "over_s",
  }) },
  { "restarts", list() }, { "vanished", list(object { "metric", "last_seen_s" }) },
  { "scrape", object { "pages", "failed", "problem", "unreachable_s" } },
}

local WINDOW = row {
  "t_s", "to_s", "vus", "in_flight", "offered", "requests", "failed", "rps", "errors", "p50",
  "p95", "p99", "max", "sent", "received",
}

local FAILURES = list(object { "reason", "count" })

local SEARCH = object {
  "of", "unit", "from", "to", "good", "bad", "generator_at", "confirmed", "outcome", "reason",
  "resolution", "hold_s", "settle_s", "min_samples",
  { "levels", list(object {
    "load", "ok", "why", "p95", "rps", "samples", "held_s", "at_s", "retest", "generator",
  }) },
}

local RESULT = object {
  "schema", "lload", "verdict", "exit_code",
  { "scenario", object { "file", "name", "stage", "source" } },
  "started", "duration_s",
  { "settings", object { "seed", "threads", "base_url", "target", { "tags", map() } } },
  { "commit", object { "sha", "branch", "dirty", "run_url" } },
  { "ci", optional(object { "provider", "run_url", "run", "job" }) },
  { "machine", object { "hostname", "os", "cpu", "cpus", "memory_mb" } },
  { "stop", object { "reason", "detail" } },
  { "validity", object {
    "verdict", { "reasons", list(object { "code", "value", "limit", "hint" }) },
  } },
  { "generator", optional(map()) },
  { "thresholds", list(object {
    "metric", { "tags", map() }, "expression", "actual", "ok", "data", "margin", "over_s", "for_s",
    "at_s", "breached_s",
  }) },
  { "comparison", object {
    "verdict", "base", "weak", "accepted", "reason", { "lines", optional(list()) }, "exit_code",
  } },
  { "search", optional(SEARCH) },
  { "metrics", map(METRIC) },
  { "requests", list(REQUEST) },
  { "steps", list(STEP) },
  { "spike", SPIKE }, { "soak", SOAK },
  { "script_errors", list(object { "message", "count", "traceback" }) },
  { "journeys", list(object {
    "name", "iterations", "failed", "errors", "cut_off", { "duration", METRIC },
    { "failures", optional(FAILURES) },
  }) },
  { "checks", list(object { "name", "passes", "fails", "message" }) },
  { "errors", list(object { "class", "count", "sample", { "exchanges", optional(list()) } }) },
  { "iteration_failures", optional(FAILURES) },
  { "connections", optional(map()) },
  { "sinks", optional(list(object {
    "name", "to", "sent", "failed", "dropped", "problem",
  })) },
  { "notes", optional(list()) },
  { "distribution", optional(list(list())) },
  { "windows", list(WINDOW) },
  { "warmup_windows", optional(list(WINDOW)) },
  { "outside", optional(list(object { "part", "requests", "failed", "sent", "received" })) },
}

local RUN_SIDE = list(object {
  "file", "started", { "commit", object { "sha", "branch", "dirty" } }, "requests",
})

local CHANGE = object {
  "base", "new", "change", "low", "high", "rule", "weak", "p_value", "adjusted_p", "is_large",
  "verdict",
}

local COMPARISON = object {
  "schema", "verdict", "exit_code", "scenario", "weak", { "limits", object {
    "effect", "floor_ms", "error_floor", "confidence",
  } },
  { "fingerprint", map() }, { "differences", list() }, { "base", RUN_SIDE }, { "new", RUN_SIDE },
  { "endpoints", list(object {
    "name", "verdict", "threshold", { "p95", CHANGE }, { "errors", CHANGE },
    { "informs", map(CHANGE) }, "symptom",
  }) },
  { "gone", list() }, { "new_endpoints", list() }, { "notes", list() },
}

local COMPARISONS = object {
  "schema", "verdict", "exit_code", { "comparisons", list(COMPARISON) },
}

local TREND = object {
  "schema", "scenario", "stage",
  { "runs", list(object {
    "index", "file", "started", { "commit", object { "sha", "branch", "dirty" } }, "source",
    "lload",
  }) },
  { "endpoints", list(object {
    "name", "threshold", { "points", list(object { "run", "p95" }) },
    { "changes", list(object {
      "run", "point", "before", "after", "change", "p_value", "started",
      { "commit", object { "sha", "branch", "dirty" } },
    }) },
    { "creep", object {
      "per_day", "low", "high", "p_value", "significant", "now", "meets", "earliest", "latest",
    } },
  }) },
  { "notes", list() },
}

local TRENDS = object { "schema", { "trends", list(TREND) } }

local BUDGET = object {
  "schema", "verdict", "exit_code", "reason",
  { "target", object { "metric", "expression", "limit" } }, "confidence",
  { "iterations", list(object {
    "number", "actual", "low", "high", "gap", "met", "confirms", "valid", "why", "endpoint",
    "result", "between_exit_code",
  }) },
}

local RESULTS = object { "schema", "verdict", "exit_code", { "runs", list(RESULT) } }

local PROFILE = object {
  "executor", "journey", { "vus", list(list()) }, "max_vus", { "rates", list(list()) },
  "arrivals_expected", { "arrivals", list() },
}

local PLAN = object {
  "file",
  { "problems", list() },
  { "stages", map(object { "duration_s", "max_vus", { "profiles", list(PROFILE) } }) },
}

-- What live control answers: each answer has some of these.
local ANSWER = object {
  "error",
  "scenario", "stage", "phase", "elapsed_s", "total_s", "paused",
  { "profiles", list(object {
    "index", "executor", "kind", "vus", "max_vus", "rate", "step",
  }) },
  { "metrics", map(METRIC) },
  { "routes", list(object { "method", "path", "does" }) },
}

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n",
  ["\r"] = "\\r", ["\t"] = "\\t",
}

local function quote(s)
  local escaped = text.utf8(s):gsub('[%z\1-\31"\\\127]', function(c)
    return ESCAPES[c] or ("\\u%04x"):format(c:byte())
  end)
  return '"' .. escaped .. '"'
end

-- Whole numbers exactly, others to six decimals (six digits when they are tiny).
local function number(value)
  if value == 0 then return "0" end -- and no "-0"
  local magnitude = math.abs(value)
  if value == math.floor(value) and magnitude <= EXACT then return ("%.0f"):format(value) end
  if magnitude >= 1e15 then return ("%.17g"):format(value) end
  if magnitude < 1e-3 then return ("%.6g"):format(value) end
  return (("%.6f"):format(value):gsub("0+$", ""):gsub("%.$", ""))
end

local function is_writable(value)
  local kind = type(value)
  if kind == "number" then return value == value and math.abs(value) ~= math.huge end
  return kind == "string" or kind == "boolean" or kind == "table"
end

local write -- below: writes any value

local function write_list(value, shape, indent)
  local items = {}
  for _, item in ipairs(value) do
    if is_writable(item) then items[#items + 1] = write(item, shape.of, indent .. "  ") end
  end
  return items
end

-- The keys of an object: those of its shape in their order, then any others by name.
local function ordered_fields(value, shape)
  local ordered, shapes, seen = {}, {}, {}
  for _, field in ipairs(shape.fields or {}) do
    local key = type(field) == "table" and field[1] or field
    ordered[#ordered + 1], seen[key] = key, true
    shapes[key] = type(field) == "table" and field[2] or nil
  end
  for _, key in ipairs(reader.sorted_keys(value)) do
    if not seen[key] then
      ordered[#ordered + 1], shapes[key] = key, shape.is == "map" and shape.of or nil
    end
  end
  return ordered, shapes
end

local function write_fields(value, shape, indent)
  local items = {}
  local keys, shapes = ordered_fields(value, shape)
  for _, key in ipairs(keys) do
    local item, item_shape = value[key], shapes[key]
    local empty = type(item) == "table" and next(item) == nil
    if is_writable(item) and not (empty and item_shape and item_shape.optional) then
      items[#items + 1] = quote(tostring(key)) .. ": " .. write(item, item_shape, indent .. "  ")
    end
  end
  return items
end

-- Short items share lines, so that a long schedule reads as a block; others have a line each.
local function fill(items, inner)
  local lines, line = {}, ""
  for index, item in ipairs(items) do
    local piece = index < #items and item .. "," or item
    local fits = #item <= CELL and #line + #piece + #inner < LINE
    if line ~= "" and not fits then
      lines[#lines + 1], line = line, ""
    end
    line = line == "" and piece or line .. " " .. piece
    if #item > CELL then
      lines[#lines + 1], line = line, ""
    end
  end
  if line ~= "" then lines[#lines + 1] = line end
  return table.concat(lines, inner)
end

local function wrap(items, open, close, indent, is_row)
  if #items == 0 then return open .. close end
  if is_row then return open .. " " .. table.concat(items, ", ") .. " " .. close end
  local length, broken = #indent, false
  for _, item in ipairs(items) do
    length = length + #item + 2
    broken = broken or item:find("\n", 1, true) ~= nil
  end
  if not broken and length + 4 <= LINE then
    return open .. " " .. table.concat(items, ", ") .. " " .. close
  end
  local inner = "\n" .. indent .. "  "
  local body = open == "[" and fill(items, inner) or table.concat(items, "," .. inner)
  return open .. inner .. body .. "\n" .. indent .. close
end

local function guess(value)
  return (#value > 0 or next(value) == nil) and list() or map()
end

write = function(value, shape, indent)
  local kind = type(value)
  if kind == "string" then return quote(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return tostring(value) end
  shape = shape or guess(value)
  if shape.is == "list" then return wrap(write_list(value, shape, indent), "[", "]", indent) end
  return wrap(write_fields(value, shape, indent), "{", "}", indent, shape.is_row)
end

--- Renders one result, or several as `lload/results/1`.
---@param model table
---@return string
function M.render(model)
  return write(model, model.runs and RESULTS or RESULT, "") .. "\n"
end

--- Renders the plan of `lload check --json`, one file or a list of files.
---@param plans table[]
---@return string
function M.render_plans(plans)
  if #plans == 1 then return write(plans[1], PLAN, "") .. "\n" end
  return write(plans, list(PLAN), "") .. "\n"
end

--- Renders a comparison, or those of several scenarios.
---@param model table
---@return string
function M.render_comparison(model)
  return write(model, model.comparisons and COMPARISONS or COMPARISON, "") .. "\n"
end

--- Renders a value in a shape made of object, list and map.
---@param value table
---@param shape table
---@return string
function M.write(value, shape)
  return write(value, shape, "") .. "\n"
end

--- Renders histories.
---@param histories table[]
---@return string
function M.render_trends(histories)
  if #histories == 1 then return write(histories[1], TREND, "") .. "\n" end
  return write({ schema = "lload/trends/1", trends = histories }, TRENDS, "") .. "\n"
end

--- Renders the history of a budget.
---@param model table
---@return string
function M.render_budget(model) return write(model, BUDGET, "") .. "\n" end

--- Renders an object of any content; the fields of a live answer come in their order.
---@param answer table
---@return string
function M.encode(answer)
  return write(answer, ANSWER, "") .. "\n"
end

--- Any value on one line and without spaces, for programs; keys by name. No NaN, no infinity.
---@param value any
---@return string
function M.compact(value)
  local kind = type(value)
  if kind == "string" then return quote(value) end
  if kind ~= "table" then return kind == "number" and number(value) or tostring(value) end
  local items, is_list = {}, guess(value).is == "list"
  for _, key in ipairs(is_list and {} or reader.sorted_keys(value)) do
    items[#items + 1] = quote(key) .. ":" .. M.compact(value[key])
  end
  for index, item in ipairs(is_list and value or {}) do items[index] = M.compact(item) end
  return (is_list and "[%s]" or "{%s}"):format(table.concat(items, ","))
end

return M
