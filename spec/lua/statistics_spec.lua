--- The statistics of comparisons, against published and independently computed values.

local block_bootstrap = require "lload.statistics.block_bootstrap"
local change_points = require "lload.statistics.change_points"
local false_discovery = require "lload.statistics.false_discovery"
local knee = require "lload.statistics.knee"
local noise_of = require "spec.support.noise"
local proportion = require "lload.statistics.proportion"
local sample = require "lload.statistics.sample"
local scalability = require "lload.statistics.scalability"
local simulated = require "spec.support.simulated_runs"
local student = require "lload.statistics.student"

describe("Student's t distribution", function()
  -- Two-sided quantiles as in printed tables, to their last digit.
  for _, case in ipairs {
    { 0.05, 1, 12.7062047362 }, { 0.05, 4, 2.7764451052 }, { 0.05, 9, 2.2621571629 },
    { 0.01, 20, 2.8453397098 }, { 0.1, 30, 1.6972608866 },
  } do
    it(("has t = %g for p = %g and %g degrees of freedom"):format(case[3], case[1], case[2]),
      function()
        assert.is_near(1, student.two_sided_t(case[1], case[2]) / case[3], 1e-8)
        assert.is_near(1, student.two_sided_p(case[3], case[2]) / case[1], 1e-7)
      end)
  end

  it("is exact where it has a closed form", function()
    -- one degree of freedom: Cauchy; two: p = 1 - t/sqrt(2 + t²)
    for _, t in ipairs { 0, 0.1, 1, 3, 50 } do
      assert.is_near(1 - 2 / math.pi * math.atan(t), student.two_sided_p(t, 1), 1e-12)
      assert.is_near(1 - t / math.sqrt(2 + t * t), student.two_sided_p(-t, 2), 1e-12)
    end
  end)
end)

describe("Welch's test", function()
  it("gives what its formulas give by hand", function()
    -- variances 5/3 and 20/3, squared errors 5/12 and 20/12: t = 2.5/sqrt(25/12), and degrees
    -- of freedom (25/12)² / ((5/12)²/3 + (20/12)²/3) = 4.41
    local welch = sample.welch({ 1, 2, 3, 4 }, { 2, 4, 6, 8 }, 0.95)
    assert.is_near(2.5, welch.difference, 1e-12)
    assert.is_near(2.5 / math.sqrt(25 / 12), welch.t, 1e-12)
    assert.is_near(75 / 17, welch.freedom, 1e-12)
    local reach = student.two_sided_t(0.05, 75 / 17) * math.sqrt(25 / 12)
    assert.is_near(2.5 + reach, welch.high, 1e-9)
  end)

  it("does not know a spread from one value, and believes what has none", function()
    assert.is_nil(sample.welch({ 1 }, { 1, 2 }, 0.95))
    assert.equal(1, sample.welch({ 3, 3 }, { 3, 3 }, 0.95).p_value)
    assert.equal(0, sample.welch({ 3, 3 }, { 4, 4 }, 0.95).p_value)
  end)
end)

describe("the prediction interval", function()
  it("is m ± t·s·sqrt(1 + 1/n)", function()
    local values = { 10, 12, 11, 9, 13 } -- mean 11, variance 2.5
    local new = sample.predicts(values, 14, 0.95)
    local reach = 2.7764451052 * math.sqrt(2.5 * 1.2)
    assert.is_near(3, new.difference, 1e-12)
    assert.is_near(3 - reach, new.low, 1e-8)
    assert.is_near(3 + reach, new.high, 1e-8)
  end)
end)

describe("Wilson's interval", function()
  it("gives the example of Newcombe 1998", function()
    local low, high = proportion.wilson(81, 263, 0.95)
    assert.is_near(0.2553, low, 5e-5)
    assert.is_near(0.3662, high, 5e-5)
    low, high = proportion.wilson(0, 20, 0.95)
    assert.equal(0, low)
    assert.is_near(0.1611, high, 5e-5)
  end)

  it("gives the difference of his second article", function()
    local d = proportion.difference(
      { share = 56 / 70, effective_n = 70 }, { share = 48 / 80, effective_n = 80 }, 0.95)
    assert.is_near(-0.2, d.difference, 1e-12)
    assert.is_near(-0.3339, d.low, 5e-5)
    assert.is_near(-0.0524, d.high, 5e-5)
  end)

  it("counts windows that share their fate for less", function()
    local alike, torn = {}, {}
    for i = 1, 10 do
      alike[i] = { hits = 5, n = 100 }
      torn[i] = { hits = i == 1 and 50 or 0, n = 100 }
    end
    assert.equal(1000, proportion.of_windows(alike).effective_n)
    assert.is_true(proportion.of_windows(torn).effective_n < 30)
    assert.is_nil(proportion.of_windows { { hits = 0, n = 0 } })
  end)
end)

describe("Benjamini and Hochberg", function()
  it("adjust as in the steps of their article", function()
    local adjusted = false_discovery.adjust { 0.01, 0.04, 0.03, 0.005, 0.5 }
    for i, p in ipairs { 0.025, 0.05, 0.05, 0.025, 0.5 } do
      assert.is_near(p, adjusted[i], 1e-12)
    end
    assert.same({}, false_discovery.adjust {})
  end)

  it("believe 4 of the 15 of their example at 5 %", function()
    local believed = 0
    for _, p in ipairs(false_discovery.adjust {
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
      0.5719, 0.6528, 0.7590, 1.0000,
    }) do
      if p <= 0.05 then believed = believed + 1 end
    end
    assert.equal(4, believed)
  end)
end)

describe("the block bootstrap", function()
  local function spread_of(xs)
    local draws = block_bootstrap.draws(#xs, { resamples = 1000, seed = 7 })
    return math.sqrt(sample.variance(simulated.means(xs, draws)))
  end

  it("finds the standard error of a mean of independent values", function()
    local sum = 0 -- of the ratios of many series: in one of them the figure itself is uncertain
    for seed = 1, 20 do
      local xs = noise_of.new(seed):series(200, 0)
      sum = sum + spread_of(xs) / math.sqrt(sample.variance(xs) / #xs) / 20
    end
    assert.is_near(1, sum, 0.15)
  end)

  it("sees that neighbours which are alike tell less", function()
    local xs = noise_of.new(5):series(200, 0.8)
    assert.is_true(spread_of(xs) > 1.5 * math.sqrt(sample.variance(xs) / #xs))
  end)

  it("draws the same for the same seed, and as many windows as there are", function()
    local function draws(n, seed)
      return block_bootstrap.draws(n, { resamples = 50, seed = seed })
    end
    local first = draws(17, 1)
    assert.equal(50, #first)
    for _, indices in ipairs(first) do assert.equal(17, #indices) end
    assert.equal(11, #draws(11, 1)[1])
    assert.same(first, draws(17, 1))
    assert.not_same(first, draws(17, 2))
  end)
end)

describe("change points", function()
  local function levels(seed, parts)
    local random, xs = noise_of.new(seed), {}
    for _, one in ipairs(parts) do
      for _ = 1, one.n do xs[#xs + 1] = one.level * (1 + 0.03 * random:normal()) end
    end
    return xs
  end

  it("are found where levels change, with their sizes", function()
    local found = change_points.find(levels(11,
      { { n = 20, level = 100 }, { n = 15, level = 120 }, { n = 15, level = 105 } }))
    assert.equal(2, #found)
    assert.is_near(21, found[1].index, 1)
    assert.is_near(36, found[2].index, 1)
    assert.is_near(100, found[1].before, 3)
    assert.is_near(120, found[1].after, 3)
    assert.is_near(105, found[2].after, 3)
  end)

  it("are not seen in noise", function()
    local alarms = 0
    for seed = 1, 200 do
      if #change_points.find(levels(seed, { { n = 50, level = 100 } })) > 0 then
        alarms = alarms + 1
      end
    end
    assert.is_true(alarms <= 10, alarms .. " of 200 series without a change were accused")
  end)

  it("need two values on each side", function()
    assert.same({}, change_points.find {})
    assert.same({}, change_points.find { 1, 9 })
    assert.same({}, change_points.find { 1, 1, 9 })
    assert.equal(3, change_points.find({ 1, 1, 9, 9 })[1].index)
  end)
end)

describe("Kneedle", function()
  it("finds the knee of the paper's figure 2", function()
    local xs, ys = {}, {}
    for i = 0, 9 do
      xs[i + 1] = i / 9
      ys[i + 1] = 5 - 1 / (xs[i + 1] + 0.1)
    end
    assert.is_near(0.2222, xs[knee.find(xs, ys)], 1e-4)
  end)

  it("finds where throughput stops following the load", function()
    local xs, ys = {}, {}
    for i = 1, 12 do
      xs[i], ys[i] = i * 10, math.min(i, 7) * 100
    end
    assert.equal(7, knee.find(xs, ys))
  end)

  it("finds none on a line, nor where nothing changes", function()
    assert.is_nil(knee.find({ 1, 2, 3, 4, 5 }, { 10, 20, 30, 40, 50 }))
    assert.is_nil(knee.find({ 1, 2, 3 }, { 5, 5, 5 }))
    assert.is_nil(knee.find({ 1, 2 }, { 1, 2 }))
  end)
end)

describe("the Universal Scalability Law", function()
  -- B. Schwartz, "Practical Scalability Analysis with the Universal Scalability Law", 2015: MySQL
  -- on a Cisco server, queries a second of 1 to 32 connections, and the parameters of his fit.
  local CISCO = {
    955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61,
    8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52,
    11151.43, 11518.63, 11806, 12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27,
    12118.04, 12140.4, 12074.39,
  }

  local function points_of(xs)
    local points = {}
    for n, x in pairs(xs) do points[#points + 1] = { n = n, x = x } end
    table.sort(points, function(a, b) return a.n < b.n end)
    return points
  end

  it("is fitted as published", function()
    local law = scalability.fit(points_of(CISCO))
    assert.is_near(1, law.sigma / 0.02671591, 1e-5)
    assert.is_near(1, law.kappa / 7.690945e-4, 1e-5)
    assert.is_near(1, law.lambda / 995.6486, 1e-5)
    assert.equal(35, math.floor(law.peak_n))
  end)

  it("is found again from its own throughput", function()
    local truth = { lambda = 40, sigma = 0.1, kappa = 0.002 }
    local points = {}
    for i, n in ipairs { 1, 3, 7, 15, 31, 63 } do
      points[i] = { n = n, x = scalability.throughput(truth, n) }
    end
    local law = scalability.fit(points)
    assert.is_near(40, law.lambda, 1e-6)
    assert.is_near(0.1, law.sigma, 1e-8)
    assert.is_near(0.002, law.kappa, 1e-9)
    assert.is_near(1, law.r_squared, 1e-9)
  end)

  it("has no negative share of anything", function()
    local law = scalability.fit(points_of { [1] = 10, [2] = 21, [4] = 44, [8] = 90 })
    assert.is_true(law.sigma >= 0 and law.kappa >= 0)
    assert.is_nil(law.peak_n)
    law = scalability.fit(points_of { [1] = 10, [10] = 10 / 0.19, [100] = 10 * 100 / 10.9 })
    assert.is_near(0.1, law.sigma, 1e-6)
    assert.is_near(100, law.limit_x, 0.01)
  end)

  it("needs three loads", function()
    assert.is_nil(scalability.fit { { n = 1, x = 10 }, { n = 2, x = 20 } })
  end)
end)
