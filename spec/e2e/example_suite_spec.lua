--- examples/benchmark-suite, as its README tells it, with shorter runs.
local tutorial = require "spec.support.tutorial"

local README = "examples/benchmark-suite/README.md"
local SHORTER = {
  ["--warmup 1s"] = "--warmup 200ms", ["--runs 5"] = "--runs 3", ["in 2 3 4 5"] = "in 2 3",
  ["--service-time 100ms"] = "--service-time 160ms",
}
local SLOW = "GET /api/v1/products/:id"

-- The status of each endpoint in the last table of a suite.
local function statuses(stdout)
  local found = {}
  for name, status in stdout:match("\nSuite\n(.*)$"):gmatch "\n  (%u+ /%S+) [^\n]* (%u+)" do
    found[name] = status
  end
  return found
end

-- What the suite that ran last says; nothing when it was not reached.
local function gate(commands)
  local last
  for _, one in ipairs(commands) do
    if (one.stdout or ""):find("\nSuite\n", 1, true) then last = one.stdout end
  end
  return last and statuses(last) or {}, last
end

describe("examples/benchmark-suite", function()
  it("catches the endpoint that became slower, and accuses no other", function()
    local commands, ran, found, said
    -- One new run against few: on a machine that others share a stall may look like a change. So
    -- the shop is slow against that; and should it still happen, once more.
    for _ = 1, 2 do
      commands, ran = tutorial.run(README, { DURATION = "600ms" }, SHORTER)
      found, said = gate(commands)
      local accused = 0
      for _, status in pairs(found) do accused = accused + (status == "PASS" and 0 or 1) end
      if accused == 1 then break end
    end
    tutorial.assert_codes(commands, ran)
    assert.same({ [SLOW] = "WORSE", ["GET /api/v1/products"] = "PASS",
      ["POST /api/cart/add"] = "PASS", ["GET /api/v1/users/:id/orders"] = "PASS" }, found, said)
    assert.truthy(said:find("consistent with work or queueing", 1, true), said)
    assert.truthy(ran.stdout:find(SLOW .. "  p95 of 3 runs\n", 1, true), ran.stdout)
  end)
end)
