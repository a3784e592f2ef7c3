--- What the machine must have: descriptors, ports, memory, addresses, and how each is refused.

local preflight = require "lload.preflight"

local function spec_of(parts)
  local spec = {
    file = "shop.lua", threads = 2, http = {}, profiles = { { vus = 600 }, { vus = 400 } },
  }
  for key, value in pairs(parts or {}) do spec[key] = value end
  return spec
end

-- A machine with room for everything, but for what `parts` says.
local function machine(parts)
  parts = parts or {}
  return {
    descriptors = function() return parts.descriptors or 1e6 end,
    local_ports = function() return parts.ports or 28000 end,
    memory_available = function() return parts.memory or 8e9 end,
    source_problem = function(range) return parts.source and range .. parts.source end,
  }
end

local function problems(spec_parts, machine_parts, servers)
  return preflight.problems(spec_of(spec_parts), machine(machine_parts), servers)
end

describe("the preflight", function()
  it("has nothing to say when there is room", function()
    assert.same({}, problems())
  end)

  it("does without what a machine cannot tell", function()
    local nothing = function() return nil end
    assert.same({}, preflight.problems(spec_of(), {
      descriptors = nothing, local_ports = nothing, memory_available = nothing,
    }))
  end)

  it("wants a descriptor for each user, and some for itself", function()
    assert.same({}, problems({}, { descriptors = 1048 }))
    assert.same({
      "shop.lua: 1000 users need 1048 file descriptors, the hard limit is 1047; raise it "
        .. "(ulimit -Hn, LimitNOFILE= of systemd), use fewer users, or set http.reuse = \"none\"",
    }, problems({}, { descriptors = 1047 }))
  end)

  it("counts those of live control", function()
    assert.same({}, problems({}, { descriptors = 1060 }, 1))
    assert.matches("need 1060 file descriptors, the hard limit is 1059",
      problems({}, { descriptors = 1059 }, 1)[1])
  end)

  it("wants a port for each user", function()
    assert.same({}, problems({}, { ports = 1000 }))
    assert.same({
      "shop.lua: 1000 users need as many local ports, one address has 999; use --source-ip with a "
        .. "range, or widen net.ipv4.ip_local_port_range",
    }, problems({}, { ports = 999 }))
    assert.same({}, problems({ http = { source_ip = "10.0.0.1-9" } }, { ports = 999 }))
  end)

  it("counts no connections that are closed after each request", function()
    assert.same({}, problems({ http = { reuse = "none" } }, { ports = 9, descriptors = 9 }))
  end)

  it("wants memory for all users, however they connect", function()
    assert.same({}, problems({}, { memory = 5e6 }))
    for _, http in ipairs { {}, { reuse = "none" } } do
      assert.same({
        "shop.lua: 1000 users need about 5.00 MB of memory, 5.00 MB are available; use fewer "
          .. "users, or --segment and several machines",
      }, problems({ http = http }, { memory = 5e6 - 1 }))
    end
  end)

  it("counts the users of this machine's part only", function()
    local second_of_three = { own = 2, shares = { 2, 1, 1 } }
    assert.same({}, problems({ segment = second_of_three }, { ports = 250 }))
    assert.matches("250 users need as many local ports, one address has 249",
      problems({ segment = second_of_three }, { ports = 249 })[1])
    assert.matches("334 users", problems({ segment = { own = 1, shares = { 1, 1, 1 } } },
      { ports = 9 })[1])
  end)

  it("looks at the addresses to leave from, and tells all at once", function()
    local list = problems({ http = { source_ip = "10.9.9.9" } },
      { source = " is not an address of this machine", memory = 1, descriptors = 1 })
    assert.equal(3, #list)
    assert.equal("--source-ip: 10.9.9.9 is not an address of this machine", list[3])
  end)
end)
