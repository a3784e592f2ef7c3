--- The one table of commands and options: parsing, help, environment and documentation read it.

local capacity_plan = require "lload.capacity.plan"
local commands = require "lload.commands"
local limits = require "lload.limits"
local new = require "lload.new"
local scenario = require "lload.scenario"
local segment = require "lload.segment"
local units = require "lload.units"
local values = require "lload.option_values"

local M = { commands = commands }

local text, whole, share = values.text, values.whole, values.share
local positive_duration, rate = values.positive_duration, values.rate

local RUNS = { "run", "budget" }

---@class lload.Option
---@field name string long name
---@field short? string
---@field value? string placeholder of its value; none for a flag
---@field commands string[]
---@field group string heading in the help
---@field help string
---@field many? boolean may be repeated
---@field takes? integer how many values may follow it; it is repeatable then
---@field parse? fun(value: string): any, string|nil

---@type lload.Option[]
M.table = {
  {
    name = "stage", value = "NAME", commands = { "run", "budget", "check" },
    group = "Load", parse = text,
    help = "the stage to run",
  },
  {
    name = "vus", short = "u", value = "N", commands = RUNS, group = "Load",
    parse = whole(1, limits.MAX_VUS), help = "virtual users, with --duration or --iterations",
  },
  {
    name = "duration", short = "d", value = "TIME", commands = RUNS, group = "Load",
    parse = positive_duration, help = "run this long: 30s, 1h30m",
  },
  {
    name = "iterations", short = "i", value = "N", commands = RUNS, group = "Load",
    parse = whole(1, limits.MAX_ITERATIONS), help = "run N iterations in all, shared by the users",
  },
  {
    name = "rate", short = "r", value = "RATE", commands = RUNS, group = "Load",
    parse = rate, help = "start iterations at this rate for --duration: 100/s; -u is max_vus",
  },
  {
    name = "warmup", value = "TIME", commands = RUNS, group = "Load",
    parse = units.duration, help = "run at the starting load first, excluded from all results",
  },
  {
    name = "segment", value = "I/N", commands = { "run" }, group = "Load", parse = segment.parse,
    help = "this machine's part of the load: 2/3, or 2:1/2,1/4,1/4",
  },
  {
    name = "threads", value = "N", commands = RUNS, group = "Load",
    parse = whole(1, limits.MAX_THREADS), help = "worker threads; default: the usable CPUs",
  },
  {
    name = "seed", value = "N", commands = { "run", "budget", "check" }, group = "Load",
    parse = whole(0, limits.MAX_SEED), help = "seed of all random choices; default: a new one",
  },
  {
    name = "control", value = "ADDR:PORT", commands = { "run" }, group = "Load",
    parse = values.control_address, help = "steer the run over HTTP at this address; default: off",
  },
  {
    name = "base-url", value = "URL", commands = RUNS, group = "Target",
    parse = scenario.base_url, help = "where paths lead, instead of the file's base_url",
  },
  {
    name = "target", value = "LABEL", commands = RUNS, group = "Target", parse = text,
    help = "which environment this is; results of one target are compared",
  },
  {
    name = "env", short = "e", value = "KEY=VALUE", commands = { "run", "budget", "check" },
    group = "Target", many = true, parse = values.env_pair, help = "a value for lload.env",
  },
  {
    name = "header", short = "H", value = "'NAME: VALUE'", commands = RUNS, group = "Target",
    many = true, parse = values.header_pair,
    help = "a header for every request; the last of a name wins",
  },
  {
    name = "insecure", commands = RUNS, group = "Target",
    help = "accept any TLS certificate",
  },
  {
    name = "resolve", value = "HOST:PORT:ADDR", commands = RUNS, group = "Target",
    many = true, parse = values.resolve_entry, help = "connect to ADDR for this host and port",
  },
  {
    name = "source-ip", value = "A[-B]", commands = RUNS, group = "Target",
    parse = values.source_ip,
    help = "connections leave from these local addresses, user by user",
  },
  {
    name = "transport", value = "NAME", commands = RUNS, group = "Target", parse = values.transport,
    help = "h1, curl, or auto (default): h1 wherever it can",
  },
  {
    name = "threshold", value = "'METRIC: EXPR'", commands = RUNS, group = "Results",
    many = true, parse = values.threshold_pair,
    help = "judge this too: 'http_req_duration: p(95)<200'",
  },
  {
    name = "threshold", value = "'METRIC: EXPR'", commands = { "report" }, group = "Results",
    many = true, parse = values.threshold_pair,
    help = "judge the result by this instead (repeatable)",
  },
  {
    name = "thresholds", value = "FILE", commands = { "run" }, group = "Results", parse = text,
    help = "thresholds of endpoints, for all scenarios: Lua or JSON",
  },
  {
    name = "tag", value = "KEY=VALUE", commands = RUNS, group = "Results", many = true,
    parse = values.tag_pair, help = "a tag for every sample",
  },
  {
    name = "out", value = "DIR", commands = { "run", "budget", "compare" },
    group = "Results", parse = text,
    help = "write result.json, report.html, junit.xml and others there",
  },
  {
    name = "json", value = "FILE",
    commands = { "run", "budget", "report", "compare", "trend", "capacity" },
    group = "Results", parse = text, help = "write the result as JSON; - is standard output",
  },
  {
    name = "html", value = "FILE", commands = { "run", "report", "trend" }, group = "Results",
    parse = text,
    help = "write a page with charts; - is standard output",
  },
  {
    name = "json", commands = { "check" }, group = "Results",
    help = "print the plan as JSON",
  },
  {
    name = "arrivals", value = "N", commands = { "check" }, group = "Results",
    parse = whole(1, 1000000), help = "show when the first N arrivals are due, in ms",
  },
  {
    name = "junit", value = "FILE", commands = { "run", "report", "compare" }, group = "Results",
    parse = text, help = "write a JUnit report; - is standard output",
  },
  {
    name = "hlog", value = "FILE", commands = { "run" }, group = "Results", parse = text,
    help = "write the histograms of each window; - is standard output",
  },
  {
    name = "prometheus", value = "ADDR:PORT", commands = { "run" }, group = "Streams",
    parse = values.control_address, help = "serve a page of metrics for Prometheus; default: off",
  },
  {
    name = "otlp", value = "URL", commands = { "run" }, group = "Streams", parse = text,
    help = "send metrics to a collector of OpenTelemetry (HTTP, JSON)",
  },
  {
    name = "influx", value = "URL", commands = { "run" }, group = "Streams", parse = text,
    help = "write to InfluxDB; its token from LLOAD_INFLUX_TOKEN",
  },
  {
    name = "statsd", value = "HOST:PORT", commands = { "run" }, group = "Streams",
    parse = values.datagram_address, help = "send counters and gauges to StatsD",
  },
  {
    name = "samples", value = "FILE[.gz]", commands = { "run" }, group = "Streams",
    parse = values.samples_path, help = "write every request as a line of JSON",
  },
  {
    name = "base", value = "RESULT...", commands = { "compare" }, group = "Sides", parse = text,
    many = true, takes = math.huge, help = "the runs to compare with",
  },
  {
    name = "new", value = "RESULT...", commands = { "compare" }, group = "Sides", parse = text,
    many = true, takes = math.huge, help = "the runs to judge",
  },
  {
    name = "baseline", value = "DIR", commands = { "run", "compare" }, group = "Baseline",
    parse = text, help = "compare with the newest results in DIR that can be; run joins them",
  },
  {
    name = "require-baseline", commands = { "run" }, group = "Baseline",
    help = "without a comparable result the run is inconclusive (98)",
  },
  {
    name = "accept", commands = { "run" }, group = "Baseline",
    help = "a regression is meant to be: this run begins a new baseline",
  },
  {
    name = "last", value = "N", commands = { "compare", "trend" }, group = "Sides",
    parse = whole(1, 1000), help = "how many results at most; default: 10, of trend 50",
  },
  {
    name = "interleave", value = "CMD_A CMD_B", commands = { "compare" }, group = "Sides",
    parse = text, many = true, takes = 2, help = "run both commands alternately and compare them",
  },
  {
    name = "runs", value = "N", commands = { "compare" }, group = "Sides",
    parse = whole(2, 100), help = "with --interleave: how often each; default: 5",
  },
  {
    name = "until", value = "'METRIC EXPR'", commands = { "budget" }, group = "Loop", parse = text,
    help = "the target: 'http_req_duration p(95)<200'",
  },
  {
    name = "max", value = "N", commands = { "budget" }, group = "Loop", parse = whole(1, 1000),
    help = "measurements at most; default: 10",
  },
  {
    name = "between", value = "CMD", commands = { "budget" }, group = "Loop", parse = text,
    help = "what to run between two measurements",
  },
  {
    name = "svg", value = "FILE", commands = { "trend" }, group = "Results", parse = text,
    help = "write the charts as SVG",
  },
  {
    name = "plan", value = "FILE", commands = { "capacity" }, group = "Plan", parse = text,
    help = "a Lua file with pods, connections and prices",
  },
  {
    name = "target", value = "RATE", commands = { "capacity" }, group = "Plan", parse = rate,
    help = "requests to plan for: 540/s, 50000/m",
  },
  {
    name = "growth", value = "FACTOR", commands = { "capacity" }, group = "Plan",
    parse = capacity_plan.growth, help = "plan for so many times today's load: 3x",
  },
  {
    name = "write-verify", value = "FILE", commands = { "capacity" }, group = "Plan", parse = text,
    help = "write a scenario that verifies the plan, beside the measured one",
  },
  {
    name = "effect", value = "SHARE", commands = { "compare" }, group = "Limits", parse = share,
    help = "smallest relative change that counts; default: 10%",
  },
  {
    name = "floor", value = "TIME", commands = { "compare" }, group = "Limits",
    parse = values.milliseconds, help = "smallest change of p95 that counts; default: 5ms",
  },
  {
    name = "markdown", value = "FILE", commands = { "run", "report", "compare", "capacity" },
    group = "Results", parse = text, help = "write a summary for a pull-request comment",
  },
  {
    name = "csv", value = "FILE", commands = { "run", "report" }, group = "Results",
    parse = text, help = "write a row for each window of the run",
  },
  {
    name = "gitlab", value = "FILE", commands = { "run", "report" }, group = "Results",
    parse = text, help = "write GitLab's load-performance.json",
  },
  {
    name = "benchmark", value = "FILE", commands = { "run", "report" }, group = "Results",
    parse = text, help = "write JSON for github-action-benchmark",
  },
  {
    name = "github", value = "WHEN", commands = { "run" }, group = "Results", parse = values.github,
    help = "step summary and annotations: auto (in GitHub Actions), on, off",
  },
  {
    name = "debug", value = "WHAT", commands = { "run" }, group = "Output",
    parse = values.debug_what,
    help = "failures[:N]: keep the first N of each; all: print those of user 1",
  },
  {
    name = "summary", value = "SIZE", commands = { "run", "report" }, group = "Output",
    parse = values.summary, help = "full (default), short: why it passed or failed, or none",
  },
  {
    name = "quiet", short = "q", commands = { "run", "budget", "report", "compare" },
    group = "Output",
    help = "print the verdict line only",
  },
  {
    name = "verbose", short = "v",
    commands = { "run", "budget", "report", "compare", "capacity" }, group = "Output",
    help = "print more",
  },
  {
    name = "template", value = "NAME", commands = { "new" }, group = "Output",
    parse = new.known_template,
    help = "starter (default), minimal, checkout, api, arrival-rate or soak",
  },
  {
    name = "output", short = "o", value = "FILE", commands = { "import" }, group = "Import",
    parse = text, help = "where the scenario goes; default: standard output",
  },
  {
    name = "with-assets", commands = { "import" }, group = "Import",
    help = "har: scripts, styles, images and fonts, too",
  },
  {
    name = "with-third-parties", commands = { "import" }, group = "Import",
    help = "har: requests to other hosts, too",
  },
  {
    name = "confirm", value = "URL", commands = { "import" }, group = "Import",
    parse = scenario.base_url,
    help = "har: replay it once against this address and tell what holds",
  },
  {
    name = "format", value = "'LOG_FORMAT'", commands = { "import" }, group = "Import",
    parse = text, help = "log: nginx's log_format, or combined, common, json",
  },
  {
    name = "session", value = "NAME", commands = { "import" }, group = "Import", parse = text,
    help = "log: the variable or key that tells visits apart",
  },
  {
    name = "at", value = "HOUR|pN", commands = { "import" }, group = "Import",
    parse = values.moment,
    help = "log: the rate of that hour, or that percentile of the minutes; default: the mean",
  },
  {
    name = "top", value = "N", commands = { "import" }, group = "Import", parse = whole(1, 100),
    help = "log: a benchmark for each of the N most used endpoints; -o is a folder",
  },
  {
    name = "openapi", value = "FILE", commands = { "import" }, group = "Import", parse = text,
    help = "log: paths of this document go before what the log suggests",
  },
  {
    name = "only", value = "TAG|PATH", commands = { "import" }, group = "Import", parse = text,
    help = "openapi: of one tag, or at one path and below it",
  },
  {
    name = "allow-writes", commands = { "import" }, group = "Import",
    help = "openapi: with what changes and deletes (PUT, PATCH, DELETE)",
  },
  {
    name = "env", value = "FILE", commands = { "import" }, group = "Import", parse = text,
    help = "postman: an exported environment",
  },
  {
    name = "smoke", value = "URL", commands = { "import" }, group = "Import",
    parse = scenario.base_url, help = "run it once by one user against this address",
  },
  {
    name = "no-color",
    commands = { "run", "budget", "check", "report", "compare", "trend", "capacity" },
    group = "Output",
    help = "no colours; NO_COLOR and TERM=dumb do the same",
  },
  {
    name = "help", short = "h",
    commands = {
      "run", "budget", "check", "report", "compare", "trend", "capacity", "new", "import",
      "version", "help",
    },
    group = "Output", help = "explain this command",
  },
}

--- The key under which an option's value is kept: base-url → base_url.
---@param option lload.Option
---@return string
function M.key(option)
  return (option.name:gsub("-", "_"))
end

--- The environment variable of an option: base-url → LLOAD_BASE_URL.
---@param option lload.Option
---@return string
function M.variable(option)
  return "LLOAD_" .. M.key(option):upper()
end

--- The options of a command, in the order of the help.
---@param command string
---@return lload.Option[]
function M.of(command)
  local list = {}
  for _, option in ipairs(M.table) do
    for _, name in ipairs(option.commands) do
      if name == command then list[#list + 1] = option end
    end
  end
  return list
end

--- The command of a name, or nil.
---@param name string
---@return lload.Command|nil
function M.command(name)
  for _, command in ipairs(M.commands) do
    if command.name == name then return command end
  end
  return nil
end

--- The long options and commands that a text (the README, a man page) does not mention.
---@param document string
---@return string[] missing
function M.undocumented(document)
  local missing, seen = {}, {}
  local function need(words)
    if not seen[words] and not document:find(words, 1, true) then missing[#missing + 1] = words end
    seen[words] = true
  end
  for _, command in ipairs(M.commands) do need("lload " .. command.name) end
  for _, option in ipairs(M.table) do need("--" .. option.name) end
  return missing
end

return M
