--- What the machine does not have is said before anything is sent.
local binaries = require "spec.support.binaries"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local JOURNEY = 'return { journey = function() http.get "/ok" end }'

describe("a run that the machine cannot bear", function()
  local httpd

  setup(function() httpd = server.httpd() end)

  teardown(function()
    assert.equal(0, httpd:counts().total)
    httpd:stop()
  end)

  local function refused(args, text)
    local r = cli.run_scenario(text or JOURNEY, args, { base_url = httpd.url })
    expect.code(r, 104)
    assert.equal("", r.stdout)
    assert.matches('<error message="ERROR %(exit 104%): invalid scenario or configuration', r.junit)
    return r
  end

  it("wants more local ports than an address has", function()
    local low, high = tmp.read "/proc/sys/net/ipv4/ip_local_port_range":match "(%d+)%s+(%d+)"
    local r = refused { "-u", "70000", "-d", "1s" }
    expect.line(r, "scenario.lua: 70000 users need as many local ports, one address has "
      .. (high - low + 1), "--source-ip")
  end)

  it("wants as many for the most users of the open model", function()
    expect.line(refused({}, [[
return {
  stages = { main = { executor = "constant-arrival-rate", rate = 1, duration = "1s",
    max_vus = 70000 } },
  journey = function() http.get "/ok" end,
}]]), "70000 users need as many local ports")
  end)

  it("wants more descriptors than the hard limit, live control included", function()
    local path = cli.scenario(JOURNEY)
    local command = ("ulimit -n 500 && exec %s run %s --base-url %s -u 450 -d 1s"):format(
      binaries.lload(), path, httpd.url)
    local function run(more)
      return cli.program { "sh", "-c", command .. more }
    end
    local r = run " --threads 4"
    expect.code(r, 104)
    expect.line(r, "scenario.lua: 450 users need 514 file descriptors, the hard limit is 500",
      "ulimit -Hn")
    expect.line(run " --threads 4 --control :0", "450 users need 526 file descriptors")
  end)

  it("wants an address that is not its own", function()
    expect.line(refused { "-i", "1", "--source-ip", "192.0.2.7" }, "--source-ip", "192.0.2.7")
  end)
end)
