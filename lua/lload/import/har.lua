--- A recording of a browser (HAR 1.2) as a scenario: pages as groups, the pauses between requests,
--- what answers gave and later requests sent as variables, secrets as settings.

local correlations = require "lload.import.har.correlation"
local entries = require "lload.import.har.entries"
local model = require "lload.import.model"
local received = require "lload.import.har.received"
local secret = require "lload.import.secret"
local sent = require "lload.import.har.sent"
local steps = require "lload.import.writer.steps"
local text = require "lload.text"

local M = {}

local SHORTEST_PAUSE = 0.05
local LONGEST_LABEL = 60

-- Cookies of measuring services, which a page's scripts set.
local MEASURING = {
  "^_ga", "^_gid$", "^_gat", "^_gcl", "^_fbp$", "^_hj", "^__utm", "^ajs_", "^amp_",
}

local function is_measuring(name)
  for _, pattern in ipairs(MEASURING) do
    if name:find(pattern) then return true end
  end
  return false
end

-- From the end of what came before to the start of this; nil while requests overlap.
local function pause_before(entry, ended)
  if not entry.began or not ended then return nil end
  local pause = math.floor((entry.began - ended) * 100 + 0.5) / 100
  return pause >= SHORTEST_PAUSE and { pause, pause } or nil
end

local PLAIN = { [304] = 200, [206] = 200 }

local function add_checks(step, entry, found)
  if not entry.response then
    model.todo(found, ("%s: the recording has no answer, so nothing is checked"):format(
      steps.label(step)))
    return
  end
  local status = tonumber(entry.response.status)
  status = PLAIN[status] or status
  if status >= 100 and status <= 599 then step.checks = { status = { status } } end
end

-- Cookies that no answer set: they were there before the recording, or a script made them.
local function add_cookies(step, entry, jar, found)
  local cookies, by_jar, names = {}, 0, {}
  local given = sent.cookies(entry.request)
  for name in pairs(given) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if jar[name] ~= nil then
      by_jar = by_jar + 1
    elseif is_measuring(name) then
      model.drop(found, "cookies of measuring services", "they are no business of the server's")
    elseif given[name] ~= "" and name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
      cookies[name] = secret.setting(found, "cookie_" .. name)
    end
  end
  if by_jar > 0 then
    model.drop(found, "cookies that answers set", "each user has a jar of its own")
  end
  if next(cookies) then step.options = { cookies = cookies } end
end

local function learn_cookies(jar, entry)
  for _, response in ipairs(entry.answers or { entry.response }) do
    for name, value in pairs(received.cookies(response)) do jar[name] = value end
  end
end

-- Turns an entry into a step; what its answer gave is remembered.
local function take(work, entry)
  local step, uses = sent.step(entry, work.found)
  local rest = work.correlation:replace(uses, step)
  sent.hide(rest, work.found)
  for _, field in ipairs { "params", "query" } do
    if step[field] and next(step[field]) == nil then step[field] = nil end
  end
  add_cookies(step, entry, work.jar, work.found)
  step.think = pause_before(entry, work.ended)
  if entry.origin ~= work.origin then step.url, step.path = entry.origin .. step.path, nil end
  add_checks(step, entry, work.found)
  if entry.ended then work.ended = math.max(work.ended or 0, entry.ended) end
  if entry.response then
    learn_cookies(work.jar, entry)
    work.correlation:learn(received.values(entry.response), step, entry.path, uses)
  end
  return step
end

-- A page is named after its title, or the path where the title is its address.
local function group_name(title)
  if not title then return nil end
  local path = title:match "^%a[%w+.-]*://[^/]*([^?#]*)"
  local name = text.one_line(path and (path ~= "" and path or "/") or title)
  return name ~= "" and text.cut(name, LONGEST_LABEL) or nil
end

local function groups_of(work, list, titles)
  local groups, last = {}, nil
  for _, entry in ipairs(list) do
    local page = entry.page or last
    if #groups == 0 or page ~= last then
      groups[#groups + 1] = { name = group_name(page and titles[page]), steps = {} }
    end
    table.insert(groups[#groups].steps, take(work, entry))
    last = page
  end
  return groups
end

local FROM = {
  json = "JSON", header = "header", form = "hidden field", cookie = "cookie", regex = "text",
}

local function place_of(source) return ("%s %s"):format(FROM[source.from], source.path) end

local function uses_of(entry)
  local first = entry.uses[1]
  local more = #entry.uses > 1 and (" and %d more"):format(#entry.uses - 1) or ""
  return ("%s (%s)%s"):format(steps.label(first.step), first.where, more)
end

local function row(cells, widths)
  local line = {}
  for index, cell in ipairs(cells) do
    cell = text.one_line(cell)
    line[index] = index < #cells and text.left(text.shorten(cell, widths[index]), widths[index])
      or text.cut(cell, LONGEST_LABEL)
  end
  return "  " .. table.concat(line, "  ")
end

-- The table of what was correlated, for standard error.
local function correlated(list)
  if #list == 0 then return { "correlated: nothing; no request sends what an answer gave" } end
  local widths = { 18, 46 }
  local lines = { "correlated:", row({ "variable", "from", "to" }, widths) }
  for _, entry in ipairs(list) do
    lines[#lines + 1] = row({
      entry.variable, steps.label(entry.step) .. ", " .. place_of(entry.source), uses_of(entry),
    }, widths)
  end
  return lines
end

local function add_notes(found, work)
  local count = #work.correlation.list
  if count > 0 then
    table.insert(found.notes, ("%d value%s of answers %s taken over by later requests."):format(
      count, count == 1 and "" or "s", count == 1 and "is" or "are"))
  end
  found.told = correlated(work.correlation.list)
end

--- Reads a recording.
---@param content string
---@param context table of command/import.lua
---@return lload.import.Model|nil
---@return string|nil message
function M.read(content, context)
  local found = model.new("a HAR file", context.name, content)
  local list, titles, origin = entries.read(content, found, {
    assets = context.option "with_assets", third_parties = context.option "with_third_parties",
  })
  if not list then return nil, titles end
  local work = {
    found = found, correlation = correlations.new(), jar = {}, origin = origin,
  }
  found.title, found.base_url = origin:gsub("^%a+://", ""), origin
  found.journeys = { { name = "recording", groups = groups_of(work, list, titles) } }
  add_notes(found, work)
  return found
end

return M
