--- Thresholds as people write them: parse `p(95)<800 over 10s`, check them against the metrics.

local limits = require "lload.limits"
local metrics = require "lload.metrics"
local reader = require "lload.reader"
local suggest = require "lload.suggest"
local units = require "lload.units"

local M = {}

local OPERATORS = { ["<"] = true, ["<="] = true, [">"] = true, [">="] = true, ["=="] = true,
  ["!="] = true }
local LONGEST_WINDOW_S = 3600
local WINDOW_OF_FOR_S = 10 -- what each second is judged by when only `for` is given

-- What a unit multiplies by, for each group of values that takes units. Trends are in ms.
local UNITS = {
  time = { us = 1e-3, ["µs"] = 1e-3, ms = 1, s = 1e3, m = 6e4 },
  share = { ["%"] = 0.01 },
  per_second = { ["/s"] = 1, ["/m"] = 1 / 60 },
  none = {},
}

local UNIT_GROUP = {
  counter = { count = "none", rate = "per_second" },
  rate = { rate = "share" },
  gauge = { value = "none", min = "none", max = "none" },
  trend = { avg = "time", min = "time", med = "time", max = "time", p = "time", count = "none" },
}

local function fail(text, column, message)
  return nil, ('"%s": %s (column %d)'):format(text, message, column)
end

local function parse_aggregation(text)
  local name, after = text:match("^%s*([%a_]+)()")
  if not name then
    return fail(text, #text:match("^%s*") + 1,
      "expected an aggregation such as p(95), avg, rate or count")
  end
  local digits = text:match("^p(%d+%.?%d*)", (text:find("%S")))
  if digits then return fail(text, after, ("write a percentile as p(%s)"):format(digits)) end
  if name ~= "p" then return { agg = name, column = after - #name, after = after } end
  local percentile, closed = text:match("^%s*%(%s*(%d+%.?%d*)%s*%)()", after)
  if not percentile then return fail(text, after, "expected a percentile such as p(95)") end
  if tonumber(percentile) > 100 then
    return fail(text, after, ("p(%s) is no percentile, 0 to 100"):format(percentile))
  end
  return { agg = "p", x = tonumber(percentile), column = after - 1, after = closed }
end

local function parse_operator(text, after)
  local start, operator, next_after = text:match("^%s*()([<>=!]+)()", after)
  if not operator then
    return fail(text, #text:match("^%s*", after) + after, "expected < <= > >= == or !=")
  elseif not OPERATORS[operator] then
    return fail(text, start, ('"%s" is no comparison; use < <= > >= == or !='):format(operator))
  end
  return operator, next_after
end

local function parse_number(text, after)
  local start, number, next_after = text:match("^%s*()([+-]?%d*%.?%d*)()", after)
  if number:match("%d") then
    local exponent, past = text:match("^([eE][+-]?%d+)()", next_after)
    if exponent then number, next_after = number .. exponent, past end
  end
  if not tonumber(number) then return fail(text, start, "expected a number") end
  return tonumber(number), next_after
end

-- `baseline`, or `baseline * 1.1`: what earlier runs measured, and a factor. Nil without a message
-- when there is none of it.
local function parse_baseline(text, after)
  local past = text:match("^%s*baseline()", after)
  if not past or text:match("^[%w_]", past) then return nil end
  local factor_at = text:match("^%s*%*()", past)
  if not factor_at then return 1, past end
  return parse_number(text, factor_at)
end

-- What a value is compared with: a number, or a factor of the baseline.
local function parse_limit(text, after)
  local factor, past = parse_baseline(text, after)
  if factor then return factor, past, factor end
  if past then return nil, past end
  return parse_number(text, after)
end

local CLAUSES = { over = 1, ["for"] = 2 }

local function parse_unit(text, after)
  local start, unit, past = text:match("^%s*()([^%s]*)()", after)
  if CLAUSES[unit] then return "", start, start end
  return unit, start, past
end

local function parse_seconds(text, word, after)
  local start, amount, past = text:match("^%s*()(%S+)()", after)
  if not amount or CLAUSES[amount] then
    return fail(text, start or #text + 1, ("expected a duration such as %s 10s"):format(word))
  end
  local seconds, message = units.duration(amount)
  if not seconds then return fail(text, start, message) end
  if seconds < 1 or seconds % 1 ~= 0 then
    return fail(text, start, ('%s "%s" is not a whole number of seconds'):format(word, amount))
  elseif word == "over" and seconds > LONGEST_WINDOW_S then
    return fail(text, start, ('over "%s" is longer than 1h'):format(amount))
  end
  return seconds, past
end

-- `over 10s`, then `for 30s`: each may be absent, and nothing stands behind them.
local function parse_clauses(text, after)
  local clauses, last = {}, 0
  while true do
    local start, word, past = text:match("^%s*()(%S+)()", after)
    if not word then return clauses end
    if not CLAUSES[word] then return fail(text, start, ('unexpected "%s"'):format(word)) end
    if CLAUSES[word] <= last then
      return fail(text, start, ('"%s" stands once, "over" before "for"'):format(word))
    end
    last = CLAUSES[word]
    clauses[word], after = parse_seconds(text, word, past)
    if not clauses[word] then return nil, after end
  end
end

--- Parses an expression `AGG OP NUMBER[unit] [over TIME] [for TIME]`; the number may be
--- `baseline * NUMBER`.
---@param text string
---@return table|nil parsed { agg, x, operator, number, unit, over_s, for_s, baseline }, and where
--- they stand
---@return string|nil message with the column of the mistake
function M.parse(text)
  local head, message = parse_aggregation(text)
  if not head then return nil, message end
  local operator, after = parse_operator(text, head.after)
  if not operator then return nil, after end
  local number, past, baseline = parse_limit(text, after)
  if not number then return nil, past end
  local unit, unit_column, behind = parse_unit(text, past)
  local clauses, problem = parse_clauses(text, behind)
  if not clauses then return nil, problem end
  return {
    text = text:match("^%s*(.-)%s*$"),
    agg = head.agg, x = head.x, agg_column = head.column,
    operator = operator, number = number, unit = unit, unit_column = unit_column,
    over_s = clauses.over, for_s = clauses["for"], baseline = baseline,
  }
end

local function known_units(group)
  local names = {}
  for _, unit in ipairs(reader.sorted_keys(UNITS[group])) do
    if unit ~= "µs" then names[#names + 1] = unit end
  end
  if #names == 0 then return "write a plain number" end
  return "use " .. table.concat(names, ", ") .. " or a plain number"
end

--- Gives a parsed expression the meaning it has for a kind of metric: `limit` in its own unit.
---@param parsed table
---@param kind string
---@return boolean|nil ok
---@return string|nil message
function M.check_kind(parsed, kind)
  local group = UNIT_GROUP[kind][parsed.agg]
  if not group then
    return fail(parsed.text, parsed.agg_column, ("a %s has no %s; it has %s"):format(
      kind, parsed.agg == "p" and "p(x)" or parsed.agg,
      table.concat(metrics.AGGREGATIONS[kind], ", ")))
  end
  if parsed.baseline then
    if parsed.unit == "" and not parsed.over_s and parsed.baseline > 0 then return true end
    return fail(parsed.text, parsed.unit_column,
      'after "baseline" stands "* NUMBER" at most, no unit and no "over"')
  end
  local factor = parsed.unit == "" and 1 or UNITS[group][parsed.unit]
  if not factor then
    return fail(parsed.text, parsed.unit_column,
      ('unknown unit "%s"; %s'):format(parsed.unit, known_units(group)))
  end
  parsed.limit = parsed.number * factor
  parsed.timed = group == "time" and parsed.unit ~= ""
  if group == "share" and (parsed.limit < 0 or parsed.limit > 1) then
    return fail(parsed.text, parsed.unit_column,
      "a rate lies between 0 and 1; write 0.05 or 5%")
  end
  return true
end

-- Splits tags at commas that start a new `tag:`, so that a value may hold a comma itself.
local function split_tags(text)
  local parts, start, position = {}, 1, 1
  while true do
    local comma = text:find(",", position, true)
    if not comma then break end
    if text:match("^%s*[%a_][%w_.-]*%s*:", comma + 1) then
      parts[#parts + 1], start = text:sub(start, comma - 1), comma + 1
    end
    position = comma + 1
  end
  parts[#parts + 1] = text:sub(start)
  return parts
end

--- Parses a key: `metric` or `metric{tag:value,…}`, tags split at their first colon.
---@param key string
---@return string|nil metric
---@return table<string, string>|string tags or the message
function M.parse_key(key)
  local metric, rest = key:match("^%s*([%w_.]+)%s*(.-)%s*$")
  if not metric then
    return nil, "expected a metric name such as http_req_duration or http_req_duration{name:GET /}"
  end
  if rest == "" then return metric, {} end
  local inside = rest:match("^{(.*)}$")
  if not inside then return nil, "write tags as metric{tag:value,tag:value}" end
  local tags = {}
  for _, part in ipairs(split_tags(inside)) do
    local tag, value = part:match("^%s*([%a_][%w_.-]*)%s*:%s*(.-)%s*$")
    if not tag or value == "" then
      return nil, ('"%s" is no tag; write metric{tag:value,tag:value}'):format(part)
    elseif tags[tag] then
      return nil, ('tag "%s" is given twice'):format(tag)
    end
    tags[tag] = value
  end
  return metric, tags
end

--- Splits the `metric{tags}: expression` of the command line.
---@param text string
---@return string|nil key
---@return string expression, or the message
function M.split(text)
  local key, expression = text:match("^(.*):([^:{}]*)$")
  if not key or key:match("^%s*$") then
    return nil, "write 'metric: expression', for example 'http_req_duration: p(95)<200'"
  end
  return key, expression
end

local OPTIONS = { "abort_on_fail", "delay_abort", "on_no_data" }

local function read_options(raw, path, problems)
  local r = reader.new(raw, path, problems)
  for key in ipairs(raw) do r:take(key) end
  local options = {
    abort_on_fail = r:typed("abort_on_fail", "boolean", { default = false }),
    delay_abort_s = r:duration("delay_abort", { default = 0 }),
    on_no_data = r:typed("on_no_data", "string", { default = "fail" }),
  }
  if options.on_no_data and options.on_no_data ~= "fail" and options.on_no_data ~= "pass" then
    r:problem("on_no_data", ('"%s" is neither "fail" nor "pass"'):format(options.on_no_data))
  end
  for _, key in ipairs(reader.sorted_keys(raw)) do
    if type(key) == "string" and not r.known[key] then
      local hint = suggest.hint(key, OPTIONS)
      if hint == "" then hint = "; a threshold takes " .. table.concat(OPTIONS, ", ") end
      r:problem(nil, ('unknown key "%s"%s'):format(key, hint))
    end
  end
  return options
end

-- No window is wider than `for`: one bad second never makes a breach that long.
local function window_of(parsed)
  return parsed.over_s or parsed.for_s and math.min(WINDOW_OF_FOR_S, parsed.for_s)
end

local function add_expression(list, subject, text, options)
  local parsed, message = M.parse(text)
  if parsed and subject.kind then
    local ok
    ok, message = M.check_kind(parsed, subject.kind)
    if not ok then parsed = nil end
  end
  if not parsed then
    subject.problems:add(subject.path, message)
  elseif subject.kind then
    list[#list + 1] = {
      metric = subject.metric, tags = subject.tags, kind = subject.kind, expression = parsed.text,
      agg = parsed.agg, x = parsed.x, operator = parsed.operator, limit = parsed.limit,
      baseline = parsed.baseline,
      over_s = window_of(parsed), for_s = parsed.for_s,
      is_time = metrics.is_time(subject.metric, parsed.agg) or parsed.timed,
      abort_on_fail = options.abort_on_fail, delay_abort_s = options.delay_abort_s or 0,
      on_no_data = options.on_no_data,
    }
  end
end

-- A value is an expression, a list of them, or a table with options whose items are expressions.
local function read_value(list, subject, raw, options)
  if type(raw) == "string" then return add_expression(list, subject, raw, options) end
  if type(raw) ~= "table" then
    subject.problems:add(subject.path,
      ('must be an expression such as "p(95)<800", not a %s'):format(type(raw)))
    return
  end
  if #raw == 0 then
    subject.problems:add(subject.path, 'has no expression; write one such as "p(95)<800"')
  end
  local own = read_options(raw, subject.path, subject.problems)
  for _, item in ipairs(raw) do
    read_value(list, subject, item, own)
  end
end

local function read_subject(key, path, kinds, problems)
  if type(key) ~= "string" then
    problems:add(path, 'needs a metric name as its key, as in http_req_duration = "p(95)<800"')
    return nil
  end
  local metric, tags = M.parse_key(key)
  if not metric then
    problems:add(path, tags)
    return nil
  end
  if not kinds[metric] then
    problems:add(path, ('unknown metric "%s"%s'):format(
      metric, suggest.hint(metric, reader.sorted_keys(kinds))))
  end
  return { metric = metric, tags = tags, kind = kinds[metric], path = path, problems = problems }
end

--- Reads one entry of `thresholds` and appends what it means to a list.
---@param list table[]
---@param key any
---@param raw any
---@param path string
---@param kinds table<string, string> metric name → kind
---@param problems lload.Problems
function M.read(list, key, raw, path, kinds, problems)
  local subject = read_subject(key, path, kinds, problems)
  if subject then read_value(list, subject, raw, { on_no_data = "fail" }) end
end

--- Why the engine cannot tell all the tags apart that thresholds name; nil when it can.
---@param thresholds table[]
---@return string|nil message
function M.tags_problem(thresholds)
  local seen, count = {}, 0
  for _, t in ipairs(thresholds) do
    for tag in pairs(t.tags) do
      if not seen[tag] then seen[tag], count = true, count + 1 end
    end
  end
  if count <= limits.MAX_TAG_KEYS then return nil end
  return ("thresholds name %d different tags; at most %d are possible"):format(
    count, limits.MAX_TAG_KEYS)
end

return M
