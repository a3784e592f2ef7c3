--- How often the rules of a comparison are wrong, against simulated runs whose truth is known.

local alarms = require("spec.support.compare_rules").alarms

describe("of runs that did not change", function()
  for _, case in ipairs {
    { "ten_before", "steady", 0.03 }, { "ten_before", "autocorrelated", 0.03 },
    { "ten_before", "runs_differ", 0.03 }, { "five_before", "runs_differ", 0.04 },
    { "five_interleaved", "steady", 0.04 }, { "five_interleaved", "autocorrelated", 0.04 },
    { "five_interleaved", "runs_differ", 0.04 }, { "five_interleaved", "machine_drifts", 0.04 },
    { "five_each", "runs_differ", 0.04 }, { "one_to_one", "steady", 0.04 },
  } do
    it(("%s accuses at most %g %% when %s"):format(case[1], case[3] * 100, case[2]), function()
      local share = alarms(case[1], case[2], 0)
      assert.is_true(share <= case[3], ("%.1f %% were accused"):format(share * 100))
    end)
  end
end)

describe("of runs that became 20 % slower", function()
  for _, case in ipairs {
    { "ten_before", "runs_differ", 0.6 }, { "ten_before", "autocorrelated", 0.6 },
    { "five_interleaved", "runs_differ", 0.95 }, { "five_interleaved", "steady", 0.95 },
    { "five_interleaved", "machine_drifts", 0.95 }, { "one_to_one", "steady", 0.95 },
  } do
    it(("%s finds at least %g %% when %s"):format(case[1], case[3] * 100, case[2]), function()
      local share = alarms(case[1], case[2], 0.2)
      assert.is_true(share >= case[3], ("%.1f %% were found"):format(share * 100))
    end)
  end
end)
