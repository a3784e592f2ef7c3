--- What changed that the client can see: which phase of a request, how large the answers are, which
--- class of errors. Worded as what it is consistent with: a client sees no cause.

local units = require "lload.units"

local M = {}

-- A phase must explain this share of the change to be named.
local MOST_OF_IT = 0.5
-- Answers that differ by less are of one size.
local OTHER_SIZE = 0.2

local PHASES = {
  { name = "waiting", words = "the first byte came later", less = "the first byte came sooner",
    hint = "work or queueing in the server" },
  { name = "receiving", words = "bodies took longer", less = "bodies took less time",
    hint = "larger or slower answers" },
  { name = "connecting", words = "connections took longer", less = "connections took less time",
    hint = "connections that are opened anew, or a longer way" },
  { name = "tls_handshaking", words = "TLS handshakes took longer",
    less = "TLS handshakes took less time", hint = "connections that are opened anew" },
  { name = "sending", words = "sending took longer", less = "sending took less time",
    hint = "larger requests, or a receiver that is slow to read" },
}

-- The mean over runs of what a function finds in their rows.
local function mean(rows, value_of)
  local sum, count = 0, 0
  for _, row in ipairs(rows) do
    local value = value_of(row)
    if value then sum, count = sum + value, count + 1 end
  end
  return count > 0 and sum / count or nil
end

local function average_of(phase)
  return function(row) return row.phases and row.phases[phase] and row.phases[phase].avg end
end

local function duration(row) return row.duration and row.duration.avg end

local function bytes(row)
  return row.received and row.count > 0 and row.received / row.count or nil
end

local function phase_change(base, new, total)
  local best
  for _, phase in ipairs(PHASES) do
    local before, after = mean(base, average_of(phase.name)), mean(new, average_of(phase.name))
    local change = (after or 0) - (before or 0)
    if change * total > 0 and (not best or math.abs(change) > math.abs(best.change)) then
      best = { phase = phase, change = change }
    end
  end
  if not best or math.abs(best.change) < MOST_OF_IT * math.abs(total) then return nil end
  return ("%s (%s%s of %s on average), consistent with %s"):format(
    total > 0 and best.phase.words or best.phase.less, best.change > 0 and "+" or "-",
    units.format_ms(math.abs(best.change)), units.format_ms(math.abs(total)),
    total > 0 and best.phase.hint or "less of " .. best.phase.hint)
end

local function size_change(base, new)
  local before, after = mean(base, bytes), mean(new, bytes)
  if not before or not after or before == 0 then return nil end
  if math.abs(after / before - 1) < OTHER_SIZE then return nil end
  return ("answers are %s instead of %s"):format(units.format_bytes(after),
    units.format_bytes(before))
end

-- The class of errors that grew most, as a share of requests.
local function error_change(base, new)
  local shares = {}
  local function add(rows, sign)
    for _, row in ipairs(rows) do
      for class, count in pairs(row.errors or {}) do
        shares[class] = (shares[class] or 0) + sign * count / row.count / #rows
      end
    end
  end
  add(base, -1)
  add(new, 1)
  local worst
  for class, share in pairs(shares) do
    local is_worse = not worst or share > shares[worst] or share == shares[worst] and class < worst
    if share > 0 and is_worse then worst = class end
  end
  return worst and ("errors are now %s (%s more of all requests)"):format(worst,
    units.format_share(shares[worst])) or nil
end

--- One line on what changed between the rows of an endpoint; nil when nothing stands out.
---@param base table[] requests[] rows of the base runs
---@param new table[] those of the new runs
---@param change number|nil of p95: a mean that went the other way explains nothing
---@return string|nil
function M.of(base, new, change)
  local before, after = mean(base, duration), mean(new, duration)
  local parts = {}
  if before and after and (after - before) * (change or 0) > 0 then
    parts[1] = phase_change(base, new, after - before)
  end
  parts[#parts + 1] = size_change(base, new)
  parts[#parts + 1] = error_change(base, new)
  return #parts > 0 and table.concat(parts, "; ") or nil
end

return M
