--- Base, peak and recovery of a spike, and when a spike leaves too little to say.

local soaks = require "spec.support.soaks"
local spike = require "lload.analysis.spike"

-- before 0-20, rise 20-25, hold 25-35, fall 35-40, recovery 40-70
local PARTS = { 20, 5, 10, 5, 30 }
local LENGTH = 70

-- A spike whose p95 is 20 ms but for the peak, and decays by `fading` a second after the fall.
local function shop(options)
  options = options or {}
  local wobble = soaks.wobble(options.seed or 1, LENGTH, options.noise or 0.02, options.share)
  return soaks.range(LENGTH, function(t)
    local p95 = 20
    if t >= 20 and t < 40 then p95 = t == 33 and 450 or 300 end
    if t >= 40 and options.fading then p95 = 20 + 280 * options.fading ^ (t - 39) end
    local second = { p95 = p95 * wobble(t), rps = options.rps or 400 }
    if options.at then return options.at(t, second) end
    return second
  end)
end

local function analyse(range, elapsed_s, parts)
  return spike.analyse(soaks.spike(parts or PARTS), range, elapsed_s or LENGTH)
end

describe("the windows of a spike", function()
  for _, case in ipairs {
    { 400, 16, 30, 1, "enough samples in a second" }, { 60, 16, 30, 2, "as wide as six fit" },
    { 60, 48, 60, 4, "wide enough for 200 samples" }, { 1, 600, 600, 64, "few requests" },
    { 1000, 1440, 1800, 16, "no more than 120" }, { 50, 4, 5, 1, "short parts" },
    { 50, 60, 0, 4, "no recovery" }, { 0, 0, 0, 1, "nothing" }, { 0, 0, 600, 1, "no base" },
  } do
    it("are right for " .. case[5], function()
      assert.equal(case[4], spike.window_width(case[1], case[2], case[3]))
    end)
  end
end)

describe("a spike", function()
  it("has a base, a peak and a recovery", function()
    local r = analyse(shop { fading = 0.5 })
    assert.is_near(20, r.base_p95, 0.5)
    assert.is_near(450, r.peak_p95, 20)
    assert.same({ 33, 1, 400, 0.1, true, 30 },
      { r.peak_at_s, r.window_s, r.window_samples, r.tolerance, r.recovered, r.watched_s })
    assert.is_near(1.1 * r.base_p95, r.limit_p95, 1e-9)
    -- 280 ms halved each second: 2.2 ms more after seven.
    assert.is_near(7, r.recovery_s, 1)
    assert.same({ 4, 20 }, { r.base.from_s, r.base.to_s })
    assert.same({ 20, 40 }, { r.peak.from_s, r.peak.to_s })
    assert.same({ 40, 70 }, { r.recovery.from_s, r.recovery.to_s })
    assert.same({ 0, 0, 0 }, { r.base.error_rate, r.peak.error_rate, r.recovery.error_rate })
    assert.matches("^p95 was 19%.%dms before the spike and 4%d%dms at its worst "
      .. "%(22 times as much%); back within 21%.%dms [678]s after the fall$", r.detail)
  end)

  it("may be at its worst after the fall, when the backlog is answered", function()
    local r = analyse(shop { at = function(t, second)
      if t >= 40 and t < 44 then second.p95 = 900 end
      return second
    end })
    assert.is_near(900, r.peak_p95, 40)
    assert.is_true(r.peak_at_s >= 40 and r.peak_at_s < 44)
    assert.same({ true, 4 }, { r.recovered, r.recovery_s })
  end)

  it("may be over at once", function()
    local r = analyse(shop())
    assert.same({ 0, true }, { r.recovery_s, r.recovered })
    assert.matches("; back within 21%.%dms as soon as the load had fallen$", r.detail)
  end)

  it("counts from the end of the fall, wherever the second began", function()
    local r = spike.analyse(soaks.spike({ 20, 5, 10, 5.25, 30 }, 0.5), shop { fading = 0.5 }, 71)
    assert.same({ 41, 70 }, { r.recovery.from_s, r.recovery.to_s })
    assert.is_near(47 - 40.75, r.recovery_s, 1)
  end)

  it("may not be over when the run is", function()
    local r = analyse(shop { fading = 0.98 })
    assert.is_false(r.recovered)
    assert.is_nil(r.recovery_s)
    assert.matches("; not back within 21%.%dms for good in the 30s after the fall$", r.detail)
  end)

  it("takes one slow window for no relapse, two for one", function()
    local function slow(from, to)
      return shop { at = function(t, second)
        if t >= from and t <= to then second.p95 = 100 end
        return second
      end }
    end
    assert.equal(0, analyse(slow(55, 55)).recovery_s)
    assert.equal(17, analyse(slow(55, 56)).recovery_s)
    assert.equal(1, analyse(slow(40, 40)).recovery_s)
    assert.is_false(analyse(slow(68, 69)).recovered)
    assert.is_false(analyse(slow(40, 68)).recovered) -- one window is no proof
  end)

  it("allows what the base itself varies by", function()
    local calm, rough = 0, 0
    for seed = 1, 60 do
      local r = analyse(shop { noise = 0.02, seed = seed })
      calm = calm + (r.recovery_s == 0 and r.tolerance == 0.1 and 1 or 0)
      r = analyse(shop { noise = 0.2, seed = seed })
      rough = rough + (r.recovery_s == 0 and 1 or 0)
      assert.is_true(r.tolerance > 0.1 and r.tolerance <= 1)
    end
    assert.is_true(calm >= 58, calm)
    assert.is_true(rough >= 52, rough)
    assert.matches("%. The base itself varies by %d+ %%, so that counts as recovered$",
      analyse(shop { noise = 0.2 }).detail)
  end)

  it("is not forgiven for one wild window before it", function()
    local r = analyse(shop { fading = 0.98, at = function(t, second)
      if t == 10 then second.p95 = 400 end
      return second
    end })
    assert.is_false(r.recovered)
  end)

  it("allows half a millisecond where everything is fast", function()
    local r = analyse(shop { at = function(t, second)
      second.p95 = t < 40 and 0.6 or 0.9
      return second
    end })
    assert.equal(0, r.recovery_s)
    assert.is_near(1.1, r.limit_p95, 1e-9)
  end)

  it("does not recover by silence", function()
    local r = analyse(shop { at = function(t, second) return t < 40 and second or nil end })
    assert.is_false(r.recovered)
    assert.is_nil(r.recovery)
    r = analyse(shop { at = function(t, second)
      if t >= 40 then second.p95, second.error_rate = nil, 1 end
      return second
    end })
    assert.is_false(r.recovered)
    assert.equal(1, r.recovery.error_rate)
    assert.is_nil(r.recovery.p95)
    assert.matches("After the fall 100%% of the requests still failed$", r.detail)
  end)

  it("may be silent now and then when the base was", function()
    local r = analyse(shop { rps = 2, at = function(t, second)
      return t % 3 == 0 and second or nil
    end })
    assert.is_true(r.recovered)
  end)

  it("tells the errors of its parts", function()
    local r = analyse(shop { at = function(t, second)
      second.error_rate = t < 20 and 0.01 or t < 40 and 0.5 or 0.2
      return second
    end })
    assert.is_near(0.01, r.base.error_rate, 1e-9)
    assert.is_near(0.5, r.peak.error_rate, 1e-9)
    assert.matches("After the fall 20%.00%% of the requests still failed$", r.detail)
  end)
end)

describe("a spike that was stopped", function()
  it("before it began has nothing to say", function()
    assert.is_nil(analyse(shop(), 0))
    assert.is_nil(analyse(function() return nil end, LENGTH))
  end)

  it("in its first part has a base", function()
    local r = analyse(shop(), 15)
    assert.is_near(20, r.base_p95, 0.5)
    assert.same({}, { r.peak_p95, r.recovered, r.recovery_s, r.peak })
    assert.matches("^p95 was 19%.%dms before the spike; the run ended before a recovery"
      .. " could be seen$", r.detail)
  end)

  it("at its peak has a base and a peak", function()
    local r = analyse(shop(), 30.5)
    assert.is_near(300, r.peak_p95, 20)
    assert.is_nil(r.recovered)
    assert.is_nil(r.watched_s)
  end)

  it("during its recovery tells how long that was watched", function()
    local r = analyse(shop { fading = 0.9 }, 45.3)
    assert.same({ false, 5 }, { r.recovered, r.watched_s })
  end)
end)

describe("a spike without a base", function()
  it("has a peak", function()
    local r = analyse(shop(), 20, { 0, 5, 10, 5, 30 })
    assert.is_nil(r.base_p95)
    assert.is_near(20, r.peak_p95, 2)
    assert.equal("p95 was 20.", r.detail:sub(1, 11))
    assert.matches("ms at the peak; there is no base to compare it with$", r.detail)
    r = analyse(shop { at = function(t, second) return t >= 20 and second or nil end })
    assert.is_nil(r.base_p95)
    assert.is_near(450, r.peak_p95, 20)
  end)
end)

describe("wide windows", function()
  it("see the last seconds of the peak", function()
    local r = analyse(shop { rps = 60, at = function(t, second)
      if t == 39 then second.p95 = 5000 end
      return second
    end }, LENGTH, { 20, 5, 10, 4.5, 30 })
    assert.equal(2, r.window_s)
    assert.is_true(r.peak_p95 > 2000)
  end)

  it("are no wider than the peak", function()
    local r = analyse(shop { rps = 1, at = function(t, second)
      if t >= 31 then second.p95 = 20 end
      return second
    end }, LENGTH, { 30, 0, 1, 0, 39 })
    assert.equal(4, r.window_s)
    assert.is_near(300, r.peak_p95, 20)
  end)
end)
