--- docs/benchmarks.md from the measured figures: pure, model to text.

local M = {}

local HEAD = [[
# Benchmarks

Written by `%s` (release build) on %s; %s, %s CPUs, %s; libcurl %s, wrk %s, nginx %s.
Server pinned to one core, generator to the other, %d rounds of %d s each in alternation, medians.
The ratio is what travels between machines; absolute figures do not.

]]

local function thousands(n)
  local text = ("%.0f"):format(n)
  return (text:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

local function contest(c)
  local lines = {
    "## " .. c.title, "",
    "| | requests per CPU second | requests per second | ratio |", "|---|---|---|---|",
  }
  local peer = c.figures[2]
  for _, f in ipairs(c.figures) do
    local ratio = f ~= peer and ("%.2f (target %.2f)"):format(f.per_cpu / peer.per_cpu, c.must)
      or "1"
    lines[#lines + 1] = ("| %s | %s | %s | %s |"):format(
      f.name, thousands(f.per_cpu), thousands(f.per_second), ratio)
  end
  return table.concat(lines, "\n") .. "\n"
end

local function accuracy(a)
  return ([[
## 50 ms are measured as 50 ms

The demo shop with a service time of 50 ms: median of lload's `http_req_duration` %.2f ms, median of
curl's `time_total` (a new connection each) %.2f ms, apart by %.2f ms (target: at most 2).
]]):format(a.lload, a.curl, math.abs(a.lload - a.curl))
end

local function memory(m)
  return ([[
## Memory

| | peak resident memory |
|---|---|
| 50 users, %s requests | %.1f MB |
| 50 users, %s requests | %.1f MB |
| 1 user with a connection | %.1f MB |
| %s users with a connection each, thinking | %.1f MB, that is %.1f kB a user |
]]):format(thousands(m.few), m.few_kb / 1024, thousands(m.many), m.many_kb / 1024,
    m.one_user_kb / 1024, thousands(m.users), m.users_kb / 1024,
    (m.users_kb - m.one_user_kb) / m.users)
end

local function scale_row(what, target_kb, m)
  return ("| %s | %s | %.2f kB (target %d) | %.1f ms (target 10) | %d of %s |"):format(
    what, thousands(m.users), m.kb_a_user, target_kb, m.stall_ms, m.failed, thousands(m.requests))
end

local function scale(s)
  local both_mb = (s.connected.kb_a_user + s.unconnected.kb_a_user) * 100000 / 1024
  return ([[
## Very many users

One worker on one core; users grow in over some seconds. Memory is the slope between 100 users and
all of them, the stall the longest turn of the event loop (other programs of the machine included).

| | users | memory a user | longest stall | failed requests |
|---|---|---|---|---|
%s
%s

Both slopes together at 100,000 users: %.0f MB (target 500, aim 300).

An endpoint that takes 1 ms, under %s thinking users on one core: median %.2f ms, p95 %.2f ms, p99
%.2f ms (target: p95 within 0.5 ms).
]]):format(scale_row("a kept connection each, 5 s think time", 5, s.connected),
    scale_row("one request at the start, then only thinking", 2, s.unconnected),
    both_mb, thousands(s.millisecond.users),
    s.millisecond.p50, s.millisecond.p95, s.millisecond.p99)
end

local function calls(c)
  return ([[
## What a request asks of the system

A POST with JSON and one check, 50 users on kept connections, counted (the difference of two runs):
%.3f allocations in C (target 0) and %.2f system calls (target 2.2) a request.
]]):format(c.allocations, c.calls)
end

local function convenience_row(c)
  return ("| %s | %.2f µs | %s |"):format(c.name, c.us, c.ratio and ("%.2f%s"):format(c.ratio,
    c.must and (" (target %.2f)"):format(c.must) or "") or "1")
end

local function pacing_row(r)
  return ("| %s | %.0f / %.0f µs | %.0f / %.0f µs | %.3f (target 0.125) | %.0f / %.0f µs |"):format(
    thousands(r.rate), r.ev_timer.median_us, r.ev_timer.p99_us, r.empty.median_us, r.empty.p99_us,
    r.empty.median_us / r.ev_timer.median_us, r.get.median_us, r.get.p99_us)
end

local function codes(reasons)
  local list = {}
  for _, reason in ipairs(reasons) do list[#list + 1] = reason.code end
  return #list > 0 and (" (%s)"):format(table.concat(list, ", ")) or ""
end

local function high_row(r)
  local e = r.empty
  return ("| %s | %.0f / %.0f µs | %.1f %% | %.1f %% | %.0f %% | %s%s |"):format(thousands(r.rate),
    e.median_us, e.p99_us, e.dropped * 100, e.missed * 100, e.busy * 100, e.verdict,
    codes(e.reasons))
end

local function rows(list, row)
  local lines = {}
  for i, item in ipairs(list) do lines[i] = row(item) end
  return table.concat(lines, "\n")
end

local function pacing(p)
  return ([[
## Arrivals on time

`iteration_lag` of constant-arrival-rate on one worker, beside a libev program that sets one
ev_timer to the next arrival (`spec/bench/ev_timer_pacing.c`): median / 99th percentile. The ratio
is that of the medians of a journey without requests, which leaves the pacing alone.

| arrivals a second | ev_timer | lload | ratio | lload, with a GET |
|---|---|---|---|---|
%s

More than that, without requests:

| arrivals a second | lag | dropped | missed | worker's CPU | validity |
|---|---|---|---|---|---|
%s
]]):format(rows(p.rows, pacing_row), rows(p.high, high_row))
end

local function tally(reasons)
  local list = {}
  for code, count in pairs(reasons) do list[#list + 1] = ("%s %d"):format(code, count) end
  table.sort(list)
  return #list > 0 and table.concat(list, ", ") or "none"
end

local function convenience(c)
  return ([[
## What conveniences cost

CPU time of a request, 50 users on kept connections, with one thing more in the journey: the least
of all rounds. What is below the second line of ratio 1 is compared with that line. Neither parsing
nor the sum of several has a target.

| | CPU time a request | ratio |
|---|---|---|
%s
]]):format(rows(c, convenience_row))
end

local function squeeze_row(what, target, t)
  return ("| %s | %d of %d (target %s) | %s | %.1f to %.1f %% | %.1f to %.1f ms |"):format(what,
    t.accused, t.tries, target, tally(t.reasons), t.wait_from * 100, t.wait_to * 100,
    t.lag_from_ms, t.lag_to_ms)
end

local function squeeze(s)
  return ([[
## A CPU that something else takes

%s arrivals a second for 2 s, one GET each: %.0f %% of a core. On a quiet core, and beside a busy
loop pinned to the same core.

| | suspect or invalid | reasons | waited for a CPU | p99 of the send lag |
|---|---|---|---|---|
%s
%s
]]):format(thousands(s.rate), s.quiet.busy * 100,
    squeeze_row("quiet", ("at most %d"):format(s.quiet.tries / 20), s.quiet),
    squeeze_row("beside a busy loop", ("at least %d"):format(s.squeezed.tries * 0.95), s.squeezed))
end

local function open_model(o)
  local closed = o.ways[1]
  local function way(w)
    return ("| %s | %s | %s | %.2f |"):format(
      w.name or ("%s arrivals a second"):format(thousands(w.rate)), thousands(w.per_cpu),
      thousands(w.per_second), w.per_cpu / closed.per_cpu)
  end
  local function added(c)
    return ("%.2f at %s a second"):format(c.calls, thousands(c.rate))
  end
  return ([[
## What a journey costs in the open model

The same GET. An arrival that comes alone wakes the worker, and so does its answer; 50 users who
never rest come in bunches.

| | requests per CPU second | requests per second | ratio |
|---|---|---|---|
%s

System calls that an arrival adds (journey without requests, target at most 2): %s, %s under strace,
which makes arrivals come in bunches.
]]):format(rows(o.ways, way), added(o.calls[1]), added(o.calls[2]))
end

--- The whole page.
function M.render(model)
  local machine = model.machine
  local parts = { HEAD:format(model.command, machine.date, machine.cpu, machine.cpus,
    machine.kernel, machine.curl, machine.wrk, machine.nginx, model.rounds, model.seconds) }
  for _, c in ipairs(model.contests) do parts[#parts + 1] = contest(c) end
  parts[#parts + 1] = accuracy(model.accuracy)
  parts[#parts + 1] = calls(model.calls)
  parts[#parts + 1] = convenience(model.convenience)
  parts[#parts + 1] = pacing(model.pacing)
  parts[#parts + 1] = squeeze(model.squeeze)
  parts[#parts + 1] = open_model(model.open_model)
  parts[#parts + 1] = memory(model.memory)
  parts[#parts + 1] = scale(model.scale)
  return table.concat(parts, "\n")
end

return M
