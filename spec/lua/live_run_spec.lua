--- The run under way as live control sees it: its state, what it lets be done, what it notes down.

local cjson = require "cjson"
local live_run = require "lload.live_run"
local profile = require "lload.profile"

local function stage_of(...)
  return { test = { name = "shop" }, stage = { name = "peak", profiles = { ... } } }
end

local USERS = profile.make("constant-vus", { vus = 10, duration = 60 })
local RATE = profile.make("constant-arrival-rate", { rate = 50, duration = 60, max_vus = 20 })
local RAMP = profile.make("ramping-arrival-rate", {
  start_rate = 10, max_vus = 20, steps = { { duration = 10, target = 110 } } })
local SEARCH = profile.make("search", {
  of = "rate", from = 100, to = 1000, max_vus = 50, hold = 10, settle = 3, resolution = 0.05,
  samples = 100, max_duration = 3600 })

-- A moment of a run, and what was done to it.
local function moment(parts)
  local s = {
    phase = "run", elapsed_s = 12.5, total_s = 60, is_paused = false,
    profile_vus = { 4, 3, 2 }, steps = { 1, 1, 1 }, done = {},
  }
  for key, value in pairs(parts or {}) do s[key] = value end
  local function note(name)
    return function(...) s.done[#s.done + 1] = { name, ... } end
  end
  s.set_load, s.pause = note "set_load", note "pause"
  function s.metrics_now() return { vus = { type = "gauge", value = 4, min = 0, max = 9 } } end
  return s
end

local function ask(control, snapshot, method, path, body)
  local status, text, wish = control:answer(
    { method = method, path = path, body = body and cjson.encode(body) }, snapshot)
  return status, cjson.decode(text), wish
end

local function set(control, snapshot, number, load)
  return ask(control, snapshot, "POST", "/v1/profiles/" .. number, load)
end

local function notes_of(control, final)
  final = final or { stop = "finished" }
  control:annotate(final)
  return final.notes, final.stop_detail
end

describe("the status of a run", function()
  it("tells where it is and what it carries", function()
    local control = live_run.new(stage_of(USERS, RATE))
    local status, answer = ask(control, moment(), "GET", "/v1/status")
    assert.equal(200, status)
    assert.same({
      scenario = "shop", stage = "peak", phase = "run", elapsed_s = 12.5, total_s = 60,
      paused = false,
      profiles = {
        { index = 1, executor = "constant-vus", kind = "vus", vus = 4, max_vus = 10, step = 1 },
        { index = 2, executor = "constant-arrival-rate", kind = "arrivals", vus = 3, max_vus = 20,
          step = 1, rate = 50 },
      },
    }, answer)
  end)

  for elapsed_s, rate in pairs { [0] = 10, [5] = 60, [9.5] = 105, [10] = 0, [99] = 0 } do
    it(("tells the planned rate after %g s"):format(elapsed_s), function()
      local control = live_run.new(stage_of(RAMP))
      local _, answer = ask(control, moment { elapsed_s = elapsed_s }, "GET", "/v1/status")
      assert.equal(rate, answer.profiles[1].rate)
    end)
  end

  it("tells the rate that was set, while the profile runs", function()
    local late = profile.make("constant-arrival-rate", { rate = 50, duration = 10, max_vus = 20 })
    late.start_s = 20
    local control = live_run.new(stage_of(late))
    local function rate_at(elapsed_s)
      local _, answer = ask(control, moment { elapsed_s = elapsed_s }, "GET", "/v1/status")
      return answer.profiles[1].rate
    end
    assert.equal(200, (set(control, moment { elapsed_s = 12 }, 1, { rate = 70 })))
    assert.same({ 0, 70, 70, 0 }, { rate_at(12), rate_at(20), rate_at(29), rate_at(30) })
  end)

  it("tells the level of a search", function()
    local load = 400
    local driver = { load = function() return load end }
    local control = live_run.new(stage_of(SEARCH), driver)
    local _, answer = ask(control, moment(), "GET", "/v1/status")
    assert.equal(400, answer.profiles[1].rate)
    load = 0
    _, answer = ask(control, moment(), "GET", "/v1/status")
    assert.equal(0, answer.profiles[1].rate)
  end)

  it("names a pause, whatever is paused", function()
    local control = live_run.new(stage_of(USERS))
    local _, answer = ask(control, moment { is_paused = true }, "GET", "/v1/status")
    assert.same({ "paused", true }, { answer.phase, answer.paused })
  end)

  it("goes with the metrics so far", function()
    local control = live_run.new(stage_of(USERS))
    local _, answer = ask(control, moment(), "GET", "/v1/metrics")
    assert.equal(9, answer.metrics.vus.max)
  end)
end)

describe("live control", function()
  it("pauses and resumes, once each", function()
    local control, s = live_run.new(stage_of(USERS)), moment()
    for _, action in ipairs { "pause", "pause", "resume", "resume" } do
      local status, answer = ask(control, s, "POST", "/v1/" .. action)
      assert.same({ 200, action == "pause" }, { status, answer.paused })
    end
    assert.same({ { "pause", true }, { "pause", false } }, s.done)
  end)

  it("sets users and rates", function()
    local control, s = live_run.new(stage_of(USERS, RATE)), moment()
    assert.equal(200, (set(control, s, 1, { vus = 10 })))
    assert.equal(200, (set(control, s, 1, { vus = 0 })))
    assert.equal(200, (set(control, s, 2, { rate = "120/m" })))
    assert.same({ { "set_load", 1, 10 }, { "set_load", 1, 0 }, { "set_load", 2, 2 } }, s.done)
  end)

  it("stops", function()
    local control = live_run.new(stage_of(USERS))
    local status, _, wish = ask(control, moment(), "POST", "/v1/stop")
    assert.same({ 200, "interrupted" }, { status, wish })
    status, _, wish = ask(control, moment { stopping = "interrupted" }, "GET", "/v1/status")
    assert.same({ 200, "interrupted" }, { status, wish })
  end)
end)

describe("live control refuses", function()
  local function refused(message, plan, driver, parts, path, load)
    local control, s = live_run.new(plan, driver), moment(parts)
    local status, answer, wish = ask(control, s, "POST", path, load)
    assert.same({ 409, message }, { status, answer.error })
    assert.same({}, s.done)
    assert.is_nil(wish)
    assert.same({}, (notes_of(control)))
  end

  it("more users than there is room for", function()
    refused("profile 1 has room for at most 10 users, the most that the file plans for it",
      stage_of(USERS), nil, nil, "/v1/profiles/1", { vus = 11 })
  end)

  for name, parts in pairs {
    ["that is stopping"] = { stopping = "interrupted" },
    ["in its teardown"] = { phase = "teardown" }, ["that is over"] = { phase = "over" },
  } do
    it("to pause or load a run " .. name, function()
      for _, path in ipairs { "/v1/pause", "/v1/resume" } do
        refused("the run is ending", stage_of(USERS), nil, parts, path)
      end
      refused("the run is ending", stage_of(USERS), nil, parts, "/v1/profiles/1", { vus = 1 })
    end)
  end

  it("a load before the stage begins, and after its profile is over", function()
    refused("the stage has not begun; ask again once it has", stage_of(USERS), nil,
      { phase = "setup", elapsed_s = 0 }, "/v1/profiles/1", { vus = 1 })
    refused("profile 2 is over", stage_of(USERS, RAMP), nil, { elapsed_s = 10 },
      "/v1/profiles/2", { rate = 1 })
  end)

  it("to pause a search, or to set its load", function()
    local driver = { load = function() return 0 end }
    for _, path in ipairs { "/v1/pause", "/v1/resume" } do
      refused("a search cannot be paused: it measures all the time", stage_of(SEARCH), driver, nil,
        path)
    end
    refused("a search sets its load itself", stage_of(SEARCH), driver, nil, "/v1/profiles/1",
      { rate = 5 })
  end)
end)

describe("the notes of a run under live control", function()
  it("say what was done, and when", function()
    local control = live_run.new(stage_of(USERS, RATE))
    ask(control, moment { phase = "setup" }, "POST", "/v1/pause")
    ask(control, moment { phase = "warm-up", is_paused = true }, "POST", "/v1/resume")
    set(control, moment { elapsed_s = 3.2 }, 1, { vus = 1 })
    set(control, moment { elapsed_s = 100 / 3 }, 2, { rate = "30/m" })
    ask(control, moment(), "GET", "/v1/status")
    assert.same({
      "of the engine", "live control, in the setup: paused",
      "live control, in the warm-up: resumed",
      "live control, after 3s: profile 1 set to 1 user",
      "live control, after 33s: profile 2 set to 30/m",
    }, (notes_of(control, { stop = "finished", notes = { "of the engine" } })))
  end)

  it("are few, however often the load is set", function()
    local control = live_run.new(stage_of(USERS))
    for vus = 1, 9 do
      for _ = 1, 5 do set(control, moment(), 1, { vus = vus }) end
    end
    local notes = notes_of(control)
    assert.equal(21, #notes)
    assert.equal("live control: 25 more changes", notes[21])
  end)

  it("name who stopped it, if that was what ended it", function()
    local control = live_run.new(stage_of(USERS))
    assert.is_nil(select(2, notes_of(control, { stop = "interrupted" })))
    ask(control, moment(), "POST", "/v1/stop")
    assert.equal("stopped by live control", select(2, notes_of(control, { stop = "interrupted" })))
    local _, detail = notes_of(control, { stop = "aborted", stop_detail = "closed" })
    assert.equal("closed", detail)
  end)
end)
