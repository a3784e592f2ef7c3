--- What a stored result must look like for the reports to read it: the types of what they use.

local exit_codes = require "lload.exit_codes"
local reader = require "lload.reader"

local M = {}

-- A plain value is named by its type, with a question mark when it may be absent. What no shape
-- names may be anything.
local function object(fields) return { fields = fields } end
local function list(of) return { list = of } end
local function map(of) return { map = of } end
local function maybe(shape)
  shape.optional = true
  return shape
end

local TREND = {
  count = "number", avg = "number?", med = "number?", max = "number?", ["p(95)"] = "number?",
  ["p(99)"] = "number?",
}

local METRIC = { kinds = {
  counter = object { count = "number", rate = "number?" },
  rate = object { rate = "number", passes = "number", fails = "number" },
  gauge = object { value = "number", min = "number", max = "number" },
  trend = object { count = "number", avg = "number", max = "number", ["p(95)"] = "number" },
} }

local PART = maybe(object {
  from_s = "number?", to_s = "number?", rps = "number?", p95 = "number?", error_rate = "number?",
})

local SPIKE = object {
  detail = "string?", recovered = "boolean?", base = PART, peak = PART, recovery = PART,
}

local SOAK = object {
  verdict = "string", detail = "string?", on_drift = "string?",
  window_s = "number?", windows = "number?",
  from_s = "number?", to_s = "number?",
  drift = maybe(list(object {
    metric = "string", unit = "string?", over_s = "number?", from = "number?", to = "number?",
    slope_per_h = "number", p_value = "number?", significant = "boolean", unclear = "boolean?",
  })),
  restarts = maybe(list "number"),
  vanished = maybe(list(object { metric = "string", last_seen_s = "number" })),
  scrape = maybe(object {
    pages = "number", failed = "number", problem = "string?", unreachable_s = "number?",
  }),
}

local WINDOWS = maybe(list(object {
  t_s = "number", to_s = "number?", vus = "number?", in_flight = "number?", offered = "number?",
  requests = "number?",
  failed = "number?", rps = "number?", errors = "number?", p50 = "number?", p95 = "number?",
  p99 = "number?", max = "number?", sent = "number?", received = "number?",
}))

--- One run, `lload/result/1`.
M.RESULT = object {
  scenario = object { name = "string", stage = "string?", file = "string?" },
  exit_code = "exit code", duration_s = "number", verdict = "string?", lload = "string?",
  started = "string?",
  settings = maybe(object {
    base_url = "string?", seed = "number?", threads = "number?", tags = maybe(map "string"),
  }),
  commit = maybe(object {
    sha = "string?", branch = "string?", dirty = "boolean?", run_url = "string?",
  }),
  ci = maybe(object {
    provider = "string", run_url = "string?", run = "string?", job = "string?",
  }),
  machine = maybe(object { hostname = "string?" }),
  stop = maybe(object { reason = "string", detail = "string?" }),
  validity = maybe(object {
    verdict = "string", reasons = maybe(list(object { code = "string", hint = "string?" })),
  }),
  thresholds = maybe(list(object {
    metric = "string", tags = maybe(map "string"), expression = "string", ok = "boolean",
    data = "boolean", actual = "number?", margin = "number?",
  })),
  search = maybe(object {
    of = "string", unit = "string?", reason = "string?", outcome = "string", good = "number?",
    bad = "number?", settle_s = "number?", levels = list(object {
      load = "number", ok = "boolean", why = "string?", p95 = "number?", rps = "number?",
      samples = "number?", at_s = "number?", held_s = "number?", generator = "boolean?",
    }),
  }),
  generator = maybe(map "number"), metrics = maybe(map(METRIC)),
  requests = maybe(list(object {
    name = "string", count = "number", rate = "number?", failed = "number?",
    total_ms = "number?", duration = maybe(object(TREND)),
    data_sent = "number?", data_received = "number?",
    phases = maybe(map(object { count = "number", avg = "number" })),
    cache = maybe(object { hits = "number", answers = "number" }),
  })),
  steps = maybe(list(object {
    step = "number", profile = "number?", label = "string?", vus = "number?", rps = "number?",
    from_s = "number?", to_s = "number?", from_vus = "number?", to_vus = "number?",
    from_rate = "number?", to_rate = "number?", count = "number?",
    error_rate = "number?", duration = maybe(object(TREND)),
  })),
  checks = maybe(list(object {
    name = "string", passes = "number", fails = "number", message = "string?",
  })),
  errors = maybe(list(object {
    class = "string", count = "number", sample = "string?", exchanges = maybe(list "string"),
  })),
  iteration_failures = maybe(list(object { reason = "string", count = "number" })),
  script_errors = maybe(list(object {
    message = "string", count = "number", traceback = "string?",
  })),
  journeys = maybe(list(map "any")), notes = maybe(list "string"),
  distribution = maybe(list(list "number")), windows = WINDOWS, warmup_windows = WINDOWS,
  outside = maybe(list(object {
    part = "string", requests = "number", failed = "number?", sent = "number?",
    received = "number?",
  })),
  connections = maybe(map "number"),
  spike = maybe(SPIKE), soak = maybe(SOAK),
}

--- Several runs, `lload/results/1`.
M.RESULTS = object {
  exit_code = "exit code?", verdict = "string?", runs = list(M.RESULT),
}

local function is_finite(value)
  return type(value) == "number" and value == value and math.abs(value) ~= math.huge
end

local function check_plain(value, kind, path)
  if kind == "any" then return nil end
  if kind == "exit code" then
    if exit_codes.is_known(value) then return nil end
    return ("%s is none that lload has"):format(path)
  end
  if type(value) == kind and (kind ~= "number" or is_finite(value)) then return nil end
  return ("%s must be a %s, not %s"):format(
    path, kind, type(value) == "number" and tostring(value) or "a " .. type(value))
end

local check -- below: checks a value of any shape

local function check_fields(value, fields, path)
  for _, key in ipairs(reader.sorted_keys(fields)) do
    local message = check(value[key], fields[key], reader.join(path, key))
    if message then return message end
  end
end

local function check_items(value, of, path)
  for _, key in ipairs(reader.sorted_keys(value)) do
    local message = check(value[key], of, reader.join(path, key))
    if message then return message end
  end
end

-- A null in a list leaves a gap; with one, or with names, it is no list.
local function check_list(value, of, path)
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  for index = 1, count do
    if value[index] == nil then return ("%s must be a list without gaps"):format(path) end
  end
  return check_items(value, of, path)
end

local function check_kind(value, kinds, path)
  local shape = kinds[value.type]
  if not shape then return ("%s.type is no kind of metric"):format(path) end
  return check_fields(value, shape.fields, path)
end

check = function(value, shape, path)
  local plain = type(shape) == "string"
  local optional = plain and shape:sub(-1) == "?" or not plain and shape.optional
  if value == nil then return not optional and path .. " is missing" or nil end
  if plain then return check_plain(value, shape:gsub("%?$", ""), path) end
  if type(value) ~= "table" then
    return ("%s must be %s, not a %s"):format(
      path, shape.list and "a list" or "an object", type(value))
  elseif shape.list then
    return check_list(value, shape.list, path)
  elseif shape.kinds then
    return check_kind(value, shape.kinds, path)
  end
  if shape.map then return check_items(value, shape.map, path) end
  return check_fields(value, shape.fields, path)
end

--- What is wrong with a value, the first of it, as `path must be …`; nil when it has the shape.
---@param value table
---@param shape table
---@return string|nil message
function M.problem(value, shape)
  return check(value, shape, "")
end

return M
