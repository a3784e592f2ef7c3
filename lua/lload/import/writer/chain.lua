--- A journey that moves between endpoints by chance, as visitors did: functions for the endpoints,
--- tables of shares, and the loop that walks through them.

local layout = require "lload.import.layout"
local quote = require "lload.import.quote"
local scopes = require "lload.import.writer.scope"

local M = {}

local LEAVE = "(leave)"
local MOST_STEPS = 1000

local function sorted_names(shares)
  local names = {}
  for name in pairs(shares) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if shares[a] ~= shares[b] then return shares[a] > shares[b] end
    return a < b
  end)
  return names
end

local function shares_node(shares)
  local items = {}
  for index, name in ipairs(sorted_names(shares)) do
    items[index] = { quote.field(name), quote.number(shares[name]) }
  end
  return layout.group("{", items, "}")
end

local function numbers_node(list)
  local items = {}
  for index, number in ipairs(list) do
    items[index] = { "", quote.number(tonumber(("%.3g"):format(number))) }
  end
  return layout.group("{", items, "}")
end

local function add_table(lines, remark, name, states, node_of)
  local items = {}
  for _, state in ipairs(states) do
    local node = node_of(state)
    if node then items[#items + 1] = { quote.field(state.name), node } end
  end
  lines[#lines + 1] = ""
  layout.add_comment(lines, remark, "")
  layout.add(lines, layout.group("{", items, "}"), "", "local " .. name .. " = ", "")
end

local function following(state)
  local shares = {}
  for name, share in pairs(state.next) do shares[name] = share end
  -- From somewhere it must go on.
  if state.leave > 0 or next(shares) == nil then shares[LEAVE] = math.max(state.leave, 0.01) end
  return shares_node(shares)
end

local WALK = {
  "  local at = random.weighted(@begin)",
  "  for _ = 1, @most do -- however unlikely, no visit is endless",
  "    @endpoints[at]()",
  "    local to = random.weighted(@follow[at])",
  '    if to == "(leave)" then return end',
  "    local quantiles = @wait[at]",
  "    local i = random.int(1, #quantiles - 1)",
  "    pause(quantiles[i], quantiles[i + 1])",
  "    at = to",
  "  end",
  "end",
}

--- Appends the journey.
---@param lines string[]
---@param journey lload.import.Journey with a chain
---@param ref string what its function is called
---@param scope lload.import.Scope
---@param add_function fun(lines: string[], head: string, groups: table[], inner: table)
function M.add(lines, journey, ref, scope, add_function)
  local names = { most = tostring(MOST_STEPS) }
  for _, name in ipairs { "endpoints", "begin", "follow", "wait" } do
    names[name] = scopes.unique(scope.taken, name)
  end
  scope:need "random"
  scope:need_helper "pause"
  local states = journey.chain.states
  lines[#lines + 1] = ("local %s = {}"):format(names.endpoints)
  for _, state in ipairs(states) do
    lines[#lines + 1] = ""
    local head = ("%s[%s] = function"):format(names.endpoints, quote.string(state.name))
    add_function(lines, head, { { steps = { state.step } } }, scope:inner { state.step })
  end
  lines[#lines + 1] = ""
  layout.add_comment(lines, "Where visits begin, in percent.", "")
  layout.add(lines, shares_node(journey.chain.start), "", "local " .. names.begin .. " = ", "")
  add_table(lines, "What follows, in percent; (leave) is the end of the visit.", names.follow,
    states, following)
  add_table(lines, "Seconds until then: what 10, 30, 50, 70 and 90 % of the visitors took.",
    names.wait, states, function(state) return numbers_node(state.wait or { 0, 0 }) end)
  lines[#lines + 1] = ""
  lines[#lines + 1] = ref .. "()"
  for _, line in ipairs(WALK) do lines[#lines + 1] = (line:gsub("@(%l+)", names)) end
end

return M
