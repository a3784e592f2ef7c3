--- The steps of a journey as lines of Lua.

local layout = require "lload.import.layout"
local model = require "lload.import.model"
local quote = require "lload.import.quote"
local values = require "lload.import.writer.values"

local M = {}

local SHORT = {
  GET = "get", HEAD = "head", POST = "post", PUT = "put", PATCH = "patch", DELETE = "delete",
  OPTIONS = "options",
}

-- A segment that begins with a colon is a placeholder to lload unless the colon is encoded, and no
-- address has control characters.
local function literal_path(path, params)
  path = path:gsub("%c", function(c) return ("%%%02X"):format(c:byte()) end)
  return (path:gsub("/:([%a_][%w_]*)", function(name)
    return not (params and params[name] ~= nil) and "/%3A" .. name or nil
  end))
end

local function address_node(step, scope)
  local address = step.url or step.path
  if not model.is_expression(address) then
    return values.text(literal_path(address, step.params))
  end
  if address.kind == "template" then
    return values.template(address.parts, scope, step.path ~= nil)
  end
  return values.expression(address, scope)
end

local BODY = {
  json = "json", form = "form", multipart = "multipart", text = "body", file = "body",
}

-- A part of a multipart body is a list with named fields: { name, value, type = "…" }.
local function part_node(part, scope)
  local items = { { "", values.value(part[1], scope) }, { "", values.value(part[2], scope) } }
  for _, key in ipairs { "type", "filename" } do
    if part[key] then items[#items + 1] = { key .. " = ", values.text(part[key]) } end
  end
  return layout.group("{", items, "}")
end

local function body_node(body, scope)
  if body.kind ~= "multipart" or #body.value == 0 then return values.value(body.value, scope) end
  local items = {}
  for index, part in ipairs(body.value) do items[index] = { "", part_node(part, scope) } end
  return layout.group("{", items, "}")
end

local function add_auth(items, auth, scope)
  if auth.kind == "bearer" then
    local value = auth.value or model.variable(auth.variable)
    items[#items + 1] = { "bearer = ", values.value(value, scope) }
  else
    items[#items + 1] = { auth.kind .. " = ", layout.group("{", {
      { "", values.value(auth.user, scope) }, { "", values.value(auth.password, scope) },
    }, "}") }
  end
end

-- A body's media type goes with it unless the step has a header that says so.
local function headers_of(step)
  local body, headers = step.body, {}
  for name, value in pairs(step.headers or {}) do headers[name] = value end
  if body and body.type then
    for name in pairs(headers) do
      if name:lower() == "content-type" then return headers end
    end
    headers["Content-Type"] = body.type
  end
  return headers
end

-- Statuses that lload would count as failures although the step expects them.
local function unusual_statuses(checks)
  local statuses = checks and checks.status
  if type(statuses) ~= "table" then return nil end
  for _, status in ipairs(statuses) do
    if status < 200 or status > 399 then return statuses end
  end
  return nil
end

local function option_items(step, scope)
  local items = {}
  for _, key in ipairs { "params", "query" } do
    if step[key] and next(step[key]) ~= nil then
      items[#items + 1] = { key .. " = ", layout.group("{", values.fields(step[key], scope), "}") }
    end
  end
  local headers = headers_of(step)
  if next(headers) ~= nil then
    items[#items + 1] = { "headers = ", layout.group("{", values.fields(headers, scope), "}") }
  end
  if step.auth then add_auth(items, step.auth, scope) end
  if step.body then
    items[#items + 1] = { BODY[step.body.kind] .. " = ", body_node(step.body, scope) }
  end
  if step.name then items[#items + 1] = { "name = ", values.text(step.name) } end
  local expected = unusual_statuses(step.checks)
  if expected then items[#items + 1] = { "expect = ", values.value(expected, scope) } end
  for _, item in ipairs(values.fields(step.options or {}, scope)) do items[#items + 1] = item end
  return items
end

local function request_node(step, scope)
  scope:need "http"
  local address = address_node(step, scope)
  local short = SHORT[step.method]
  local head = short and "http." .. short .. "("
    or "http.request(" .. quote.string(step.method) .. ", "
  local items = option_items(step, scope)
  if #items == 0 then return layout.group(head, { { "", address } }, ")") end
  return layout.group(head .. layout.flat(address) .. ", {", items, "})")
end

local function status_text(status)
  if type(status) == "string" then return status end
  return table.concat(status, " or ")
end

local function status_test(status)
  if type(status) == "string" then
    local class = status:match "^(%d)xx$"
    return ("r.status >= %d00 and r.status <= %d99"):format(class, class)
  end
  local tests = {}
  for index, code in ipairs(status) do tests[index] = ("r.status == %d"):format(code) end
  return table.concat(tests, " or ")
end

local function path_text(step)
  if type(step.path) == "string" then return (step.path:match "^[^?]*") end
  return step.url and not model.is_expression(step.url) and step.url:match "^[^?]*" or "request"
end

--- How a step is called where a person reads of it.
---@param step lload.import.Step
---@return string
function M.label(step) return step.name or step.method .. " " .. path_text(step) end

local TEST = {
  json = function(check, scope)
    local read = "r:json(" .. quote.string(check.path) .. ")"
    if check.value == nil then return read .. " ~= nil" end
    return read .. " == " .. layout.flat(values.value(check.value, scope))
  end,
  contains = function(check, scope)
    return ("(r.body or \"\"):find(%s, 1, true) ~= nil"):format(
      layout.flat(values.value(check.value, scope)))
  end,
  header = function(check, scope)
    local read = "r.headers[" .. quote.string(check.path) .. "]"
    if check.value == nil then return read .. " ~= nil" end
    return read .. " == " .. layout.flat(values.value(check.value, scope))
  end,
  duration = function(check)
    return "r.timings.duration < " .. quote.number(check.value)
  end,
}

-- One test: on one line if it fits, else the function over three.
local function add_test(lines, indent, name, test)
  local line = ("%s[%s] = function(r) return %s end,"):format(indent, quote.string(name), test)
  if #line <= layout.WIDTH then
    lines[#lines + 1] = line
    return
  end
  lines[#lines + 1] = ("%s[%s] = function(r)"):format(indent, quote.string(name))
  lines[#lines + 1] = ("%s  return %s"):format(indent, test)
  lines[#lines + 1] = indent .. "end,"
end

local function tests_of(step, scope)
  local label, tests = M.label(step), {}
  if step.checks.status then
    tests[1] = {
      label .. ": " .. status_text(step.checks.status), status_test(step.checks.status),
    }
  end
  for _, check in ipairs(step.checks.list or {}) do
    local name = check.name or label .. ": " .. check.kind .. " " .. (check.path or "")
    tests[#tests + 1] = { name, TEST[check.kind](check, scope) }
  end
  return tests
end

local function add_checks(lines, step, indent, scope)
  local tests = step.checks and tests_of(step, scope) or {}
  if #tests == 0 then return end
  scope:need "check"
  if #tests == 1 then
    local line = ("%scheck(response, { [%s] = function(r) return %s end })"):format(
      indent, quote.string(tests[1][1]), tests[1][2])
    if #line <= layout.WIDTH then
      lines[#lines + 1] = line
      return
    end
  end
  lines[#lines + 1] = indent .. "check(response, {"
  local seen = {}
  for _, test in ipairs(tests) do
    if not seen[test[1]] then add_test(lines, indent .. "  ", test[1], test[2]) end
    seen[test[1]] = true
  end
  lines[#lines + 1] = indent .. "})"
end

local READ = {
  json = function(path)
    return path == "" and "response:json()" or "response:json " .. quote.string(path)
  end,
  header = function(path) return "response.headers[" .. quote.string(path) .. "]" end,
  cookie = function(path) return "vu.cookies:get " .. quote.string(path) end,
  form = function(path) return "response:html():hidden " .. quote.string(path) end,
  regex = function(path, scope)
    scope:need "lload"
    return "lload.regex(" .. quote.string(path) .. "):match(response.body)"
  end,
}

local function add_extracts(lines, step, indent, scope)
  for _, extract in ipairs(step.extract or {}) do
    lines[#lines + 1] = ("%s%s = %s"):format(indent, scope:target(extract.variable),
      READ[extract.from](extract.path, scope))
  end
end

local function needs_response(step)
  local checks = step.checks
  return step.extract and #step.extract > 0
    or checks and (checks.status or checks.list and #checks.list > 0)
end

local function add_request(lines, step, indent, scope, state)
  if step.think and step.think[2] > 0 then
    scope:need_helper "pause"
    lines[#lines + 1] = ("%spause(%s, %s)"):format(indent, quote.number(step.think[1]),
      quote.number(step.think[2]))
  end
  local prefix = ""
  if needs_response(step) then
    prefix = state.has_response and "response = " or "local response = "
    state.has_response = true
  end
  layout.add(lines, request_node(step, scope), indent, prefix, "")
  add_checks(lines, step, indent, scope)
  add_extracts(lines, step, indent, scope)
end

--- Appends steps as lines.
---@param lines string[]
---@param steps lload.import.Step[]
---@param indent string
---@param scope lload.import.Scope
---@param state { has_response?: boolean } of the function that they are in
function M.add(lines, steps, indent, scope, state)
  for index, step in ipairs(steps) do
    if index > 1 then lines[#lines + 1] = "" end
    if step.comment then layout.add_comment(lines, quote.comment(step.comment), indent) end
    if step.kind == "comment" then
      layout.add_comment(lines, quote.comment(step.text), indent)
    else
      add_request(lines, step, indent, scope, state)
    end
  end
end

return M
