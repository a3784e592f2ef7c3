--- What the runs of one side say of an endpoint.

local proportion = require "lload.statistics.proportion"
local side = require "lload.compare.side"

-- A run of as many windows as there are lists of counts: successes, failures with a duration of
-- their own, and timeouts, which are among the durations. As the engine has them.
local function run(counts)
  local failed, count, windows, times = 0, 0, {}, {}
  for i, one in ipairs(counts) do
    failed, count = failed + one[2] + one[3], count + one[1] + one[2] + one[3]
    windows[i], times[i] = { failed = one[2] + one[3] }, { i - 1, i }
  end
  return {
    result = {
      windows = windows, requests = { { name = "GET /", count = count, failed = failed } },
    },
    windows = {
      times = function() return times end,
      value_of = function(_, series, how, _, indices)
        assert.equal("count", how)
        local one = counts[indices[1]]
        return series:find "failed" and one[2] or one[1] + one[3]
      end,
    },
  }
end

describe("the failures of an endpoint", function()
  it("are those of each window, once", function()
    assert.same({ { hits = 0, n = 100 }, { hits = 50, n = 100 }, { hits = 0, n = 10 } },
      side.failures({ run { { 100, 0, 0 }, { 50, 50, 0 }, { 10, 0, 0 } } }, "GET /"))
  end)

  it("are timeouts, too, when the run had them", function()
    assert.same({ { hits = 0, n = 100 }, { hits = 60, n = 100 } },
      side.failures({ run { { 100, 0, 0 }, { 40, 10, 50 } } }, "GET /"))
  end)

  it("tell less in bursts than as many independent ones", function()
    local share = proportion.of_windows(side.failures({
      run { { 100, 0, 0 }, { 0, 100, 0 }, { 100, 0, 0 }, { 100, 0, 0 } } }, "GET /"))
    assert.equal(0.25, share.share)
    assert.is_true(share.effective_n < 10)
  end)
end)
