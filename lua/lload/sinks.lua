--- Who is told of a run while it lasts: a page of metrics, databases, a file of samples.
--
-- None of them can hurt the run: threads of their own send and write, queues are bounded, and what
-- gets lost is counted and told. The formats are in `lload.sink`.

local families = require "lload.sink.families"
local influx = require "lload.sink.influx"
local otlp = require "lload.sink.otlp"
local page = require "lload.sink.page"
local statsd = require "lload.sink.statsd"
local text = require "lload.text"

local M = {}

local DRAIN_S = 5 -- after the run, for all senders together
local LONGEST_PROBLEM = 200

local SECRET = {
  p = true, password = true, token = true, key = true, api_key = true, apikey = true,
  access_token = true, secret = true, signature = true, sig = true,
}

--- An address as it may be shown: without passwords, and without the values that look like one.
---@param url string
---@return string
function M.shown_address(url)
  return (text.without_passwords(text.one_line(url)):gsub("([?&]([^=&#]*)=)([^&#]*)",
    function(start, name, value)
      return start .. (SECRET[name:lower()] and value ~= "" and "***" or value)
    end))
end

-- How a sink is opened: its sender, or nil and why not.
local function open_otlp(url, engine, getenv)
  local headers, message = otlp.headers(getenv "OTEL_EXPORTER_OTLP_HEADERS")
  if not headers then return nil, message end
  table.insert(headers, 1, "Content-Type: " .. otlp.CONTENT_TYPE)
  return engine.post(otlp.endpoint(url), headers)
end

local function open_influx(url, engine, getenv)
  local message = influx.problem(url)
  if message then return nil, message end
  local token = getenv "LLOAD_INFLUX_TOKEN"
  if token and token:find "%c" then return nil, "LLOAD_INFLUX_TOKEN holds a control character" end
  return engine.post(url, influx.headers(token))
end

local function open_statsd(where, engine) return engine.datagrams(where.host, where.port) end

local function cumulative(snapshot) return snapshot.measured("run", families.LADDERS) end

-- Adding one is a file in sink/ and a row here. `every` counts ticks; what is cumulative loses
-- nothing by being sent less often.
local KINDS = {
  {
    option = "otlp", open = open_otlp, render = otlp.render, every = 5, is_cumulative = true,
    shown = function(url) return M.shown_address(otlp.endpoint(url)) end,
  },
  {
    option = "influx", open = open_influx, render = influx.render, every = 1,
    shown = M.shown_address,
  },
  {
    option = "statsd", open = open_statsd, render = statsd.render, every = 1,
    shown = function(where) return ("%s:%d"):format(where.host, where.port) end,
  },
}

---@class lload.Sinks
---@field world table
---@field wanted table[] { kind, value }
---@field server table|nil of the page
---@field samples table|nil the file
---@field samples_path string|nil
local Sinks = {}
Sinks.__index = Sinks

-- Whether each can be opened is found out before the run; each run then opens its own.
local function try_senders(self, problems)
  for _, sink in ipairs(self.wanted) do
    local sender, message = sink.kind.open(sink.value, self.world.engine, self.world.getenv)
    if sender then
      sender:close()
    else
      problems[#problems + 1] = ("--%s: %s"):format(sink.kind.option, message)
    end
  end
end

local function open_page(self, where, is_quiet, problems)
  if not where then return end
  local server, port = self.world.engine.control(where.address, where.port, "metrics")
  if not server then
    problems[#problems + 1] = "--prometheus: " .. port
    return
  end
  self.server = server
  if where.port == 0 or not is_quiet then
    self.world.stderr:write(("metrics on http://%s:%d/metrics\n"):format(
      where.address:find ":" and "[" .. where.address .. "]" or where.address, port))
  end
end

local function open_samples(self, path, problems)
  if not path then return end
  local message
  self.samples, message = self.world.engine.samples(path)
  self.samples_path = path
  if not self.samples then problems[#problems + 1] = "--samples: " .. message end
end

--- Opens what the settings ask for.
---@param chosen lload.Settings
---@param world table
---@return lload.Sinks
---@return string[] problems
function M.open(chosen, world)
  local self, problems = setmetatable({ world = world, wanted = {} }, Sinks), {}
  for _, kind in ipairs(KINDS) do
    local value = chosen:value(kind.option)
    if value then self.wanted[#self.wanted + 1] = { kind = kind, value = value } end
  end
  self.is_quiet = chosen:value("quiet", nil, false)
  try_senders(self, problems)
  open_page(self, chosen:value "prometheus", self.is_quiet, problems)
  open_samples(self, chosen:value "samples", problems)
  return self, problems
end

--- Adds to the spec of a run what the engine has to do for them.
---@param spec table
function Sinks:prepare(spec)
  spec.prometheus, spec.samples = self.server, self.samples
  for _, sink in ipairs(self.wanted) do
    spec.wants_intervals = spec.wants_intervals or not sink.kind.is_cumulative
  end
end

--- Closes the page and the file, after the last run.
function Sinks:close()
  if self.server then self.server:close() end
  if self.samples then self.samples:close() end
end

---@class lload.SinkRun one run's sinks
---@field sinks lload.Sinks
---@field plan lload.Plan
---@field senders table[] { kind, sender, shown, mistake }
---@field page lload.MetricsServer|nil
---@field told table<string, boolean> whose problem was told
---@field untold string[] lines that wait for the end of the live block
---@field final table|nil the engine's, once the run is over
local Run = {}
Run.__index = Run

--- The sinks of one run.
---@param plan lload.Plan
---@param screen { stream: table, live: boolean }
---@return lload.SinkRun
function Sinks:begin(plan, screen)
  local engine = self.world.engine
  local run = setmetatable({
    sinks = self, plan = plan, screen = screen, senders = {}, ticks = 0,
    told = {}, untold = {},
    began_ms = engine.wall_ms(), vus_max = 0, host = engine.machine().hostname or "",
  }, Run)
  for _, sink in ipairs(self.wanted) do
    local sender = sink.kind.open(sink.value, engine, self.world.getenv)
    if sender then
      table.insert(run.senders,
        { kind = sink.kind, sender = sender, shown = sink.kind.shown(sink.value) })
    end
  end
  if self.server then run.page = page.new(function() return engine.now() end) end
  return run
end

-- A final table has neither users nor a phase any more, and its steps are others.
function Run:facts(snapshot)
  local engine, is_over = self.sinks.world.engine, snapshot.phase == nil
  self.vus_max = snapshot.vus_max or self.vus_max
  return {
    scenario = self.plan.test.name, stage = self.plan.stage.name, tags = self.plan.spec.tags,
    version = engine.version, host = self.host,
    phase = is_over and "over" or snapshot.phase,
    began_ms = self.began_ms, now_ms = engine.wall_ms(),
    elapsed_s = is_over and snapshot.duration_s or snapshot.elapsed_s,
    vus = is_over and 0 or snapshot.vus, vus_max = self.vus_max,
    steps = not is_over and snapshot.steps or nil,
  }
end

-- A live block would be torn apart by a line: then it has to wait for the end.
function Run:tell(line)
  if self.screen.live then
    self.untold[#self.untold + 1] = line
  else
    self.sinks.world.stderr:write(line)
  end
end

local function problem_of(report)
  return report.problem and text.cut(text.one_line(report.problem), LONGEST_PROBLEM)
end

function Run:tell_of(name, where, report)
  if not report.problem or self.told[name] then return end
  self.told[name] = true
  self:tell(("lload: --%s %s: %s; the run goes on\n"):format(name, where, problem_of(report)))
end

local function sender_report(s)
  local report = s.sender:report()
  if s.mistake then
    report.problem = "internal error of lload, please report it: " .. s.mistake
  end
  return report
end

function Run:tell_of_all()
  for _, s in ipairs(self.senders) do self:tell_of(s.kind.option, s.shown, sender_report(s)) end
  local samples = self.sinks.samples
  if samples then self:tell_of("samples", self.sinks.samples_path, samples:report()) end
end

-- A mistake of ours in a format must not end an hour of measuring.
local function send(s, measured, facts)
  local ok, body = pcall(s.kind.render, measured, facts)
  if ok then s.sender:push(body) else s.mistake = tostring(body) end
end

-- What came since the last time goes to all who want it, and is forgotten then.
local function push(self, snapshot, is_last)
  local facts, interval, whole = self:facts(snapshot), nil, nil
  for _, s in ipairs(self.senders) do
    if is_last or self.ticks % s.kind.every == 0 then
      local measured
      if s.kind.is_cumulative then
        whole = whole or cumulative(snapshot)
        measured = whole
      else
        interval = interval or snapshot.measured "interval"
        measured = interval
      end
      send(s, measured, facts)
    end
  end
  if interval and snapshot.begin_interval then snapshot.begin_interval() end
end

--- Tells the sinks of a tick.
---@param snapshot table
function Run:tick(snapshot)
  if #self.senders > 0 then
    self.ticks = self.ticks + 1
    push(self, snapshot, false)
  end
  self:tell_of_all()
end

--- Answers who asks for the page.
---@param request lload.LiveRequest
---@param snapshot table of the run under way, or its final table
---@return integer status
---@return string answer
function Run:answer(request, snapshot)
  return self.page:answer(request, function() return cumulative(snapshot) end,
    self:facts(snapshot))
end

local function report_of(name, where, report)
  return {
    name = name, to = where, sent = report.sent, failed = report.failed, dropped = report.dropped,
    problem = problem_of(report),
  }
end

--- Sends the rest, and says how it went.
---@param final table
---@return table[]|nil sinks of the result model; nil without any
function Run:finish(final)
  self.final = final
  if final.measured then push(self, final, true) end
  local due_s, list = self.sinks.world.engine.now() + DRAIN_S, {}
  for _, s in ipairs(self.senders) do
    s.sender:drain(math.max(0, due_s - self.sinks.world.engine.now()))
    list[#list + 1] = report_of(s.kind.option, s.shown, sender_report(s))
  end
  local samples = self.sinks.samples
  if samples then
    list[#list + 1] = report_of("samples", self.sinks.samples_path, samples:report())
  end
  self:tell_of_all()
  for _, s in ipairs(self.senders) do s.sender:close() end
  return #list > 0 and list or nil
end

--- Shows what had to wait for the end of the live block.
function Run:tell_rest()
  for _, line in ipairs(self.untold) do self.sinks.world.stderr:write(line) end
end

--- Keeps the page for one more scrape, which then sees the final numbers: for as long as scrapes
--- were apart.
function Run:linger()
  local measured = self.final and self.final.measured -- neither, if the run never began
  local wait_s = self.page and measured and self.page:patience_s()
  if not wait_s then return end
  if not self.sinks.is_quiet then
    self.sinks.world.stderr:write(
      ("waiting up to %.0f s for the last scrape of the metrics; Ctrl-C skips it\n"):format(wait_s))
  end
  self.sinks.server:serve(wait_s, function(request)
    local status, answer = self:answer(request, self.final)
    return status, answer, status == 200
  end)
end

return M
