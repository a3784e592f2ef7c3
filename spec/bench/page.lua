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

--- The whole page.
function M.render(model)
  local machine = model.machine
  local parts = { HEAD:format(model.command, machine.date, machine.cpu, machine.cpus,
    machine.kernel, machine.curl, machine.wrk, machine.nginx, model.rounds, model.seconds) }
  for _, c in ipairs(model.contests) do parts[#parts + 1] = contest(c) end
  parts[#parts + 1] = accuracy(model.accuracy)
  parts[#parts + 1] = memory(model.memory)
  parts[#parts + 1] = scale(model.scale)
  return table.concat(parts, "\n")
end

return M
