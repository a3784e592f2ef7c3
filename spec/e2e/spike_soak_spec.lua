--- Spikes and soaks on the demo shop: what drifts is found, what does not is not accused, and a
--- recovery is timed.
---
--- A soak takes its time, so all of them run at once, from `setup` on; each spec waits for its own.
--- They are slow enough for two CPUs.
local again = require "spec.support.again"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local JOURNEY = [[
  journey = function()
    http.get "/api/v1/products/17"
    lload.sleep(tonumber(lload.env("PAUSE", "0")))
  end,
}]]

local function scenario(stage)
  return ("return { stages = { main = { %s } },\n%s"):format(stage, JOURNEY)
end

local function soak(fields)
  return scenario('executor = "soak", ' .. fields)
end

-- 60 a second are easy for a shop that serves 150; 300 are not. Each second at the peak leaves 150
-- behind, at 90 a second of the recovery. An answer takes long enough for a tenth of it to be more
-- than a busy machine adds.
local OVERLOADED = { "--pool", "30", "--service-time", "200ms", "--queue-timeout", "20s" }

local function spike(fields)
  return scenario('executor = "spike", rate = "60/s", peak_rate = "300/s", max_vus = 1500, '
    .. 'before = "5s", rise = "1s", fall = "1s", ' .. fields)
end

local function page(up_since, metrics)
  return ("process_start_time_seconds %d\n%s"):format(up_since, metrics)
end

describe("on the shop,", function()
  local servers, runs, nginx = {}, {}, nil

  local function shop(...)
    local started = server.shop { ... }
    servers[#servers + 1] = started
    return started
  end

  -- Replaces a page in one go: it may be read at this very moment.
  local function serve(name, text)
    os.rename(tmp.write(nginx.www, name .. ".new", text), nginx.www .. "/" .. name)
  end

  local function start(name, at, text, ...)
    runs[name] = cli.start_scenario(text, { ... }, { base_url = at.url })
  end

  local function start_followed(name, at, seconds, url)
    start(name, at, soak(('vus = 2, duration = "%ds", scrape = "%s"'):format(seconds, url)),
      "-e", "PAUSE=0.1")
  end

  local function wait_for_page(name)
    local function was_read() return nginx:requests().paths["/" .. name] end
    assert(process.wait_until(was_read, 20), name .. " was never read")
  end

  setup(function()
    nginx = server.nginx()
    servers[1] = nginx
    -- Some 150 ms in 20 s, which is more than a busy machine adds.
    local leaking, warned = shop("--leak", "200us"), shop("--leak", "200us")
    local healthy = shop()
    serve("vanishing", page(1000, "process_open_fds 9\ngo_goroutines 20\n"))
    serve("restarting", page(1000, "process_open_fds 9\n"))
    serve("removed", page(1000, "process_open_fds 9\n"))

    start("leak", leaking, soak 'vus = 10, ramp = "1s", duration = "20s"', "-e", "PAUSE=0.2",
      "--threshold", "http_req_duration: p(95)<500")
    start("warned", warned,
      soak 'rate = "50/s", max_vus = 50, duration = "20s", on_drift = "warn"')
    start("healthy", healthy, soak(
      'vus = 10, ramp = "1s", duration = "20s", scrape = "' .. healthy.url .. '/metrics"'),
      "-e", "PAUSE=0.05")
    start_followed("vanishing", healthy, 8, nginx.url .. "/vanishing")
    start_followed("restarting", healthy, 8, nginx.url .. "/restarting")
    start_followed("removed", healthy, 12, nginx.url .. "/removed")
    start_followed("unreachable", healthy, 2,
      "http://127.0.0.1:" .. server.free_ports(1) .. "/metrics")

    start("recovering", shop(unpack(OVERLOADED)), spike 'hold = "1s", recovery = "10s"')
    start("drowning", shop(unpack(OVERLOADED)), spike 'hold = "5s", recovery = "3s"')

    -- The next time that they are read is five seconds later.
    for _, name in ipairs { "vanishing", "restarting", "removed" } do wait_for_page(name) end
    serve("vanishing", page(1000, "process_open_fds 9\n"))
    serve("restarting", page(2000, "process_open_fds 3\n"))
    os.remove(nginx.www .. "/removed")
  end)

  teardown(function()
    for _, started in ipairs(servers) do started:stop() end
  end)

  local function finished(name)
    return runs[name].finish()
  end

  local function drifts(run, metric)
    for _, row in ipairs(run.result.soak.drift) do
      if row.metric == metric then return row end
    end
    error(metric .. " was not tested")
  end

  describe("a soak", function()
    it("finds a leak, and fails by it", function()
      local r = finished "leak"
      expect.code(r, 99)
      local row = drifts(r, "http_req_duration p(95)")
      assert.is_true(row.significant)
      assert.same({ "drifting", "p(95)<500" }, { r.result.soak.verdict, row.breach })
      expect.that(r, row.to > 1.5 * row.from and row.slope_per_h > 0 and row.p_value < 0.01,
        "the leak is told wrong")
      assert.matches("\nSoak: drifting\n", r.stdout)
      assert.matches("\nFAILED %(exit 99%): p95 grew from [%d.]+ms to [%d.]+ms in %d+s "
        .. "%([%d.]+m?s a minute%): significant; p%(95%)<500 would break after", r.stdout)
      assert.matches('<failure message="FAILED %(exit 99%): p95 grew from', r.junit)
      again.same(r)
    end)

    it("only warns of a leak when that is wanted", function()
      local r = finished "warned"
      expect.code(r, 0)
      assert.same({ "drifting", "warn" }, { r.result.soak.verdict, r.result.soak.on_drift })
      assert.is_true(drifts(r, "http_req_duration p(95)").significant)
      assert.matches("\nSoak: drifting\n  p95 grew from ", r.stdout)
      again.same(r)
    end)

    it("does not accuse a healthy shop, whose page it follows", function()
      local r = finished "healthy"
      expect.code(r, 0)
      assert.equal("too_short", r.result.soak.verdict)
      expect.that(r, r.result.soak.scrape.pages >= 4, "too few pages were read")
      assert.equal(0, r.result.soak.scrape.failed)
      assert.is_nil(r.result.soak.vanished)
      assert.is_nil(r.result.soak.restarts)
      again.same(r)
    end)
  end)

  describe("a soak that follows a page", function()
    it("fails when a metric vanishes from it", function()
      local r = finished "vanishing"
      expect.code(r, 99)
      assert.equal("go_goroutines", r.result.soak.vanished[1].metric)
      assert.matches(
        "\nFAILED %(exit 99%): go_goroutines vanished from the target's metrics after ", r.stdout)
      again.same(r)
    end)

    it("lists a restart, and passes", function()
      local r = finished "restarting"
      expect.code(r, 0)
      assert.equal(1, #r.result.soak.restarts)
      assert.matches("\n  the target restarted once, first noticed after %ds\n", r.stdout)
    end)

    it("fails when it cannot be read any more", function()
      local r = finished "removed"
      expect.code(r, 99)
      assert.equal("the status was 404", r.result.soak.scrape.problem)
      assert.truthy(r.result.soak.scrape.unreachable_s)
      assert.matches("could not be read any more after %d+s: the status was 404\n", r.stdout)
    end)

    it("fails when it was never to be read", function()
      local r = finished "unreachable"
      expect.code(r, 99)
      assert.equal(0, r.result.soak.scrape.pages)
      assert.matches("\nFAILED %(exit 99%): the target's metrics were never read: .*[Cc]onnect",
        r.stdout)
    end)

    it("refuses an address that is none, before any request", function()
      local r = cli.run_scenario(soak 'vus = 1, duration = "1s", scrape = "http://[::1"', {},
        { base_url = "http://127.0.0.1:1" })
      expect.code(r, 104)
      expect.line(r, "scenario.lua", "scrape", "http://host:port/metrics")
      assert.same({}, r.result.requests)
    end)
  end)

  describe("a spike", function()
    it("says when a shop that was overloaded had recovered", function()
      local r = finished "recovering"
      expect.code(r, 0)
      local found = r.result.spike
      expect.that(r, found.base_p95 > 199 and found.peak_p95 > 3 * found.base_p95, "no overload")
      expect.that(r, found.recovered, "it did not recover")
      -- Some two seconds of backlog; a window more or less, and a machine that was late.
      expect.that(r, found.recovery_s >= 0.5 and found.recovery_s <= 7,
        ("it recovered after %g s"):format(found.recovery_s))
      assert.matches("\nSpike\n  p95 was .* at its worst %([%d.]+ times as much%); back within ",
        r.stdout)
      again.same(r)
    end)

    it("says that another did not, as long as it looked", function()
      local r = finished "drowning"
      expect.code(r, 0)
      assert.is_false(r.result.spike.recovered)
      assert.is_nil(r.result.spike.recovery_s)
      assert.equal(3, r.result.spike.watched_s)
      assert.matches("; not back within [%d.]+ms for good in the 3s after the fall", (r.stdout
        :gsub("\n  ", " ")))
      again.same(r)
    end)
  end)
end)
