--- Thresholds: parse `p(95)<800`, check them against the metrics, judge them, say by how much.

local judged = require "lload.judged"
local limits = require "lload.limits"
local metrics = require "lload.metrics"
local reader = require "lload.reader"
local suggest = require "lload.suggest"
local units = require "lload.units"

local M = {}

local COMPARE = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
  ["=="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
}

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
  elseif not COMPARE[operator] then
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

-- What stands behind the number: a unit, then nothing more in this version.
local function parse_rest(text, after)
  local start, unit, next_after = text:match("^%s*()([^%s]*)()", after)
  if unit == "over" or unit == "for" then return "", start end
  return unit, next_after, start
end

--- Parses an expression `AGG OP NUMBER[unit]`.
---@param text string
---@return table|nil parsed { agg, x, operator, number, unit, unit_column, agg_column }
---@return string|nil message with the column of the mistake
function M.parse(text)
  local head, message = parse_aggregation(text)
  if not head then return nil, message end
  local operator, after = parse_operator(text, head.after)
  if not operator then return nil, after end
  local number, past = parse_number(text, after)
  if not number then return nil, past end
  local unit, rest, unit_column = parse_rest(text, past)
  local start, word = text:match("^%s*()(%S+)", rest)
  if word == "over" or word == "for" then
    return fail(text, start, ('"%s" is not in this version'):format(word))
  elseif word then
    return fail(text, start, ('unexpected "%s"'):format(word))
  end
  return {
    text = text:match("^%s*(.-)%s*$"),
    agg = head.agg, x = head.x, agg_column = head.column,
    operator = operator, number = number, unit = unit, unit_column = unit_column,
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

-- Distance to the limit as a share of it; positive is room left, negative is over the limit.
local function margin(threshold, actual)
  local sign = ({ ["<"] = 1, ["<="] = 1, [">"] = -1, [">="] = -1 })[threshold.operator]
  if not sign or threshold.limit == 0 then return nil end
  return sign * (threshold.limit - actual) / math.abs(threshold.limit)
end

--- Judges one threshold against a value; nil is no data.
---@param threshold table
---@param actual number|nil
---@return boolean ok
---@return number|nil margin
function M.holds(threshold, actual)
  if actual == nil or actual ~= actual then return threshold.on_no_data == "pass" end
  return COMPARE[threshold.operator](actual, threshold.limit), margin(threshold, actual)
end

---@class lload.Judge
local Judge = {}
Judge.__index = Judge

--- A judge of a run's thresholds; it remembers the one that stopped the run.
---@param thresholds table[]
---@return lload.Judge
function M.judge(thresholds)
  return setmetatable({ thresholds = thresholds, tripped = {} }, Judge)
end

--- Should the run stop now because a threshold with abort_on_fail fails?
---@param snapshot table
---@return "threshold"|nil
function Judge:wants_stop(snapshot)
  if snapshot.phase ~= "run" then return nil end
  local stop
  for index, t in ipairs(self.thresholds) do
    if t.abort_on_fail and not self.tripped[index] and snapshot.elapsed_s >= t.delay_abort_s then
      local actual = snapshot.value(index, t.agg, t.x)
      if actual and not M.holds(t, actual) then
        self.tripped[index] = { actual = actual, at_s = snapshot.elapsed_s }
        stop = "threshold"
      end
    end
  end
  return stop
end

--- The threshold that is worst off right now, for the progress line; nil without data.
---@param snapshot table
---@return table|nil worst { threshold, actual, ok, margin }
function Judge:worst(snapshot)
  local worst
  for index, t in ipairs(self.thresholds) do
    local actual = snapshot.value(index, t.agg, t.x)
    if actual then
      local ok, room = M.holds(t, actual)
      local rank = (ok and 1e9 or 0) + (room or 0)
      if not worst or rank < worst.rank then
        worst = { threshold = t, actual = actual, ok = ok, margin = room, rank = rank }
      end
    end
  end
  return worst
end

--- The final verdict of every threshold, in their order.
---@param final table
---@return table[]
function Judge:verdicts(final)
  local verdicts = {}
  for index, t in ipairs(self.thresholds) do
    local actual = final.value(index, t.agg, t.x)
    if actual ~= actual then actual = nil end
    local ok, room = M.holds(t, actual)
    verdicts[index] = {
      metric = t.metric, tags = next(t.tags) and t.tags or nil, expression = t.expression,
      actual = actual, ok = ok and not self.tripped[index], data = actual ~= nil, margin = room,
    }
  end
  return verdicts
end

--- What stopped the run, as one sentence; nil when no threshold did.
---@return string|nil
function Judge:stop_detail()
  for index, t in ipairs(self.thresholds) do
    local trip = self.tripped[index]
    if trip then
      return ("%s %s was %s after %s"):format(judged.label(t.metric, t.tags), t.expression,
        t.is_time and units.format_ms(trip.actual) or units.format_number(trip.actual),
        units.format_duration(math.floor(trip.at_s + 0.5)))
    end
  end
  return nil
end

return M
