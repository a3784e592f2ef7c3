--- An access log as a scenario: visitors that move between endpoints as they did, at the rate at
--- which they came. One pass, memory that does not depend on the log's length.

local chain = require "lload.import.log.chain"
local endpoint_step = require "lload.import.log.endpoint_step"
local model = require "lload.import.model"
local routes = require "lload.import.log.routes"
local sources = require "lload.import.log.source"
local states = require "lload.import.log.state"
local traffic = require "lload.import.log.traffic"

local M = {}

local MOST_ENDPOINTS = 100 -- of a scenario
local FEWEST_LINES = 20 -- before it is told that a log has another form
local MISSING = 404
local READS = { GET = true, HEAD = true }
local LEAVE = 0.5

-- Lines of another form: counted, the first one shown.
local function note_unread(unread, number, line)
  unread.count = unread.count + 1
  if not unread.example then
    unread.example = ("line %d: %s"):format(number, sources.example(line))
  end
end

local function is_other_form(unread, number) return unread.count > number * LEAVE end

local function other_form(unread, number, source)
  return nil, ("%d of %d lines are not %s, so this is another format; say which with --format. "
    .. "The first is %s"):format(unread.count, number, source.name, unread.example)
end

-- Takes one line; false when there are no more, with a message if something is wrong.
local function take(seen, unread, number, is_read, first, ...)
  if is_read == nil then return false, first and "cannot read: " .. first end
  if is_read == false or not seen:add(first, ...) then
    note_unread(unread, number, is_read == false and first or table.concat({ first, (...) }, " "))
  end
  return true
end

local function read_lines(source, seen)
  local unread, number = { count = 0 }, 0
  local goes_on, message
  repeat
    number = number + 1
    goes_on, message = take(seen, unread, number, source:next())
    if goes_on and number >= FEWEST_LINES and number % FEWEST_LINES == 0
      and is_other_form(unread, number) then
      return other_form(unread, number, source)
    end
  until not goes_on
  if message then return nil, message end
  if is_other_form(unread, number - 1) then return other_form(unread, number - 1, source) end
  return unread
end

-- Which endpoints a scenario has: those that can be replayed and were there, the most used first.
local function choose(endpoints, found)
  local order, stays = {}, {}
  for index, endpoint in ipairs(endpoints) do
    local state = endpoint.state
    local missing = (state.statuses[MISSING] or 0) > state.count * 0.9
    if READS[state.method] and missing then
      model.drop(found, state.method .. " " .. endpoint.path, "it is not there (404)")
    elseif READS[state.method] then
      order[#order + 1] = index
    end
  end
  table.sort(order, function(a, b)
    local one, other = endpoints[a].state.count, endpoints[b].state.count
    return one > other or one == other and a < b
  end)
  local beyond = 0
  for place, index in ipairs(order) do
    stays[index] = place <= MOST_ENDPOINTS
    if not stays[index] then beyond = beyond + endpoints[index].state.count end
  end
  return order, stays, beyond
end

local WHY = {
  robots = "requests of robots", ["health checks"] = "requests of health checks",
  assets = "requests of files that pages bring with them",
}

local function note_left_out(found, seen, unread, too_long)
  local names = {}
  for what in pairs(seen.left_out) do names[#names + 1] = what end
  table.sort(names)
  for _, what in ipairs(names) do
    table.insert(found.dropped, {
      what = WHY[what] or what, why = "no visitor's doing", count = seen.left_out[what],
    })
  end
  if unread.count > 0 then
    table.insert(found.dropped, {
      what = "lines of another form", why = "the first is " .. unread.example, count = unread.count,
    })
  end
  if too_long > 0 then
    table.insert(found.dropped, {
      what = "lines", why = "they are longer than 64 kB", count = too_long,
    })
  end
end

local function percent(part, whole) return ("%.1f %%"):format(100 * part / math.max(whole, 1)) end

-- Requests that a log cannot tell the bodies of.
local function note_writes(found, endpoints, seen)
  local all = seen.requests
  for _, endpoint in ipairs(endpoints) do
    if not READS[endpoint.state.method] then all = all + endpoint.state.count end
  end
  for _, endpoint in ipairs(endpoints) do
    local state = endpoint.state
    if not READS[state.method] then
      model.todo(found, ("%s %s (%d requests, %s): write it by hand, its body is not in the log")
        :format(state.method, endpoint.path, state.count, percent(state.count, all)))
    end
  end
end

local function name_of(endpoint)
  return endpoint.state.method .. " " .. (endpoint.path == "" and "/" or endpoint.path)
end

-- Shares in percent, those that hardly ever happen left out.
local function shares(counts, total, names)
  local found = {}
  for index, count in pairs(counts) do
    local share = math.floor(count / total * 1e4 + 0.5) / 100
    if share > 0 then found[names[index]] = share end
  end
  return found
end

local function sum_of(counts)
  local total = 0
  for _, count in pairs(counts) do total = total + count end
  return total
end

local function states_of(endpoints, order, stays, found, base)
  local list, names = {}, {}
  for _, index in ipairs(order) do
    if stays[index] then
      names[index] = name_of(endpoints[index])
      list[#list + 1] = {
        index = index, name = names[index], step = endpoint_step.of(endpoints[index], found, base),
        share = endpoints[index].state.count,
        wait = states.quantiles(endpoints[index].state.waits, chain.SHARES),
      }
    end
  end
  return list, names
end

-- The journey: where visits begin, and what follows what.
local function journey_of(endpoints, order, stays, found, base)
  local moves = chain.of(endpoints, stays)
  local list, names = states_of(endpoints, order, stays, found, base)
  local groups = {}
  for position, state in ipairs(list) do
    local followed, leave = moves.next[state.index], moves.leave[state.index]
    local total = sum_of(followed) + leave
    state.next = shares(followed, math.max(total, 1), names)
    state.leave = math.floor(leave / math.max(total, 1) * 1e4 + 0.5) / 100
    groups[position] = { steps = { state.step } }
  end
  local start = shares(moves.start, math.max(sum_of(moves.start), 1), names)
  return { name = "visit", groups = groups, chain = { start = start, states = list } }
end

local function round(number, digits) return tonumber((("%%.%dg"):format(digits)):format(number)) end

-- Visits that are under way at a time, with room to spare.
local function users_for(rate, seen)
  local seconds = seen.gaps / math.max(seen.rate.count, 1)
  return math.min(1000000, math.max(10, math.ceil(rate * (seconds + 1) * 2)))
end

local function add_stage(found, seen, at)
  local rate, of = seen.rate:value(at)
  if not rate then return nil, of end
  rate = round(rate, 4)
  table.insert(found.stages, {
    name = "load", executor = "constant-arrival-rate", rate = rate, duration = "5m",
    max_vus = users_for(rate, seen), arrival = "poisson",
  })
  table.insert(found.notes, ("%d visits, of %.1f requests each; %g visits a second begin %s.")
    :format(seen.rate.count, seen.requests / math.max(seen.rate.count, 1), rate, of))
  return rate
end

-- What a person reads on standard error.
local function tell_shares(found, endpoints, order, stays, seen)
  found.told = { "", "   share  requests  endpoint" }
  for _, index in ipairs(order) do
    if stays[index] then
      local count = endpoints[index].state.count
      table.insert(found.told, ("%8s %9d  %s"):format(percent(count, seen.requests), count,
        name_of(endpoints[index])))
    end
  end
end

local function new_model(context, source, title)
  local found = model.new("an access log", context.name, "", title)
  found.source.sha256 = source:sha256() or "unknown"
  return found
end

local function base_of(context)
  local output = context.option "output" or ""
  return output:match "([^/]+)%.lua$" or output:match "([^/]+)$" or "log"
end

local function visits_model(source, seen, unread, context)
  local found = new_model(context, source, "visits of " .. (context.name:match "[^/]+$" or "a log"))
  local lines, _, too_long = source:counts()
  table.insert(found.notes, ("%d lines: %s."):format(lines, source.name))
  note_left_out(found, seen, unread, too_long)
  local endpoints = seen.paths:endpoints()
  local order, stays, beyond = choose(endpoints, found)
  if #order == 0 then return nil, "has no GET and no HEAD of a visitor" end
  if beyond > 0 then
    table.insert(found.dropped, {
      what = ("requests of %d further endpoints"):format(#order - MOST_ENDPOINTS),
      why = ("a scenario has the %d most used"):format(MOST_ENDPOINTS), count = beyond,
    })
  end
  note_writes(found, endpoints, seen)
  found.journeys = { journey_of(endpoints, order, stays, found, base_of(context)) }
  local rate, message = add_stage(found, seen, context.option "at")
  if not rate then return nil, message end
  tell_shares(found, endpoints, order, stays, seen)
  return found
end

-- One scenario for each of the most used endpoints.
local function benchmarks(source, seen, context, top)
  local list, span = {}, (seen.rate.last or 0) - (seen.rate.first or 0)
  local endpoints = seen.paths:endpoints()
  local order = choose(endpoints, { dropped = {} })
  for place = 1, math.min(top, #order) do
    local endpoint = endpoints[order[place]]
    local base = ("%02d_%s"):format(place, require("lload.import.quote").name(
      name_of(endpoint):gsub(":", ""), "root"))
    local found = new_model(context, source, name_of(endpoint))
    local count = endpoint.state.count
    table.insert(found.notes, ("%d requests, %s of all GET and HEAD."):format(count,
      percent(count, seen.requests)))
    local step = endpoint_step.of(endpoint, found, base)
    found.journeys = { { name = "benchmark", groups = { { steps = { step } } } } }
    local rate = span > 0 and round(count / span, 4) or 1
    table.insert(found.stages, {
      name = "load", executor = "constant-arrival-rate", rate = math.max(rate, 0.001),
      duration = "1m", max_vus = math.max(10, math.ceil(rate * 5)),
    })
    table.insert(found.stages, {
      name = "capacity", executor = "constant-vus", vus = 50, duration = "1m",
    })
    list[place] = { file = base .. ".lua", model = found }
  end
  if #list == 0 then return nil, "has no GET and no HEAD of a visitor" end
  return { several = list }
end

--- Reads a log.
---@param path string
---@param context table of command/import.lua
---@return table|nil found a model, or { several = { {file, model}, … } } with --top
---@return string|nil message
function M.read_file(path, context)
  local known, message = routes.of(context.option "openapi", context)
  if message then return nil, message end
  local source
  source, message = sources.open(context.world.engine, path, context.option "format",
    context.option "session")
  if not source then return nil, message end
  local seen = traffic.new(known)
  local unread, found
  unread, message = read_lines(source, seen)
  if unread then
    local top = context.option "top"
    if top then
      found, message = benchmarks(source, seen, context, top)
    else
      found, message = visits_model(source, seen, unread, context)
    end
  end
  source:close()
  return found, message
end

return M
