--- Mann-Kendall, its wider variance and the slope, against hand-made cases and against noise.

local noise_of = require "spec.support.noise"
local trend_test = require "lload.analysis.trend_test"

local function counting(n)
  local ts = {}
  for i = 1, n do ts[i] = i end
  return ts
end

local function test(xs) return trend_test.test(counting(#xs), xs) end

describe("the normal distribution", function()
  for _, case in ipairs {
    { 0, 1 }, { 1, 0.3173105078629 }, { 1.959963984540, 0.05 }, { 2.575829303549, 0.01 },
    { 3.290526731492, 0.001 }, { 6, 1.973175290075e-9 }, { 10, 1.523970604832e-23 },
  } do
    it(("has p = %g beyond %g"):format(case[2], case[1]), function()
      assert.is_near(1, trend_test.two_sided_p(case[1]) / case[2], 1e-9)
      assert.equal(trend_test.two_sided_p(case[1]), trend_test.two_sided_p(-case[1]))
    end)
  end

  it("has no step where one way to compute it takes over from the other", function()
    local z = 2.5 * math.sqrt(2)
    local below, above = trend_test.two_sided_p(z - 1e-9), trend_test.two_sided_p(z + 1e-9)
    assert.is_true(below > above)
    assert.is_near(1, below / above, 1e-7)
  end)
end)

describe("Mann-Kendall", function()
  it("counts rising and falling pairs", function()
    assert.equal(8, trend_test.s { 1, 3, 2, 4, 5 })
    assert.equal(10, trend_test.s { 1, 2, 3, 4, 5 })
    assert.equal(8, trend_test.s { 1, 1, 2, 2, 3 })
    assert.equal(0, trend_test.s { 4, 4, 4 })
  end)

  it("has the variance of independent points, less with ties", function()
    assert.is_near(5 * 4 * 15 / 18, trend_test.variance { 1, 3, 2, 4, 5 }, 1e-12)
    assert.is_near((300 - 2 * 2 * 1 * 9) / 18, trend_test.variance { 1, 1, 2, 2, 3 }, 1e-12)
    assert.equal(0, trend_test.variance { 7, 7, 7, 7 })
  end)

  it("gives the p of hand-made cases", function()
    -- z = (8 - 1) / sqrt(50 / 3) and (8 - 1) / sqrt(44 / 3)
    assert.is_near(0.0864, test({ 1, 3, 2, 4, 5 }).plain_p_value, 5e-5)
    assert.is_near(0.0676, test({ 1, 1, 2, 2, 3 }).plain_p_value, 5e-5)
  end)

  it("says of a constant series that it is one", function()
    local trend = test { 5, 5, 5, 5, 5, 5 }
    assert.same({ 0, 0, 1, 1, 1 },
      { trend.s, trend.slope, trend.p_value, trend.plain_p_value, trend.correction })
  end)

  it("turns around when the series does", function()
    for seed = 1, 50 do
      local xs, reversed = noise_of.new(seed):series(12, 0.4), {}
      for i = 1, 12 do reversed[i] = xs[13 - i] end
      local a, b = test(xs), test(reversed)
      assert.equal(-a.s, b.s)
      assert.is_near(-a.slope, b.slope, 1e-12)
      assert.is_near(a.p_value, b.p_value, 1e-9)
    end
  end)

  it("does not mind how the values are scaled", function()
    for seed = 1, 20 do
      local xs, scaled = noise_of.new(seed):series(15, 0.2), {}
      for i = 1, 15 do scaled[i] = 1000 + 3 * xs[i] end
      local a, b = test(xs), test(scaled)
      assert.equal(a.s, b.s)
      assert.is_near(3 * a.slope, b.slope, 1e-9)
      -- Two residuals are equal but for rounding: those that gave the slope. They may swap ranks.
      assert.is_near(1, a.correction / b.correction, 0.05)
    end
  end)
end)

describe("the slope of Theil and Sen", function()
  it("is that of a line, wherever it starts", function()
    local slope, intercept = trend_test.theil_sen({ 2, 3, 7 }, { 9, 11, 19 })
    assert.same({ 2, 5 }, { slope, intercept })
  end)

  it("is the median over the pairs", function()
    -- 1, 2.5, 1, 4, 1, -2
    assert.equal(1, (trend_test.theil_sen({ 0, 1, 2, 3 }, { 0, 1, 5, 3 })))
  end)

  it("does not follow wild points", function()
    local ts, xs = counting(20), {}
    for i = 1, 20 do xs[i] = i end
    xs[3], xs[11], xs[18] = 1e6, -1e6, 1e6
    local slope, intercept = trend_test.theil_sen(ts, xs)
    assert.is_near(1, slope, 0.2)
    assert.is_near(0, intercept, 3)
  end)

  it("needs two moments", function()
    assert.is_nil(trend_test.theil_sen({}, {}))
    assert.is_nil(trend_test.theil_sen({ 1 }, { 2 }))
    assert.is_nil(trend_test.theil_sen({ 1, 1 }, { 2, 3 }))
  end)
end)

describe("ranks", function()
  it("share the middle where values are equal", function()
    assert.same({ 3, 1.5, 4, 1.5 }, trend_test.ranks { 20, 10, 30, 10 })
    assert.same({ 2, 2, 2 }, trend_test.ranks { 1, 1, 1 })
    assert.same({}, trend_test.ranks {})
  end)
end)

describe("the correction", function()
  -- Straight from the formula, lag by lag, as a check of the loop that is not written like it.
  local function by_the_book(ranks)
    local n, mean, squares, sum = #ranks, 0, 0, 0
    for _, rank in ipairs(ranks) do mean = mean + rank / n end
    for _, rank in ipairs(ranks) do squares = squares + (rank - mean) * (rank - mean) end
    for lag = 1, n - 1 do
      local products = 0
      for i = 1, n - lag do products = products + (ranks[i] - mean) * (ranks[i + lag] - mean) end
      local r = products / squares
      if math.abs(r) > 1.959964 / math.sqrt(n) then
        sum = sum + (n - lag) * (n - lag - 1) * (n - lag - 2) * r
      end
    end
    return 1 + 2 / (n * (n - 1) * (n - 2)) * sum
  end

  it("is that of Hamed and Rao", function()
    for seed = 1, 30 do
      local xs = noise_of.new(seed):series(25, 0.7)
      assert.is_near(by_the_book(trend_test.ranks(xs)), trend_test.hamed_rao(xs), 1e-9)
    end
  end)

  it("follows a hand-made case", function()
    -- Ranks 1 to 8: r = 5/8 at lag 1 is not beyond 1.96/sqrt(8) = 0.69, and the rest is smaller.
    assert.equal(1, trend_test.hamed_rao { 1, 2, 3, 4, 5, 6, 7, 8 })
    -- Ranks 1 to 16: r = 13/16 and 0.628 at lags 1 and 2 are beyond 0.49, 0.449 at 3 is not.
    local xs = counting(16)
    local sum = 15 * 14 * 13 * 13 / 16 + 14 * 13 * 12 * 213.5 / 340
    assert.is_near(1 + 2 * sum / (16 * 15 * 14), trend_test.hamed_rao(xs), 1e-9)
  end)

  it("never makes the test keener", function()
    local alternating = {}
    for i = 1, 20 do alternating[i] = i % 2 end
    assert.is_true(trend_test.hamed_rao(alternating) < 1)
    assert.equal(1, trend_test.correction(alternating))
    assert.equal(1, trend_test.correction {})
    assert.equal(1, trend_test.correction { 1, 1, 1, 1 })
  end)
end)

describe("what is no number", function()
  it("is left out, and the moments of the rest stay", function()
    local ts = counting(9)
    local xs = { 1, nil, 3, 0 / 0, 5, math.huge, 7, -math.huge, 9 }
    local trend = trend_test.test(ts, xs)
    assert.same({ 5, 10, 1 }, { trend.n, trend.s, trend.slope })
    assert.is_near(0, trend.intercept, 1e-12)
  end)

  it("may leave too little to test", function()
    assert.is_nil(trend_test.test({}, {}))
    assert.is_nil(trend_test.test({ 1, 2, 3 }, { 1, 2, 3 }))
    assert.is_nil(trend_test.test(counting(9), { [2] = 1, [5] = 2 }))
    assert.is_nil(trend_test.test({ 1, 1, 1, 1 }, { 1, 2, 3, 4 }))
  end)
end)

describe("line against step", function()
  local function ratio(xs) return test(xs).line_against_step end

  it("knows a line from a step", function()
    assert.is_true(ratio { 1, 2.1, 2.9, 4, 5.1, 6, 6.9, 8 } < 0.2)
    assert.is_true(ratio { 1, 1.1, 0.9, 1, 5, 5.1, 4.9, 5 } > 2)
    assert.equal(1, ratio { 3, 3, 3, 3, 3 })
    assert.equal(math.huge, ratio { 1, 1, 1, 2, 2, 2 })
  end)
end)

describe("the false alarms of a series without a trend", function()
  local SERIES = 300

  -- How many of the series have a p below 0.05: by Mann-Kendall, by Hamed and Rao alone, by both.
  local function alarms(n, share)
    local plain, corrected = 0, 0
    for seed = 1, SERIES do
      local trend = test(noise_of.new(seed):series(n, share))
      plain = plain + (trend.plain_p_value < 0.05 and 1 or 0)
      corrected = corrected + (trend.p_value < 0.05 and 1 or 0)
    end
    return plain / SERIES, corrected / SERIES
  end

  it("are as many as they should be when its points are independent", function()
    for _, n in ipairs { 20, 40 } do
      local plain, corrected = alarms(n, 0)
      assert.is_near(0.05, plain, 0.03)
      assert.is_true(corrected <= plain)
    end
  end)

  it("are several times fewer when its points keep much of those before", function()
    for _, n in ipairs { 30, 60 } do
      local plain, corrected = alarms(n, 0.6)
      assert.is_true(plain > 0.25, plain)
      assert.is_true(corrected < 0.13, corrected)
      assert.is_true(corrected < plain / 2.4, corrected / plain)
    end
  end)
end)

describe("a trend under noise", function()
  it("is found, with its slope", function()
    local found = 0
    for seed = 1, 100 do
      local noise = noise_of.new(seed):series(30, 0.3)
      local xs = {}
      for i = 1, 30 do xs[i] = 50 + 0.5 * i + noise[i] end
      local trend = test(xs)
      found = found + (trend.p_value < 0.01 and trend.s > 0 and 1 or 0)
      assert.is_near(0.5, trend.slope, 0.12)
    end
    assert.is_true(found >= 97, found)
  end)

  it("is found when it is curved", function()
    for _, curve in ipairs {
      function(t) return math.sqrt(1 + 24 * t) end, function(t) return 5 ^ t end,
    } do
      local noise, xs = noise_of.new(1):series(20, 0), {}
      for i = 1, 20 do xs[i] = curve(i / 20) * (1 + 0.03 * noise[i]) end
      assert.is_true(test(xs).p_value < 0.01)
    end
  end)
end)
