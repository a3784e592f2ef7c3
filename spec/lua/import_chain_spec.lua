--- The chain of an imported log: endpoints that are left out are passed through.
local chain = require "lload.import.log.chain"
local states = require "lload.import.log.state"

describe("import log's chain", function()
  -- Endpoints 1, 2 and 3, with counts of what followed what, and of where visits began.
  local function endpoints_of(counts, moves, starts)
    local endpoints = {}
    for index, count in ipairs(counts) do
      endpoints[index] = { state = states.new "GET" }
      endpoints[index].state.count = count
      endpoints[index].state.starts = starts[index] or 0
    end
    for _, move in ipairs(moves) do
      endpoints[move[1]].state.next[endpoints[move[2]].state] = move[3]
    end
    return endpoints
  end

  -- How often each is visited, by following the chain for long enough.
  local function visits(found)
    local now, total = {}, {}
    for index, count in pairs(found.start) do now[index], total[index] = count, count end
    for _ = 1, 200 do
      local after = {}
      for from, amount in pairs(now) do
        local sum = found.leave[from]
        for _, count in pairs(found.next[from]) do sum = sum + count end
        for to, count in pairs(found.next[from]) do
          after[to] = (after[to] or 0) + amount * count / sum
        end
      end
      for index, amount in pairs(after) do total[index] = total[index] + amount end
      now = after
    end
    return total
  end

  local COUNTS = { 100, 120, 80 }
  local MOVES = {
    { 1, 2, 60 }, { 1, 3, 20 }, { 2, 2, 40 }, { 2, 3, 40 }, { 2, 1, 20 }, { 3, 1, 10 },
    { 3, 2, 10 },
  }
  local STARTS = { 70, 10, 20 }

  it("keeps the frequencies", function()
    local found = chain.of(endpoints_of(COUNTS, MOVES, STARTS), { true, true, true })
    assert.same({ 20, 20, 60 }, found.leave)
    local total = visits(found)
    for index, count in ipairs(COUNTS) do assert.near(count, total[index], 1e-6) end
  end)

  it("keeps those of the others when some are left out", function()
    for gone = 1, 3 do
      local stays = { true, true, true }
      stays[gone] = false
      local total = visits(chain.of(endpoints_of(COUNTS, MOVES, STARTS), stays))
      for index, count in ipairs(COUNTS) do
        assert.near(index == gone and 0 or count, total[index], 1e-6)
      end
    end
  end)

  it("knows states that became part of others", function()
    local endpoints = endpoints_of({ 10, 10 }, { { 1, 2, 5 } }, { 10 })
    local other = states.new "GET"
    other.count = 5
    endpoints[1].state.next[other] = 5
    states.absorb(endpoints[2].state, other)
    assert.same({ 10 }, { chain.of(endpoints, { true, true }).next[1][2] })
  end)
end)
