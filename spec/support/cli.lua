--- Runs the lload executable: to its end, or in the background for signals.
local cjson = require "cjson"
local binaries = require "spec.support.binaries"
local process = require "spec.support.process"
local sanitizer = require "spec.support.sanitizer"
local tmp = require "spec.support.tmp"

local TIMEOUT_S = 60

local M = {}

local Run = {}
Run.__index = Run

-- SPEC_TRANSPORT lets the whole suite run on one transport; see spec/CMakeLists.txt.
local function with_defaults(env)
  local merged = { LLOAD_TRANSPORT = os.getenv "SPEC_TRANSPORT" }
  for name, value in pairs(sanitizer.env) do
    merged[name] = value
  end
  for name, value in pairs(env or {}) do
    merged[name] = value
  end
  return merged
end

local function describe(argv)
  return table.concat(argv, " ")
end

--- Starts any program. opts: env, cwd, stdin (text), timeout (seconds, for :finish)
function M.start_program(argv, opts)
  opts = opts or {}
  local dir = tmp.dir()
  local files = { stdout = dir .. "/stdout", stderr = dir .. "/stderr" }
  if opts.stdin then
    files.stdin = tmp.write(dir, "stdin", opts.stdin)
  end
  local child = process.spawn(argv, {
    env = with_defaults(opts.env),
    cwd = opts.cwd,
    stdin = files.stdin,
    stdout = files.stdout,
    stderr = files.stderr,
  })
  local run = { argv = argv, child = child, files = files, timeout = opts.timeout or TIMEOUT_S }
  return setmetatable(run, Run)
end

--- Starts `lload args...`.
function M.start(args, opts)
  local argv = { binaries.lload() }
  for _, word in ipairs(args) do
    argv[#argv + 1] = word
  end
  return M.start_program(argv, opts)
end

function Run:stderr()
  return tmp.read(self.files.stderr) or ""
end

function Run:stdout()
  return tmp.read(self.files.stdout) or ""
end

--- Sends "INT", "TERM" and so on.
function Run:signal(name)
  self.child:send_signal(name)
end

function Run:is_running()
  return not self.child:has_ended()
end

function Run:kill()
  self.child:kill()
end

--- Waits for the end and returns { code, signal, stdout, stderr, elapsed, maxrss_kb }. A program
--- that takes longer than `timeout` is killed and raises, and so does a sanitizer report.
function Run:wait(timeout)
  timeout = timeout or self.timeout
  if not self.child:wait(timeout) then
    self.child:kill()
    error(("%s did not end within %g s; its standard error:\n%s"):format(
      describe(self.argv), timeout, self:stderr()), 2)
  end
  local result = {
    code = self.child.code,
    signal = self.child.signal,
    elapsed = self.child.elapsed,
    maxrss_kb = self.child.maxrss_kb,
    stdout = self:stdout(),
    stderr = self:stderr(),
  }
  sanitizer.assert_clean(describe(self.argv), result.stderr)
  return result
end

--- Runs `lload args...` to its end.
function M.run(args, opts)
  return M.start(args, opts):wait()
end

--- Runs any program to its end.
function M.program(argv, opts)
  return M.start_program(argv, opts):wait()
end

local PRELUDE = [[
local lload = require "lload"
local http, check, group, think = lload.http, lload.check, lload.group, lload.think
]]

-- Scenario lines count from the first line of `text`: the prelude is one line.
local function scenario_text(text)
  return PRELUDE:gsub("\n", " ") .. text
end

--- Writes a scenario file that begins with the usual locals (on line 1, with the first line of
--- `text`) and returns its path and folder.
function M.scenario(text, name)
  local dir = tmp.dir()
  return tmp.write(dir, name or "scenario.lua", scenario_text(text)), dir
end

--- Decodes a result file; null becomes nil-like cjson.null, which no lload result should hold.
function M.read_json(path)
  local text = tmp.read(path)
  return text and cjson.decode(text)
end

local function scenario_args(text, args, opts)
  local path, dir = M.scenario(text, opts.name)
  local all = { "run", path, "--json", dir .. "/result.json", "--junit", dir .. "/junit.xml" }
  if opts.base_url then
    all[#all + 1] = "--base-url"
    all[#all + 1] = opts.base_url
  end
  for _, word in ipairs(args or {}) do
    all[#all + 1] = word
  end
  return all, dir
end

local function add_reports(run, dir)
  run.dir = dir
  run.result = M.read_json(dir .. "/result.json")
  run.junit = tmp.read(dir .. "/junit.xml")
  return run
end

--- Writes a scenario, runs it and reads its reports: like `run`, with `result` (the decoded
--- result.json, nil if none), `junit` (text) and `dir`. opts: those of `start`, base_url, name
function M.run_scenario(text, args, opts)
  opts = opts or {}
  local all, dir = scenario_args(text, args, opts)
  return add_reports(M.run(all, opts), dir)
end

--- The same in the background; `finish()` waits and returns what run_scenario does.
function M.start_scenario(text, args, opts)
  opts = opts or {}
  local all, dir = scenario_args(text, args, opts)
  local run = M.start(all, opts)
  function run.finish(timeout)
    return add_reports(run:wait(timeout), dir)
  end
  return run
end

return M
