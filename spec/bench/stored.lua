--- How long reports of a large stored run take, and how much memory: an hour of one-second windows
--- with 50 endpoints. Run as  luajit spec/bench/stored.lua [SECONDS]  after `make build`.
--
-- A run of some seconds is stored and stretched: its windows are repeated, in result.json and in
-- windows.hlog, until there are as many as an hour has.
package.path = "./?.lua;" .. package.path

local cjson = require "cjson"
local cli = require "spec.support.cli"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local ENDPOINTS, SECONDS, RUN_SECONDS = 50, tonumber(arg[1]) or 3600, 5

local SCENARIO = ([[
return {
  stages = { bench = { executor = "constant-vus", vus = 20, duration = "%ds" } },
  journey = function()
    http.get("/ok", { name = "GET /api/endpoint/number/" .. lload.random.int(1, %d) })
    think(0.001)
  end,
}]]):format(RUN_SECONDS, ENDPOINTS)

-- The windows of the stage again and again, each a second after the last.
local function stretch_result(path)
  local result = cli.read_json(path)
  local few, many = result.windows, {}
  for i = 0, SECONDS - 1 do
    local copy = {}
    for key, value in pairs(few[i % #few + 1]) do copy[key] = value end
    copy.t_s, copy.to_s = i, i + 1
    many[i + 1] = copy
  end
  result.windows, result.duration_s = many, SECONDS
  local file = assert(io.open(path, "wb"))
  file:write(cjson.encode(result))
  file:close()
end

local function split_log(text)
  local head, windows, last = {}, {}, nil
  for line in text:gmatch "[^\n]+" do
    local tag, start, rest = line:match "^(Tag=[^,]+),([%d.]+),[%d.]+,(.*)$"
    if not tag then
      if #windows == 0 then head[#head + 1] = line end
    else
      if start ~= last then windows[#windows + 1], last = {}, start end
      table.insert(windows[#windows], { tag, rest })
    end
  end
  return head, windows
end

local function stretch_log(path)
  local head, windows = split_log(tmp.read(path))
  local offset = tonumber(table.concat(head, "\n"):match "stage: from ([%d.]+)")
  local file = assert(io.open(path, "wb"))
  file:write(table.concat(head, "\n"), "\n")
  for i = 0, SECONDS - 1 do
    for _, line in ipairs(windows[i % #windows + 1]) do
      file:write(("%s,%.6f,1.000000,%s\n"):format(line[1], offset + i, line[2]))
    end
  end
  file:close()
end

local function size_mb(path)
  local file = assert(io.open(path, "rb"))
  local size = file:seek "end"
  file:close()
  return size / 2 ^ 20
end

local function measure(what, args)
  local r = cli.run(args, { timeout = 600 })
  assert(r.code == 0 or r.code == 99, r.stderr)
  io.stdout:write(("%-44s %6.2f s %6.0f MB\n"):format(what, r.elapsed, r.maxrss_kb / 1024))
  io.stdout:flush()
end

local httpd = server.httpd()
local folder, out = tmp.dir() .. "/out", tmp.dir()
local ran = cli.run_scenario(SCENARIO, { "--out", folder, "-q" }, { base_url = httpd.url })
assert(ran.code == 0, ran.stderr)
httpd:stop()
stretch_result(folder .. "/result.json")
stretch_log(folder .. "/windows.hlog")
print(("%d endpoints, %d windows: result.json %.1f MB, windows.hlog %.1f MB"):format(
  ENDPOINTS, SECONDS, size_mb(folder .. "/result.json"), size_mb(folder .. "/windows.hlog")))
measure("console", { "report", folder })
for option, file in pairs { json = "r.json", html = "r.html", junit = "r.xml", markdown = "r.md",
  csv = "r.csv" } do
  measure("--" .. option, { "report", folder, "-q", "--" .. option, out .. "/" .. file })
end
measure("everything", { "report", folder, "-q", "--json", out .. "/r.json", "--html",
  out .. "/r.html", "--junit", out .. "/r.xml", "--markdown", out .. "/r.md", "--csv",
  out .. "/r.csv" })
measure("--threshold of the whole run", { "report", folder, "-q", "--threshold",
  "http_req_duration: p(97)<1s" })
measure("--threshold of a name, over 10 s", { "report", folder, "-q", "--threshold",
  "http_req_duration{name:GET /api/endpoint/number/7}: p(95)<1s over 10s" })
-- The same run at another moment.
local function at_another(minute)
  local copy = tmp.dir() .. "/run"
  assert(os.execute(("cp -r '%s' '%s'"):format(folder, copy)) == 0)
  local function edit(file, pattern, replacement)
    local path = copy .. "/" .. file
    assert(os.execute(("sed -i 's/%s/%s/' '%s'"):format(pattern, replacement, path)) == 0)
  end
  local moment = os.time { year = 2026, month = 1, day = 1, hour = 12 } + 60 * minute
  edit("result.json", '"started":"[^"]*"', ('"started":"%s.000Z"'):format(
    os.date("!%Y-%m-%dT%H:%M:%S", moment)))
  edit("windows.hlog", "^#.StartTime: [0-9.]*", ("#[StartTime: %d.000"):format(moment))
  return copy
end

local base = {}
for minute = 1, 10 do base[minute] = at_another(minute) end
measure("compare, one against one", { "compare", base[1], folder })
local args = { "compare", "--new", folder, "--base" }
for _, path in ipairs(base) do args[#args + 1] = path end
measure("compare, ten against one", args)
print(("report.html is %.2f MB"):format(size_mb(out .. "/r.html")))
tmp.clean()
