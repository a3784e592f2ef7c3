--- What the runs of one side say of an endpoint.

local side = require "lload.compare.side"

-- A run of as many windows as there are lists of counts: successes, failures with a duration of
-- their own, and timeouts, which are among the durations. As the engine has them.
local function run(counts)
  local failed, count, windows, times = 0, 0, {}, {}
  for i, one in ipairs(counts) do
    failed, count = failed + one[2] + one[3], count + one[1] + one[2] + one[3]
    windows[i] = { failed = one[2] + one[3], requests = one[1] + one[2] + one[3] }
    times[i] = { i - 1, i }
  end
  return {
    result = {
      windows = windows, requests = { { name = "GET /", count = count, failed = failed } },
    },
    windows = {
      times = function() return times end,
      counts = function(_, series)
        local found = {}
        for i, one in ipairs(counts) do
          found[i] = series:find "failed" and one[2] or one[1] + one[3]
        end
        return found
      end,
    },
  }
end

local function failures(...) return side.failures({ run { ... } }, "GET /") end

describe("the failures of an endpoint", function()
  it("are those of each window, once", function()
    local share = failures({ 100, 0, 0 }, { 50, 50, 0 }, { 10, 0, 0 })
    assert.same({ 50, 210 }, { share.hits, share.n })
  end)

  it("are timeouts, too, when the run had them", function()
    local share = failures({ 100, 0, 0 }, { 40, 10, 50 }, { 100, 0, 0 })
    assert.same({ 60, 300 }, { share.hits, share.n })
    assert.is_true(share.effective_n < 10)
  end)

  it("tell less in bursts than as many independent ones", function()
    local share = failures({ 100, 0, 0 }, { 0, 100, 0 }, { 100, 0, 0 }, { 100, 0, 0 })
    assert.equal(0.25, share.share)
    assert.is_true(share.effective_n < 10)
    assert.equal(400, failures({ 75, 25, 0 }, { 75, 25, 0 }, { 75, 25, 0 },
      { 75, 25, 0 }).effective_n)
  end)
end)
