--- What was measured as families of series: the shape that pages of metrics and OTLP are made of.
--
-- A family has a name without prefix and suffixes, a kind, and points with labels. Counts stay
-- counts, times become seconds, and each request name has series of its own.

local M = {}

--- Upper edges of the buckets, in ms: those of the semantic conventions of HTTP (OpenTelemetry),
--- finer below them for services that answer at once, and up to the usual timeout.
M.TIMES_MS = {
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000,
  30000, 60000,
}

--- Upper edges for custom trends, whose unit nobody knows.
M.OTHERS = {
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000,
}

--- What `measured` takes.
M.LADDERS = { times = M.TIMES_MS, others = M.OTHERS }

local MS = 1000

---@class lload.Family
---@field name string
---@field kind "counter"|"gauge"|"histogram"
---@field unit? "seconds"|"bytes"
---@field help string
---@field points { labels: string[][], value?: number, trend?: table }[]
---@field edges? number[] of a histogram, in its unit

local SECONDS = {}
for index, ms in ipairs(M.TIMES_MS) do SECONDS[index] = ms / MS end

-- Those of whole runs; per name there are more, below.
local HELP = {
  http_req_blocked = "Time a request waited for a connection to be free.",
  http_req_looking_up = "Time of DNS lookups.",
  http_req_connecting = "Time of TCP handshakes.",
  http_req_tls_handshaking = "Time of TLS handshakes.",
  http_req_sending = "Time to send a request.",
  http_req_waiting = "Time from the last byte sent to the first byte received.",
  http_req_receiving = "Time to receive an answer.",
  iterations = "Iterations that came to an end by themselves.",
  iterations_failed = "Iterations that ended early by what the server sent.",
  iteration_errors = "Iterations that ended by a script error.",
  dropped_iterations = "Arrivals that found no user.",
  iteration_duration = "Time of iterations.",
  iteration_lag = "How late iterations started, of the open model.",
  iteration_response_time = "Time from the planned start of an iteration to its end.",
  group_duration = "Time spent in groups.",
  http_stream_first_event = "Time to the first event of a stream.",
  http_stream_events = "Events of streams.",
  ws_sessions = "Sessions over WebSockets.",
  ws_session_duration = "Time from the opening of a WebSocket to its end.",
  ws_connecting = "Time until a WebSocket was open.",
  ws_msgs_sent = "Messages sent over WebSockets.",
  ws_msgs_received = "Messages received over WebSockets.",
  ws_ping = "Time from a ping to its pong.",
}

-- Made from the rows of requests and checks, or from the snapshot.
local ELSEWHERE = {
  http_reqs = true, http_req_failed = true, http_req_duration = true,
  http_req_failed_duration = true, data_sent = true, data_received = true, checks = true,
  vus = true, vus_max = true,
}

--- Is a metric told per request name, per check, or as the state of the run, rather than as such?
---@param m { name: string, is_builtin: boolean }
---@return boolean
function M.is_elsewhere(m) return m.is_builtin and ELSEWHERE[m.name] or false end

-- The names that the suffixes of a kind make of a name: no two families may share one.
local SUFFIXES = {
  counter = { "_total" }, gauge = { "" }, histogram = { "", "_bucket", "_sum", "_count" },
}

local Families = {}
Families.__index = Families

local function is_taken(self, kind, name)
  for _, suffix in ipairs(SUFFIXES[kind]) do
    if self.taken[name .. suffix] then return true end
  end
  return false
end

-- A custom metric may be called like one of ours: then it gets a longer name.
local function free_name(self, kind, name, unit)
  local ending = unit and "_" .. unit or ""
  while is_taken(self, kind, name .. ending) do name = name .. "_" end
  for _, suffix in ipairs(SUFFIXES[kind]) do self.taken[name .. ending .. suffix] = true end
  return name
end

function Families:add(kind, name, unit, help)
  local family = {
    name = free_name(self, kind, name, unit), kind = kind, unit = unit, help = help, points = {},
  }
  self.list[#self.list + 1] = family
  return family
end

-- Labels come as pairs, in the order in which they are shown.
local function point(family, value, ...)
  family.points[#family.points + 1] = { labels = { ... }, value = value }
end

local function distribution(family, trend, ...)
  if not trend then return end
  family.points[#family.points + 1] = { labels = { ... }, trend = trend }
end

local function histogram(self, name, help)
  local family = self:add("histogram", name, "seconds", help)
  family.edges = SECONDS
  return family
end

local function sorted_pairs(map)
  local keys, index = {}, 0
  for key in pairs(map or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return function()
    index = index + 1
    return keys[index], map[keys[index]]
  end
end

local function in_seconds(trend)
  if not trend then return nil end
  return { count = trend.count, sum = trend.sum / MS, buckets = trend.buckets }
end

local function add_requests(self, requests)
  local reqs = self:add("counter", "http_reqs", nil, "Requests.")
  local failed = self:add("counter", "http_reqs_failed", nil,
    "Requests without a complete answer, or with a status that was not expected.")
  local answers = self:add("counter", "http_responses", nil, "Complete answers, by status.")
  local errors = self:add("counter", "http_req_errors", nil,
    "Requests without a complete answer, by what happened.")
  local sent = self:add("counter", "data_sent", "bytes", "Bytes sent.")
  local received = self:add("counter", "data_received", "bytes", "Bytes received.")
  local duration = histogram(self, "http_req_duration",
    "Time of requests that succeeded, or ran into their timeout or the end of the run.")
  local failed_duration = histogram(self, "http_req_failed_duration",
    "Time of requests that failed otherwise.")
  for _, r in ipairs(requests) do
    local name = { "name", r.name }
    point(reqs, r.count, name)
    point(failed, r.failed, name)
    point(sent, r.sent, name)
    point(received, r.received, name)
    for status, count in sorted_pairs(r.status) do
      point(answers, count, name, { "status", status })
    end
    for class, count in sorted_pairs(r.errors) do point(errors, count, name, { "error", class }) end
    distribution(duration, in_seconds(r.duration), name)
    distribution(failed_duration, in_seconds(r.failed_duration), name)
  end
end

local function add_checks(self, checks)
  local family = self:add("counter", "checks", nil, "Checks, by their outcome.")
  for _, check in ipairs(checks) do
    point(family, check.passes, { "check", check.name }, { "outcome", "passed" })
    point(family, check.fails, { "check", check.name }, { "outcome", "failed" })
  end
end

local function help_of(m)
  if HELP[m.name] and m.is_builtin then return HELP[m.name] end
  return ("%s %s."):format(m.is_builtin and "The" or "Custom", m.type .. " " .. m.name)
end

local function add_counter(self, m, name)
  point(self:add("counter", name, nil, help_of(m)), m.value)
end

-- A share cannot be added up; the two counts can.
local function add_rate(self, m, name)
  point(self:add("counter", name .. "_true", nil,
    ("Rate %s: how often it was true."):format(m.name)), m.passes)
  point(self:add("counter", name .. "_samples", nil,
    ("Rate %s: how often it was added to."):format(m.name)), m.samples)
end

local function add_gauge(self, m, name)
  point(self:add("gauge", name, nil, help_of(m)), m.value)
end

local function add_trend(self, m, name)
  if m.is_builtin then
    distribution(histogram(self, name, help_of(m)), in_seconds(m.trend))
    return
  end
  local family = self:add("histogram", name, nil, help_of(m))
  family.edges = M.OTHERS
  distribution(family, m.trend)
end

local ADD = { counter = add_counter, rate = add_rate, gauge = add_gauge, trend = add_trend }

local function add_metrics(self, metrics)
  for _, m in ipairs(metrics) do
    if not M.is_elsewhere(m) then
      ADD[m.type](self, m, (m.name:gsub("%.", "_")))
    end
  end
end

local function add_state(self, facts)
  point(self:add("gauge", "vus", nil, "Virtual users at this moment."), facts.vus)
  point(self:add("gauge", "vus_max", nil, "Virtual users that there is room for."), facts.vus_max)
  point(self:add("gauge", "elapsed", "seconds", "Time since the stage began."), facts.elapsed_s)
  local steps = self:add("gauge", "step", nil, "The step that a profile is in.")
  for index, step in ipairs(facts.steps or {}) do
    point(steps, step, { "profile", tostring(index) })
  end
  point(self:add("gauge", "run_info", nil, "1, with the phase of the run and lload's version."), 1,
    { "phase", facts.phase }, { "version", facts.version })
end

---@class lload.SinkFacts
---@field scenario string
---@field stage string
---@field tags table<string, string> of --tag
---@field version string
---@field host string where it runs
---@field phase string
---@field now_ms number since 1970
---@field began_ms number when counting began
---@field vus number
---@field vus_max number
---@field elapsed_s number
---@field steps? integer[] of each profile

--- The families of what was measured; those without a point are left out.
---@param measured table what `measured("run", LADDERS)` gives
---@param facts lload.SinkFacts
---@return lload.Family[]
function M.of(measured, facts)
  local self = setmetatable({ list = {}, taken = {} }, Families)
  add_requests(self, measured.requests)
  add_checks(self, measured.checks)
  add_state(self, facts)
  add_metrics(self, measured.metrics)
  local filled = {}
  for _, family in ipairs(self.list) do
    if #family.points > 0 then filled[#filled + 1] = family end
  end
  return filled
end

-- The labels that series have of their own.
local OWN = {
  scenario = true, stage = true, name = true, status = true, error = true, check = true,
  outcome = true, profile = true, phase = true, version = true, le = true, quantile = true,
  job = true, instance = true,
}

--- What all series of a run carry: scenario, stage, and the tags of the command line, as far as
--- names of labels go. A tag that is called like a label of ours begins with tag_.
---@param facts lload.SinkFacts
---@return string[][] labels
function M.common(facts)
  local labels, seen = { { "scenario", facts.scenario }, { "stage", facts.stage } }, {}
  for tag, value in sorted_pairs(facts.tags) do
    local name = tag:gsub("[^%w_]", "_")
    if OWN[name] or name:find "^__" then name = "tag_" .. name end
    if not seen[name] then labels[#labels + 1] = { name, value } end
    seen[name] = true
  end
  return labels
end

return M
