--- An endpoint of a log as a step of a scenario, with the popular addresses as data beside it.

local addresses = require "lload.import.log.addresses"
local model = require "lload.import.model"
local quote = require "lload.import.quote"

local M = {}

local COMMON = 0.1 -- the share of answers from which on a status is expected
local NOT_OURS = { [499] = true, [0] = true } -- the client went away

-- What a client without a cache of its own gets instead.
local PLAIN = { [304] = 200, [206] = 200 }

-- Statuses by how often they were answered.
local function shares_of(state)
  local shares, total = {}, 0
  for status, count in pairs(state.statuses) do
    if not NOT_OURS[status] then
      local plain = PLAIN[status] or status
      shares[plain] = (shares[plain] or 0) + count
      total = total + count
    end
  end
  for status, count in pairs(shares) do shares[status] = count / math.max(total, 1) end
  return shares
end

local function is_class(statuses, class)
  for _, status in ipairs(statuses) do
    if math.floor(status / 100) ~= class then return false end
  end
  return true
end

-- A server's own failures are not what a scenario expects.
local function expected(shares)
  local statuses = {}
  for status, share in pairs(shares) do
    if share >= COMMON and status < 500 then statuses[#statuses + 1] = status end
  end
  table.sort(statuses)
  if #statuses == 0 or is_class(statuses, 2) then return "2xx" end
  return statuses
end

-- A log has the request that a redirect leads to as well.
local function is_redirected(shares)
  local share = 0
  for status, part in pairs(shares) do
    if status >= 300 and status <= 399 then share = share + part end
  end
  return share > 0.5
end

local function file_name(taken, base, name)
  local stem, number = base .. "." .. name, 1
  local file = stem
  while taken[file] do
    number = number + 1
    file = stem .. "_" .. number
  end
  taken[file] = true
  return file .. ".csv"
end

-- Values from rows of the data, or the only one there is.
local function add_values(step, endpoint, found, target, base)
  step.params, step.options = {}, step.options or {}
  if #found.rows == 1 then
    local only = found.rows[1]
    for index, param in ipairs(endpoint.params) do step.params[param.name] = only[index] end
    if found.has_query then step.options.query = only[#only] end
    return
  end
  target.files = target.files or {}
  local name = quote.name(endpoint.path:gsub(":", ""), "root")
  local file = file_name(target.files, base, name)
  local set = file:sub(#base + 2, -5)
  table.insert(target.data, {
    name = set, file = file, content = found.content, kind = "csv", weight = "weight",
  })
  for _, param in ipairs(endpoint.params) do
    step.params[param.name] = model.row(set, param.name)
  end
  if found.has_query then step.options.query = model.row(set, "query") end
end

--- The step of an endpoint; its data is added to the model.
---@param endpoint table of Paths:endpoints
---@param target lload.import.Model
---@param base string what names of data files begin with
---@return lload.import.Step
function M.of(endpoint, target, base)
  local shares = shares_of(endpoint.state)
  local path = endpoint.path == "" and "/" or endpoint.path
  local step = {
    kind = "request", method = endpoint.state.method, path = path,
    checks = { status = expected(shares) },
  }
  if is_redirected(shares) then step.options = { redirects = 0 } end
  local found, hidden = addresses.of(endpoint)
  if found then add_values(step, endpoint, found, target, base) end
  for name in pairs(hidden) do
    model.drop(target, "query field " .. name, "it looks like a secret")
  end
  return step
end

return M
