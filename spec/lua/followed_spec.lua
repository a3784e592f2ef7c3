--- The metrics page of a target, followed while a run goes on: when it is read, what is kept.

local followed = require "lload.followed"
local profile = require "lload.profile"

local URL = "http://127.0.0.1:9100/metrics"

local function plan_of(...)
  local profiles = {}
  for index, url in ipairs { ... } do
    profiles[index] = profile.make("soak",
      { load = 5, ramp = 0, duration = 60, scrape = url or nil })
  end
  return {
    test = { file = "shop.lua" }, stage = { profiles = profiles },
    spec = { http = { insecure = true } },
  }
end

-- An engine whose clock reads `now_s`, and whose scraper gives what is in `samples`.
local function engine_of(samples)
  local engine = { now_s = 1000, samples = samples, opened = {}, closed = 0 }
  function engine.now() return engine.now_s end
  function engine.scrape(url, interval_s, insecure)
    engine.opened[#engine.opened + 1] = { url, interval_s, insecure }
    if engine.refusal then return nil, engine.refusal end
    return {
      take = function() return table.remove(engine.samples, 1) end,
      close = function() engine.closed = engine.closed + 1 end,
    }
  end
  return engine
end

local function page(at_s, fds)
  return { at_s = at_s, status = 200, body = "process_open_fds " .. fds }
end

describe("a page that is followed", function()
  it("is that of the first profile that names one", function()
    local engine = engine_of {}
    assert.is_nil(followed.new(plan_of(false, false), engine))
    assert.same({}, engine.opened)
    assert.truthy(followed.new(plan_of(false, URL, "http://other/"), engine))
    assert.same({ { URL, 5, true } }, engine.opened)
  end)

  it("is refused with the file's name", function()
    local engine = engine_of {}
    engine.refusal = "not a URL"
    assert.same({ nil, "shop.lua: scrape: not a URL" }, { followed.new(plan_of(URL), engine) })
  end)

  it("is told on the clock of the stage", function()
    local engine = engine_of { page(1002, 7), page(1007, 8) }
    local f = followed.new(plan_of(URL), engine)
    engine.now_s = 1012
    f:look { phase = "run", elapsed_s = 10 }
    engine.samples = { page(1012, 9) }
    engine.now_s = 1013.5
    f:look { phase = "run", elapsed_s = 11.5 }
    local target = f:finish()
    assert.same({ { metric = "process_open_fds", kind = "descriptors", ts = { 0, 5, 10 },
      xs = { 7, 8, 9 } } }, target.series)
    assert.same({ 3, 0, 1 }, { target.pages, target.failed, engine.closed })
  end)

  it("is left alone until the stage begins", function()
    local engine = engine_of { page(1000, 7) }
    local f = followed.new(plan_of(URL), engine)
    for _, phase in ipairs { "setup", "warm-up", "teardown" } do
      f:look { phase = phase, elapsed_s = 0 }
    end
    assert.equal(1, #engine.samples)
    assert.same({}, f:finish().series)
  end)

  it("that cannot be read says why", function()
    local engine = engine_of {
      { at_s = 1000, status = 503, body = "process_open_fds 1" },
      { at_s = 1005, status = 0, error = "Connection refused" },
    }
    local f = followed.new(plan_of(URL), engine)
    f:look { phase = "run", elapsed_s = 1 }
    assert.same({ 2, 0, "Connection refused" },
      { f.follower:target().failed, f.follower:target().pages, f.follower:target().problem })
    engine.samples = { { at_s = 1010, status = 404, body = "" } }
    f:look { phase = "run", elapsed_s = 11 }
    assert.equal("the status was 404", f:finish().problem)
  end)
end)
