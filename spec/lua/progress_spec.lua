--- Progress: a live block that never outgrows the terminal, or a plain line every ten seconds.

local fake = require "spec.support.fake_engine"
local files = require "spec.support.scenario_file"
local text = require "lload.text"

local SPIKE = [[
return {
  name = "shop",
  stages = { spike = { executor = "spike", vus = 5, peak = 20, rise = 10, hold = 10, fall = 10,
    recovery = 10 } },
  thresholds = { http_req_duration = { "p(95)<200", "p(95)<900" } },
  journey = function() end,
}]]

-- A run of 50 seconds, seen once a second.
local function snapshots()
  local shots = { { phase = "setup", elapsed_s = 0, total_s = 50, vus = 0 } }
  for second = 1, 50 do
    shots[#shots + 1] = {
      phase = "run", elapsed_s = second + 0.01, total_s = 50, vus = 5, vus_max = 20,
      iterations = second * 7, http_reqs = second * 100, rps = 4812.3, p95_ms = 87.12,
      error_rate = 0.0021, steps = { math.min(5, 1 + math.floor(second / 10)) },
    }
  end
  shots[#shots + 1] = { phase = "teardown", elapsed_s = 51, total_s = 50, vus = 0 }
  return shots
end

local function run(script, ...)
  script.snapshots = script.snapshots or snapshots()
  local path = files.write("a.lua", SPIKE)
  local _, out, err = fake.lload({ "run", path, ... }, script)
  return err, out
end

describe("progress", function()
  after_each(files.clean)

  it("is a line at the start and one every ten seconds where there is no terminal", function()
    assert.equal(table.concat({
      "shop: stage spike, 50s, up to 20 VUs",
      "10s/50s  step 2/5 rise  5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%",
      "20s/50s  step 3/5 hold  5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%",
      "30s/50s  step 4/5 fall  5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%",
      "40s/50s  step 5/5 recovery  5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%",
      "50s/50s  step 5/5 recovery  5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%", "",
    }, "\n"), (run {}))
  end)

  it("says at once that the run is stopping", function()
    local shots = snapshots()
    shots[5].stopping, shots[6].stopping = "interrupted", "interrupted"
    local err = run { snapshots = shots }
    assert.equal(1, select(2, err:gsub("stopping %(Ctrl%-C again cuts off%)", "")))
  end)

  it("is nothing with -q", function()
    assert.equal("", (run({}, "-q")))
  end)

  -- The screen after some output: lines, with the cursor moves a block uses.
  local function screen(output)
    local lines, row, column = { "" }, 1, 1 -- columns in bytes: nothing moves within a line
    local position = 1
    while position <= #output do
      local up = output:match("^\27%[(%d+)A", position)
      if up then
        row, position = row - tonumber(up), position + #up + 3
      elseif output:match("^\r", position) then
        column, position = 1, position + 1
      elseif output:match("^\27%[[JK]", position) then
        if output:match("^\27%[J", position) then
          for index = #lines, row + 1, -1 do lines[index] = nil end
        end
        lines[row], position = lines[row]:sub(1, column - 1), position + 3
      elseif output:match("^\27%[%d*m", position) then
        position = position + #output:match("^\27%[%d*m", position)
      elseif output:sub(position, position) == "\n" then
        row, column, position = row + 1, 1, position + 1
        lines[row] = lines[row] or ""
      else
        local line = lines[row]
        lines[row] = line:sub(1, column - 1) .. output:sub(position, position)
          .. line:sub(column + 1)
        column, position = column + 1, position + 1
      end
    end
    return lines
  end

  local UNICODE = { TERM = "xterm", LANG = "en_US.UTF-8" }

  it("is a block on a terminal, whose final state stays", function()
    local err = run { tty = true, columns = 100, env = UNICODE }
    local seen = screen(err:match("^(.*10s/50s.-)\27%[4A"))
    assert.same({
      "shop spike  [====                ]  10s/50s  step 2/5 rise",
      "5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%",
      "req/s  ██████████  at most 4,812",
      "p95    ██████████  at most 87.1ms",
      "FAIL  http_req_duration p(95)<200  now 250ms  margin -25.0%",
    }, seen)
    assert.same({
      "shop spike  [========            ]  20s/50s  step 5/5 recovery",
      "5 VUs  4,812 req/s  p95 87.1ms  errors 0.21%",
      "req/s  " .. ("█"):rep(50) .. "  at most 4,812",
      "p95    " .. ("█"):rep(50) .. "  at most 87.1ms",
      "FAIL  http_req_duration p(95)<200  now 250ms  margin -25.0%", "", "",
    }, screen(err))
  end)

  it("shows the last minute, as much of it as fits", function()
    local shots = {}
    for second = 1, 100 do
      shots[second] = { phase = "run", elapsed_s = second, total_s = 100, vus = 5, rps = second,
        p95_ms = second % 2 == 0 and 10 * second or nil, steps = { 1 } }
    end
    local function last(columns, env)
      return screen(run { tty = true, columns = columns, env = env, snapshots = shots })
    end
    local lines = last(200, UNICODE)
    assert.equal(7 + 60 + #"  at most 100", text.width(lines[3]))
    assert.matches("^req/s  ▄.*█  at most 100$", lines[3])
    assert.matches("^p95     ▄ .* █  at most 1.00s$", lines[4])
    assert.matches("^req/s  #+@+  at most 100$", last(42, { TERM = "xterm" })[3])
    assert.matches("^req/s  [=+*#@]+  at most 100$",
      last(100, { TERM = "xterm", LANG = "en_US.UTF-8", LC_ALL = "C" })[3])
    for _, line in ipairs(last(30, UNICODE)) do assert.is_nil(line:find("at most", 1, true)) end
  end)

  it("leaves nothing behind of a run that never came to its stage", function()
    local err = run { tty = true, columns = 100, env = UNICODE,
      snapshots = { { phase = "setup", elapsed_s = 0, total_s = 50, vus = 0 } } }
    assert.same({ "" }, screen(err))
  end)

  -- A terminal that breaks long lines anew when it gets narrower, with what was there before.
  it("leaves no stale rows when the terminal gets narrower", function()
    local columns = 100
    local shots = snapshots()
    local path = files.write("a.lua", SPIKE)
    local world = fake.world { tty = true, env = UNICODE, snapshots = shots }
    function world.engine.columns() return columns end
    local wide
    shots[12].value = function()
      wide = wide or #world.stderr.parts
      columns = 40
      return 50
    end
    require("lload.main").main({ "run", path }, world)
    local before, after = {}, {}
    for index, part in ipairs(world.stderr.parts) do
      table.insert(index <= wide and before or after, part)
    end
    local painted = screen(table.concat(before))
    local rows = 0
    for _, line in ipairs(painted) do rows = rows + math.ceil(text.width(line) / 40) end
    assert.equal(("\27[%dA\r"):format(rows - 1), table.concat(after):match("^\27%[%d+A\r"))
    assert.matches("p%(95%)<200  now…\27%[J", table.concat(after))
  end)

  it("never grows wider than the terminal", function()
    for _, columns in ipairs { 20, 40, 80, 200 } do
      local err = run { tty = true, columns = columns, env = { TERM = "xterm" } }
      for line in err:gsub("\27%[%d*%a", "\n"):gmatch("[^\r\n]+") do
        assert.is_true(text.width(line) < columns, line)
      end
    end
  end)

  it("has no colours with NO_COLOR, no escapes on a dumb terminal", function()
    local err, out = run { tty = true, columns = 80, env = { TERM = "xterm", NO_COLOR = "1" } }
    assert.is_nil((err .. out):find("\27%[%d*m"))
    assert.truthy(err:find("\r", 1, true))
    err, out = run({ tty = true, columns = 80, env = { TERM = "xterm" } }, "--no-color")
    assert.is_nil((err .. out):find("\27%[%d*m"))
    for _, term in ipairs { "dumb", "" } do
      err, out = run { tty = true, columns = 80, env = { TERM = term } }
      assert.is_nil((err .. out):find("[\27\r]"))
    end
  end)

  it("counts iterations where they are what ends the run", function()
    local err = run({ tty = true, columns = 100, env = { TERM = "xterm" } }, "-i", "350")
    assert.truthy(err:find("350/350 iterations 50s", 1, true))
    assert.truthy(err:find("[==========          ]", 1, true))
  end)
end)

describe("the progress of a run that is steered", function()
  after_each(files.clean)

  local SCENARIO = [[
return {
  name = "shop",
  stages = {
    rate = { executor = "ramping-arrival-rate", start_rate = 10, max_vus = 20,
      steps = { { duration = 40, target = 50 } } },
    both = { { executor = "constant-arrival-rate", rate = 30, duration = 40, max_vus = 20 },
      { executor = "constant-vus", vus = 3, duration = 40 } },
    search = { executor = "search", from = 100, to = 1000, max_vus = 20, hold = 2, settle = 1 },
  },
  thresholds = { http_req_duration = "p(95)<200" },
  journey = function() end,
}]]

  local function shot(parts)
    local s = {
      phase = "run", elapsed_s = 10, total_s = 40, vus = 5, rps = 20, iterations = 100,
      profile_vus = { 5 }, steps = { 1 }, is_paused = false,
    }
    for key, value in pairs(parts) do s[key] = value end
    function s.value() return 50 end
    function s.set_load() end
    function s.begin_level() end
    function s.level() return { requests = 300, rps = 100, health = {} } end
    return s
  end

  local function shown(stage, shots, terminal)
    local path = files.write("a.lua", SCENARIO)
    local _, _, err = fake.lload({ "run", path, "--stage", stage }, {
      snapshots = shots, tty = terminal, columns = 80, env = { TERM = "xterm", NO_COLOR = "1" },
    })
    return err
  end

  it("compares with the planned rate, and with none during a pause", function()
    assert.equal(table.concat({
      "shop: stage rate, 40s, up to 20 VUs",
      "10s/40s  5 VUs  20 req/s",
      "20s/40s  5 VUs  25 of 30/s iterations  20 req/s",
      "30s/40s  paused  5 VUs  20 req/s", "",
    }, "\n"), shown("rate", {
      shot {}, shot { elapsed_s = 20, iterations = 350 }, shot { elapsed_s = 30, is_paused = true },
    }))
  end)

  it("says in every phase how an interrupted run can be cut off", function()
    for _, phase in ipairs { "setup", "run", "teardown" } do
      local err = shown("rate", { shot { phase = phase, stopping = "interrupted" } }, true)
      assert.truthy(err:find("stopping (Ctrl-C again cuts off)", 1, true), err)
    end
  end)

  it("takes iterations of users beside a rate for none of it", function()
    local err = shown("both", {
      shot { profile_vus = { 2, 3 }, steps = { 1, 1 } },
      shot { elapsed_s = 20, iterations = 9000, profile_vus = { 2, 3 }, steps = { 1, 1 },
        dropped = 7 },
    })
    assert.is_nil(err:find("of 30/s", 1, true), err)
    assert.truthy(err:find("5 VUs  7 dropped  20 req/s", 1, true), err)
  end)

  it("says that a warm-up is paused", function()
    assert.truthy(shown("rate", {
      shot { phase = "warm-up", warmup_left_s = 3, is_paused = true, elapsed_s = 0 },
    }, true):find("shop rate  warm-up, 3s left, paused", 1, true))
  end)

  it("has no bar in a search, whose end nobody knows, but room for its bracket", function()
    local shots = {}
    for second = 0, 4 do shots[second + 1] = shot { elapsed_s = 10 + second } end
    local err = shown("search", shots, true)
    assert.truthy(err:find(
      "shop search  14s  level 2: 200/s, holding 0s of 2s; good 100/s\27[K\n5 VUs  20 req/s", 1,
      true))
    assert.is_nil(err:find("[=", 1, true))
    assert.is_nil(err:find "%[ +%]")
    assert.matches("^shop: stage search, at most 1h, up to 20 VUs\n", shown("search", {}))
  end)
end)
