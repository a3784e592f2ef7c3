--- The fields of a search: what is read, what is refused, and the plan it makes.

local executor = require "lload.executor.search"
local reader = require "lload.reader"

local function read(raw)
  local problems = reader.problems("a.lua")
  local r = reader.new(raw, "stages.find", problems)
  local fields = executor.read(r)
  r:done()
  return fields, problems.lines
end

-- Two good ends and what else is given; nil where `without` says so.
local function raw(overrides, without)
  local t = { from = "50/s", to = "2000/s", max_vus = 500 }
  for key, value in pairs(overrides or {}) do t[key] = value end
  if without then t[without] = nil end
  return t
end

describe("the search executor", function()
  it("has defaults for all but the ends and max_vus", function()
    local fields, lines = read(raw())
    assert.same({}, lines)
    assert.same({
      of = "rate", from = 50, to = 2000, hold = 10, settle = 3, resolution = 0.05, samples = 100,
      max_vus = 500, max_duration = 3600,
    }, fields)
  end)

  it("reads rates, durations and shares as people write them", function()
    local fields, lines = read {
      of = "rate", from = "600/m", to = 100.5, hold = "1m", settle = "0s", resolution = "2.5%",
      samples = 1000, max_vus = "10", max_duration = "30m",
    }
    assert.same({}, lines)
    assert.same({
      of = "rate", from = 10, to = 100.5, hold = 60, settle = 0, resolution = 0.025,
      samples = 1000, max_vus = 10, max_duration = 1800,
    }, fields)
  end)

  it("reads whole users", function()
    local fields, lines = read { of = "vus", from = 1, to = "64" }
    assert.same({}, lines)
    assert.same({ "vus", 1, 64 }, { fields.of, fields.from, fields.to })
  end)

  it("is one segment as long as the search may take", function()
    local fields = read(raw { max_duration = "20m" })
    assert.same({ { from = 50, to = 50, duration_s = 1200, step = 1, label = "search" } },
      executor.segments(fields))
    assert.equal("arrivals", executor.kind(fields))
    assert.equal("vus", executor.kind(read { of = "vus", from = 1, to = 2 }))
  end)

  it("needs thresholds", function()
    assert.matches("^search needs thresholds: without them every load is good",
      executor.problem {})
    assert.is_nil(executor.problem { { metric = "http_req_duration" } })
  end)

  it("refuses what is no rate", function()
    local _, lines = read(raw { from = "fast" })
    assert.equal(1, #lines)
    assert.matches('^a.lua: stages.find.from: "fast" is not a rate; write ', lines[1])
  end)

  it("survives being asked for its fields", function()
    local r = reader.new({}, "", reader.problems(""))
    executor.read(r)
    assert.same({
      "of", "from", "to", "hold", "settle", "resolution", "samples", "max_vus", "max_duration",
    }, r.names)
  end)

  for _, case in ipairs {
    { raw({}, "from"), "stages.find: from is missing" },
    { raw({}, "to"), "stages.find: to is missing" },
    { raw({}, "max_vus"), "stages.find: max_vus is missing; a search for a rate needs to know "
      .. "the most users it may start" },
    { raw { of = "rps" }, 'stages.find.of: "rps" is neither "rate" nor "vus"' },
    { raw { of = 3 }, "stages.find.of: must be a string, not a number" },
    { raw { from = 0 }, "stages.find.from: must be above 0; a search doubles it" },
    { raw { from = -5 }, "stages.find.from: -5 is negative; a rate cannot be" },
    { raw { to = "2000000/s" }, "stages.find.to: 2,000,000/s is out of range, at most "
      .. "1,000,000/s" },
    { raw { from = 300, to = "300/s" }, "stages.find.to: 300/s is not above from = 300/s; a "
      .. "search goes up" },
    { { of = "vus", from = 20, to = 10 }, "stages.find.to: 10 users is not above from = 20 users; "
      .. "a search goes up" },
    { { of = "vus", from = "5/s", to = 10 }, 'stages.find.from: "5/s" is not a whole number from '
      .. "1 to 1,000,000" },
    { { of = "vus", from = 5, to = 10, max_vus = 10 }, 'stages.find.max_vus: is for of = "rate"; '
      .. 'the most users of this search is "to"' },
    { raw { hold = "500ms" }, "stages.find.hold: 500ms is too short; a level is held for at least "
      .. "1s" },
    { raw { hold = 0 }, "stages.find.hold: must be longer than 0" },
    { raw { resolution = 5 }, "stages.find.resolution: 500.00% is out of range, 0.10% to 50.00%" },
    { raw { resolution = "close" }, 'stages.find.resolution: "close" is not a share; write "5%" '
      .. "or 0.05" },
    { raw { samples = 0 }, "stages.find.samples: 0 is out of range, 1 to 1,000,000" },
    { raw { max_duration = "13s" }, "stages.find.max_duration: 13s is too short; one level alone "
      .. "takes 13s (settle + hold)" },
    { raw { holds = 3 }, 'stages.find: unknown key "holds", did you mean "hold"?' },
  } do
    it("says: " .. case[2], function()
      local _, lines = read(case[1])
      assert.same({ "a.lua: " .. case[2] }, lines)
    end)
  end
end)
