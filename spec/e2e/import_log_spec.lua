--- lload import log: what real nginx wrote under a load that is known comes back as a scenario.
local cli = require "spec.support.cli"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- Every kind of log at once, of the same requests.
local SERVERS = [[
  log_format visits '$remote_addr [$msec] "$request" $status $request_time "$cookie_sid"';
  log_format lines escape=json '{"time":"$time_iso8601","ip":"$remote_addr",'
    '"request":"$request","code":"$status","agent":"$http_user_agent"}';
  server {
    listen 127.0.0.1:@PORT_A@ backlog=4096;
    access_log @DIR@/combined.log combined;
    access_log @DIR@/visits.log visits;
    access_log @DIR@/lines.log lines;
    location / { return 200 "ok\n"; }
  }
]]
local VISITS_FORMAT = '$remote_addr [$msec] "$request" $status $request_time "$cookie_sid"'

-- The mix is counted out, not drawn: 30 visits in a row are always the same 137 requests.
local KNOWN = [[
local visits = lload.shared.counter "visits"
local function visit(vu)
  local k = visits:add(1)
  local sid = "s" .. k
  local agent = "Mozilla/5.0 (" .. sid .. ")"
  local o = { headers = { ["User-Agent"] = agent }, cookies = { sid = sid } }
  local function get(path) http.get(path, o) end
  get "/"
  get "/assets/app.css"
  get("/products?page=" .. k % 5 + 1)
  lload.sleep(0.1)
  get("/products/" .. k % 40 + 100)
  if k % 2 == 0 then get(("/users/%s/orders/%d"):format(lload.uuid(), k + 10)) end
  if k % 3 == 0 then http.head("/products/" .. k % 40 + 100, o) end
  if k % 3 == 1 then get "/about" end
  if k % 3 == 2 then get "/contact" end
  if k % 5 == 0 then http.post("/api/orders", o) end
  if k % 10 == 0 then get "/healthz" end
end
return {
  stages = { known = {
    executor = "constant-arrival-rate", rate = RATE, duration = "SECONDSs", max_vus = 60,
  } },
  journey = visit,
}]]

local RATE, SECONDS = 30, 15
local VISITS = RATE * SECONDS

-- Of the requests that a log can replay, in percent.
local function shares_of(counts)
  local total, shares = 0, {}
  for _, count in pairs(counts) do total = total + count end
  for name, count in pairs(counts) do shares[name] = 100 * count / total end
  return shares
end

local MIX = shares_of {
  ["GET /"] = 6, ["GET /products"] = 6, ["GET /products/:id"] = 6,
  ["GET /users/:id/orders/:order_id"] = 3, ["HEAD /products/:id"] = 2, ["GET /about"] = 2,
  ["GET /contact"] = 2,
}

local function names_of(shares)
  local names = {}
  for name in pairs(shares) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function assert_mix(found, points)
  assert.same(names_of(MIX), names_of(found))
  for name, share in pairs(MIX) do
    assert.near(share, found[name], points, name)
  end
end

-- The table on standard error.
local function told_shares(stderr)
  local shares = {}
  for share, name in stderr:gmatch "\n%s*([%d.]+) %%%s+%d+  ([^\n]+)" do
    shares[name] = tonumber(share)
  end
  return shares
end

describe("lload import log", function()
  local nginx, dir

  setup(function()
    nginx = server.nginx { servers = SERVERS }
    dir = tmp.dir()
    local known = KNOWN:gsub("RATE", RATE):gsub("SECONDS", SECONDS)
    local run = cli.run_scenario(known, {}, { base_url = "http://127.0.0.1:" .. nginx.port_a })
    assert.equal(0, run.code, run.stderr)
    assert.equal(VISITS, run.result.metrics.iterations.count)
    nginx:requests() -- once it is settled
  end)

  teardown(function() nginx:stop() end)

  local function import(name, ...)
    return cli.run { "import", "log", nginx.dir .. "/" .. name, ... }
  end

  it("finds all templates and their weights", function()
    local out = dir .. "/combined.lua"
    local run = import("combined.log", "-o", out)
    assert.equal(0, run.code, run.stderr)
    assert_mix(told_shares(run.stderr), 2)
    assert.matches("requests of health checks %(45 times%)", run.stderr)
    assert.matches(("files that pages bring with them %%(%d times"):format(VISITS), run.stderr)
    assert.matches("to do: POST /api/orders %(90 requests", run.stderr)
    assert.equal(0, cli.run({ "check", out }).code)
  end)

  it("finds the rate of visits, told by a cookie", function()
    local out = dir .. "/visits.lua"
    local run = import("visits.log", "--format", VISITS_FORMAT, "-o", out)
    assert.equal(0, run.code, run.stderr)
    local text = tmp.read(out)
    assert.near(RATE, tonumber(text:match "rate = ([%d.]+)"), 0.05 * RATE)
    assert.matches(VISITS .. " visits, of 4%.5 requests", run.stderr)
    -- The think time is between requests of different times only.
    assert.matches('%["GET /products"%] = { 0%.1', text)
  end)

  it("reads JSON lines, packed ones and standard input alike", function()
    local lines = import("lines.log", "-o", dir .. "/lines.lua")
    assert.equal(0, lines.code, lines.stderr)
    assert_mix(told_shares(lines.stderr), 2)
    local combined = nginx.dir .. "/combined.log"
    local half = cli.program { "sh", "-c", ("head -n 1000 %s | gzip > %s/p.gz; "
      .. "tail -n +1001 %s | gzip >> %s/p.gz"):format(combined, dir, combined, dir) }
    assert.equal(0, half.code, half.stderr)
    local packed = cli.run { "import", "log", dir .. "/p.gz", "-o", dir .. "/packed.lua" }
    assert.same(told_shares(import("combined.log", "-o", dir .. "/again.lua").stderr),
      told_shares(packed.stderr))
    local piped = cli.run({ "import", "log", "-", "-o", dir .. "/piped.lua" },
      { stdin = tmp.read(combined) })
    assert.same(told_shares(packed.stderr), told_shares(piped.stderr))
  end)

  it("gives the same mix when the imported scenario runs", function()
    local out = dir .. "/round.lua"
    local run = import("combined.log", "-o", out)
    assert.equal(0, run.code, run.stderr)
    run = cli.run {
      "run", out, "-i", "4000", "-u", "20", "-e", "THINK=0", "--seed", "8",
      "--base-url", "http://127.0.0.1:" .. nginx.port_a, "--json", dir .. "/round.json",
    }
    assert.equal(0, run.code, run.stderr)
    local counts = {}
    for _, row in ipairs(cli.read_json(dir .. "/round.json").requests) do
      counts[row.name] = row.count
    end
    assert_mix(shares_of(counts), 2)
  end)

  it("writes a benchmark for each of the most used endpoints", function()
    local folder = dir .. "/top"
    local run = import("combined.log", "--top", "3", "-o", folder)
    assert.equal(0, run.code, run.stderr)
    for _, file in ipairs { "01_get.lua", "02_get_products.lua", "03_get_products_id.lua" } do
      local path = folder .. "/" .. file
      assert.equal(0, cli.run({ "check", path }).code, file)
      local once = cli.run {
        "run", path, "--base-url", "http://127.0.0.1:" .. nginx.port_a, "--stage", "smoke",
      }
      assert.equal(0, once.code, once.stderr)
    end
  end)

  it("takes the routes of an OpenAPI document first", function()
    local spec = tmp.write(dir, "api.yaml",
      "openapi: 3.0.3\npaths:\n  /products/{sku}: {}\n  /products/117: {}\n  /{page}: {}\n")
    local run = import("combined.log", "--openapi", spec, "-o", dir .. "/routes.lua")
    assert.equal(0, run.code, run.stderr)
    local shares = told_shares(run.stderr)
    assert.is_number(shares["GET /products/117"])
    assert.is_number(shares["GET /products/:sku"])
    assert.near(MIX["GET /about"] + MIX["GET /contact"] + MIX["GET /products"],
      shares["GET /:page"], 1)
  end)

  it("says what a log is that it cannot read", function()
    local function problem(content, ...)
      local path = tmp.write(dir, "other.log", content)
      local run = cli.run { "import", "log", path, "-o", dir .. "/never.lua", ... }
      assert.equal(104, run.code, run.stdout)
      assert.is_nil(tmp.read(dir .. "/never.lua"))
      return run.stderr
    end
    assert.matches("other%.log: is empty", problem "")
    assert.matches("neither combined, common nor JSON lines.*Line 1 is: what is this",
      problem "what is this\nand that\n")
    local line = '1.2.3.4 - - [21/Nov/2026:17:34:44 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"\n'
    assert.matches("of %d+ lines are not combined.*The first is line 61: \239\191\189%[31m",
      problem(line:rep(60) .. "\27[31mnone\n" .. ("none\n"):rep(100)))
    assert.matches("no GET and no HEAD", problem((line:rep(60):gsub("GET", "PUT"))))
    assert.matches("is packed by zstd", problem "\x28\xB5\x2F\xFD what")
    assert.matches("ends within its gzip data", problem "\x1F\x8B\x08\x00")
    assert.matches("nothing between them", problem(line, "--format", "$msec$request"))
    assert.matches("neither an hour", problem(line, "--at", "25"))
    assert.matches("needs 20 minutes of log", problem(line, "--at", "p95"))
    assert.matches("none%.log: cannot read: No such file",
      cli.run({ "import", "log", dir .. "/none.log" }).stderr)
  end)

  it("counts lines of another form, and goes on while they are few", function()
    local line = '1.2.3.4 - - [21/Nov/2026:17:34:44 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"\n'
    local path = tmp.write(dir, "mixed.log", line:rep(90) .. ("x"):rep(70000) .. "\n"
      .. "none of it\r\n" .. '::1 - - [21/Nov/2026:17:34:45 +0000] "\\x16\\x03" 400 5 "-" "-"\n')
    local run = cli.run { "import", "log", path, "-o", dir .. "/mixed.lua" }
    assert.equal(0, run.code, run.stderr)
    assert.matches("lines of another form: the first is line %d+: none of it", run.stderr)
    assert.matches("longer than 64 kB", run.stderr)
    assert.matches("lines without a request", run.stderr)
  end)

  it("caps very many endpoints, and lets no line write code", function()
    local lines = {}
    local function add(target, agent)
      local line = '1.2.3.4 - - [21/Nov/2026:17:34:44 +0000] "GET %s HTTP/1.1" 200 5 "-" "%s"'
      lines[#lines + 1] = line:format(target, agent or "x")
    end
    local function word(number)
      return (("%05d"):format(number):gsub("%d", function(d) return string.char(97 + d) end))
    end
    for number = 1, 10000 do add("/w/" .. word(number)) end
    for _ = 1, 50 do add "/]];os.exit(3)--[[/a?b=]=]os.exit(4)" end
    for _ = 1, 40 do add('/:x/"..os.exit(5).."', '"..os.exit(6).."') end
    local path = tmp.write(dir, "many.log", table.concat(lines, "\n"))
    local run = cli.run { "import", "log", path, "-o", dir .. "/many.lua" }
    assert.equal(0, run.code, run.stderr)
    assert.matches("further endpoints", run.stderr)
    local once = cli.run {
      "run", dir .. "/many.lua", "-i", "50", "-e", "THINK=0",
      "--base-url", "http://127.0.0.1:" .. nginx.port_a,
    }
    assert.equal(0, once.code, once.stderr)
  end)
end)
