--- Times as text, there and back.

local fake_core = require "spec.support.fake_core"

describe("lload.time", function()
  local core, time

  before_each(function()
    core = fake_core.install()
    time = require "lload.time"
  end)

  after_each(fake_core.remove)

  local SAME = {
    [0] = "1970-01-01T00:00:00.000Z", [951782400] = "2000-02-29T00:00:00.000Z",
    [1769853600] = "2026-01-31T10:00:00.000Z", [-1] = "1969-12-31T23:59:59.000Z",
    [4107542400] = "2100-03-01T00:00:00.000Z", [253402300799] = "9999-12-31T23:59:59.000Z",
    [-62167219200] = "0000-01-01T00:00:00.000Z", [0.5] = "1970-01-01T00:00:00.500Z",
    [1300819380.123] = "2011-03-22T18:43:00.123Z", [-0.25] = "1969-12-31T23:59:59.750Z",
  }

  it("writes and reads ISO 8601", function()
    for t, text in pairs(SAME) do
      assert.equal(text, time.iso8601(t))
      assert.near(t, time.parse(text), 1e-6)
    end
  end)

  it("rounds to milliseconds, upwards into the next second too", function()
    assert.equal("1970-01-01T00:00:01.000Z", time.iso8601(0.9996))
    assert.equal("1970-01-01T00:00:00.999Z", time.iso8601(0.9994))
  end)

  it("counts days as the calendar of the system does", function()
    for day = -200000, 200000, 331 do
      assert.equal(day * 86400, time.parse(os.date("!%Y-%m-%d", day * 86400)))
    end
  end)

  it("reads what others write", function()
    local rows = {
      ["2026-01-31"] = 1769817600, ["2026-01-31T10:00Z"] = 1769853600,
      ["2026-01-31T10:00:00"] = 1769853600, ["2026-01-31 10:00:00z"] = 1769853600,
      ["2026-01-31t12:30:00+02:30"] = 1769853600, ["2026-01-31T08:00:00-0200"] = 1769853600,
      ["2026-01-31T12:00:00+02"] = 1769853600, ["2026-01-31T10:00:00,5Z"] = 1769853600.5,
      ["2016-12-31T23:59:60Z"] = 1483228800, ["2026-01-31T10:00:00.000000001Z"] = 1769853600,
    }
    for text, t in pairs(rows) do assert.near(t, time.parse(text), 1e-6, text) end
  end)

  it("gives nil and a message for the rest", function()
    for _, text in ipairs {
      "", "now", "2026-1-31", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-32", "2026-01-00",
      "1900-02-29", "2026-01-31T", "2026-01-31T24:00:00Z", "2026-01-31T10:60Z",
      "2026-01-31T10:00:61Z",
      "2026-01-31T10Z", "2026-01-31T10:00:00.Z", "2026-01-31T10:00:00+2", "2026-01-31T10:00:00+02:",
      "2026-01-31T10:00:00+02:0", "2026-01-31T10:00:00 UTC", "2026-01-31T10:00:00+24:00",
      "2026-01-31T10:00:00Z ", " 2026-01-31", "20260131", ("9"):rep(100000),
    } do
      local t, message = time.parse(text)
      assert.is_nil(t, text)
      assert.matches("is no time in ISO 8601", message, 1, true)
    end
    assert.same({ nil, "a time is text, this is nil" }, { time.parse(nil) })
  end)

  it("formats in UTC", function()
    assert.equal("31.01.2026 10:00", time.format(1769853600.9, "%d.%m.%Y %H:%M"))
    core.clock = 86400
    assert.equal("1970-01-02", time.format(nil, "%Y-%m-%d"))
    assert.equal("1970-01-02T00:00:00.000Z", time.iso8601())
    assert.equal(86400, time.now())
  end)

  it("blames the caller for misuse", function()
    local rows = {
      { function() return (time.iso8601 "now") end, "time.iso8601: a time is a number" },
      { function() return (time.iso8601(0 / 0)) end, "time.iso8601: a time is a number" },
      { function() return (time.iso8601(1e300)) end, "time.iso8601: a time is a number" },
      { function() return (time.format(1 / 0, "%Y")) end, "time.format: a time is a number" },
      { function() return (time.format(0)) end, "time.format: a format" },
      { function() return (time.format(0, "*t")) end, "time.format: a format" },
    }
    for _, row in ipairs(rows) do
      local ok, message = pcall(row[1])
      assert.is_false(ok)
      assert.matches("time_spec.lua:%d+: ", message)
      assert.matches(row[2], message, 1, true)
    end
  end)
end)
