--- A pretend `lload.core`: no user, no network; it writes down what it is asked, and its clock and
--- its random draws are what the spec says.

local M = {}

-- Modules that keep `lload.core` in a local.
local USERS_SIDE = {
  "check", "crypto", "env", "group", "init", "jwt", "library", "loader", "metric", "once",
  "random", "regex", "strict", "time", "url", "ws",
}

local function forget_modules()
  package.loaded["lload"] = nil
  for _, name in ipairs(USERS_SIDE) do package.loaded["lload." .. name] = nil end
end

-- The next of the draws that the spec has set; it must set enough of them.
local function next_draw(core)
  core.drawn = core.drawn + 1
  return assert(core.draws[core.drawn], "the spec sets too few draws")
end

local function make()
  local core = {
    running = false, clock = 0, draws = {}, drawn = 0, profile = {}, numbers = {},
    checks = {}, samples = {}, groups = {}, logs = {}, errors = {}, files = {},
  }

  function core.is_running() return core.running end
  function core.now() return core.clock end
  function core.unix_time() return core.clock end
  function core.url_encode(text)
    return (text:gsub("[^%w._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
  end
  function core.url_decode(text, plus_is_space)
    text = plus_is_space and text:gsub("+", " ") or text
    return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
  end
  function core.digest(algorithm, text) return ("%s of %d bytes"):format(algorithm, #text) end
  function core.random() return next_draw(core) end

  --- As C does it: from a draw in [0, 1).
  function core.random_int(low, high)
    return low + math.floor(next_draw(core) * (high - low + 1))
  end

  function core.metric(name) return core.numbers[name] end
  function core.add(metric, value, tags)
    core.samples[#core.samples + 1] = { metric[1], value, tags }
  end
  function core.check(name, passed, why)
    core.checks[#core.checks + 1] = { name = name, passed = passed, why = why }
  end

  function core.enter_group(name)
    local outer = core.group
    core.group = outer and outer .. "::" .. name or name
    return outer
  end
  function core.leave_group(outer, duration_ms)
    core.groups[#core.groups + 1] = { core.group, duration_ms }
    core.group = outer
  end
  function core.note_error(value)
    core.errors[#core.errors + 1] = value
    return value
  end

  core.guard = pcall

  function core.profile_env(name) return core.profile[name] end
  function core.log(level, text) core.logs[#core.logs + 1] = level .. ": " .. text end
  function core.scenario_file(file) core.files[#core.files + 1] = file end

  return core
end

--- A fresh core; what is required afterwards speaks to it.
---@return table core its fields `running`, `clock`, `draws`, `profile`, `numbers` are for the spec
function M.install()
  local core = make()
  forget_modules()
  package.loaded["lload.core"] = core
  return core
end

function M.remove()
  forget_modules()
  package.loaded["lload.core"] = nil
end

return M
