--- Durations, sizes, whole numbers: what is understood, what is refused, how it is printed.

local units = require "lload.units"

describe("units.duration", function()
  for written, seconds in pairs {
    ["500ms"] = 0.5, ["30s"] = 30, ["1h30m"] = 5400, ["1m30s"] = 90, ["0s"] = 0, ["2d"] = 172800,
    ["1.5s"] = 1.5, [".5s"] = 0.5, ["250us"] = 250e-6, ["30"] = 30, [" 10s "] = 10,
  } do
    it(("reads %q"):format(written), function()
      assert.is_near(seconds, units.duration(written), 1e-12)
    end)
  end

  it("takes numbers as seconds", function()
    assert.equal(7, units.duration(7))
    assert.equal(0.25, units.duration(0.25))
  end)

  for _, wrong in ipairs {
    "", "soon", "10 parsecs", "5x", "s", "1h 30m", "1e300h", "--5s", "1..5s", "-", 0 / 0, 1 / 0,
    {}, true,
  } do
    it(("refuses %s and says how to write one"):format(tostring(wrong)), function()
      local seconds, message = units.duration(wrong)
      assert.is_nil(seconds)
      assert.matches("not a duration; write", message)
    end)
  end

  it("refuses the negative and the absurd", function()
    assert.matches("negative", select(2, units.duration("-5s")))
    assert.matches("negative", select(2, units.duration(-0.001)))
    assert.matches("longer than 30 days", select(2, units.duration("31d")))
    assert.equal(30 * 86400, units.duration("30d"))
  end)
end)

describe("units.bytes", function()
  it("reads numbers and sizes", function()
    assert.equal(1000, units.bytes(1000))
    assert.equal(64e6, units.bytes("64MB"))
    assert.equal(1048576, units.bytes("1MiB"))
    assert.equal(512000, units.bytes("512 kB"))
    assert.equal(7, units.bytes("7"))
  end)

  it("refuses the rest", function()
    for _, wrong in ipairs { "", "lots", "5 XB", 0, -1, 0 / 0, 1e300, {} } do
      assert.is_nil(units.bytes(wrong))
    end
  end)
end)

describe("units.whole", function()
  it("takes whole numbers and their digits", function()
    assert.equal(5, units.whole(5, 1, 10))
    assert.equal(5, units.whole("5", 1, 10))
  end)

  it("are plain text when they are names and values", function()
    for _, row in ipairs {
      { "a b", "a b" }, { true, "true" }, { 5, "5" }, { -0.5, "-0.5" },
      { 2 ^ 53, "9007199254740992" }, { 1e300, "1e+300" },
    } do
      assert.equal(row[2], units.plain(row[1]))
    end
    for _, value in ipairs { 0 / 0, math.huge, -math.huge } do
      assert.same({ nil, "is not a finite number" }, { units.plain(value) })
    end
    assert.same({ nil, "must be a string, not a table" }, { units.plain {} })
  end)

  it("refuses fractions, text, NaN and what is out of range", function()
    for _, wrong in ipairs { 1.5, "many", 0 / 0, "0x10", {}, true } do
      assert.matches("not a whole number", select(2, units.whole(wrong, 1, 10)))
    end
    for _, wrong in ipairs { 0, 11, "-3", 1e300, 1 / 0 } do
      assert.matches("out of range, 1 to 10", select(2, units.whole(wrong, 1, 10)))
    end
  end)
end)

describe("units.rate", function()
  for written, rate in pairs {
    ["50/s"] = 50, ["10000/m"] = 10000 / 60, ["100/h"] = 1 / 36, ["50"] = 50, [" 2.5 / s "] = 2.5,
    [".5/s"] = 0.5, ["0/s"] = 0, ["0.001/h"] = 0.001 / 3600,
  } do
    it(("reads %q"):format(written), function()
      assert.is_near(rate, units.rate(written), 1e-12)
    end)
  end

  it("takes numbers, and their digits, as so many each time unit", function()
    assert.equal(7.5, units.rate(7.5))
    assert.equal(0.5, units.rate(30, 60))
    assert.equal(2000, units.rate(20, 0.01))
    assert.equal(0.5, units.rate("30", 60))
    assert.equal(5, units.rate("5/s", 1))
  end)

  it("takes no time unit beside a rate that names its own", function()
    assert.equal('"5/s" names its own unit; leave it or time_unit out',
      select(2, units.rate("5/s", 60)))
  end)

  it("refuses the rest and says how to write one", function()
    for _, wrong in ipairs {
      "", "fast", "50/", "/s", "50/d", "50/ms", "50/parsec", "50 rps", "1e3/s", "5 s", ".", "5/s/s",
      {}, true, 0 / 0, 1 / 0,
    } do
      local rate, message = units.rate(wrong)
      assert.is_nil(rate)
      assert.matches('is not a rate; write "50/s", "10000/m", "100/h" or a number', message)
    end
    for _, negative in ipairs { -1, "-5/s", "-0.5" } do
      assert.matches("is negative; a rate cannot be", select(2, units.rate(negative)))
    end
  end)
end)

describe("units.share", function()
  it("reads percentages and plain numbers", function()
    for written, share in pairs { ["5%"] = 0.05, [" 2.5 %"] = 0.025, ["0.05"] = 0.05 } do
      assert.is_near(share, units.share(written), 1e-12)
    end
    assert.equal(0.1, units.share(0.1))
  end)

  it("refuses the rest and says how to write one", function()
    for _, wrong in ipairs { "", "%", "five", "5%%", {}, true, 0 / 0 } do
      assert.matches('is not a share; write "5%%"', select(2, units.share(wrong)))
    end
  end)
end)

describe("printing", function()
  it("writes durations as people do", function()
    for seconds, written in pairs {
      [0] = "0s", [0.5] = "500ms", [20] = "20s", [90] = "1m30s", [3600] = "1h", [5400] = "1h30m",
      [12.3456] = "12.346s", [59.9999] = "60s", [86401] = "24h1s",
    } do
      assert.equal(written, units.format_duration(seconds))
    end
  end)

  it("gives times three digits", function()
    for ms, written in pairs {
      [0.4123] = "0.41ms", [9.876] = "9.88ms", [98.76] = "98.8ms", [612.4] = "612ms",
      [1234] = "1.23s", [61234] = "61.2s", [999.4] = "999ms", [999.6] = "1.00s",
    } do
      assert.equal(written, units.format_ms(ms))
    end
  end)

  it("never rounds a share to a clean 0 or 100 percent", function()
    assert.equal("0%", units.format_share(0))
    assert.equal("<0.01%", units.format_share(0.00001))
    assert.equal("1.23%", units.format_share(0.01234))
    assert.equal(">99.99%", units.format_share(0.999999))
    assert.equal("100%", units.format_share(1))
  end)

  it("gives rates the unit that keeps them readable", function()
    for rate, written in pairs {
      [0] = "0/s", [1] = "1/s", [50] = "50/s", [12.5] = "12.5/s", [123.4] = "123/s",
      [1e6] = "1,000,000/s", [0.5] = "30/m", [1 / 60] = "1/m", [1 / 3600] = "1/h",
      [0.1 / 3600] = "0.10/h",
    } do
      assert.equal(written, units.format_rate(rate))
    end
  end)

  it("groups thousands", function()
    assert.equal("1,234,567", units.count(1234567))
    assert.equal("999", units.count(999))
    assert.equal("-1,000", units.count(-1000))
    assert.equal("9,007,199,254,740,992", units.count(2 ^ 53))
    assert.equal("0.5", units.format_number(0.5):gsub("0$", ""))
    assert.equal("1.20 MB", units.format_bytes(1.2e6))
    assert.equal("12 B", units.format_bytes(12))
  end)
end)
