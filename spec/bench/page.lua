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

--- The whole page.
function M.render(model)
  local machine = model.machine
  local parts = { HEAD:format(model.command, machine.date, machine.cpu, machine.cpus,
    machine.kernel, machine.curl, machine.wrk, machine.nginx, model.rounds, model.seconds) }
  for _, c in ipairs(model.contests) do parts[#parts + 1] = contest(c) end
  parts[#parts + 1] = accuracy(model.accuracy)
  parts[#parts + 1] = memory(model.memory)
  return table.concat(parts, "\n")
end

return M
