--- `lload import curl`: curl commands, as browsers and API documentation give them.

local json = require "lload.import.json"
local model = require "lload.import.model"
local options = require "lload.import.curl.options"
local quote = require "lload.import.quote"
local repeated = require "lload.repeated"
local secrets = require "lload.import.secret"
local shell = require "lload.import.shell"
local text = require "lload.text"
local url = require "lload.url"

local M = {}

-- A file that a command sends: beside the scenario.
local function attach(m, context, path, kind)
  local content, message = context.read_file(path)
  if not content then return nil, ("%s: %s"):format(path, message) end
  local base = path:match "[^/]+$" or "file"
  for _, set in ipairs(m.data) do
    if set.path == path then return model.file(set.name) end
    if set.file == base then base = #m.data .. "-" .. base end
  end
  table.insert(m.data, {
    name = quote.name(base, "file"), kind = "file", file = base, content = content, type = kind,
    path = path,
  })
  return model.file(m.data[#m.data].name)
end

-- name=value&… as a table if it comes out the same; a list where a name is repeated.
local function form_fields(body)
  if body == "" or body:find "[%c ]" then return nil end
  local fields = {}
  for pair in body:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]+)=(.*)$"
    if not name then return nil end
    name, value = url.decode((name:gsub("+", " "))), url.decode((value:gsub("+", " ")))
    repeated.add(fields, name, value)
  end
  return fields
end

local function encoded_piece(context, value)
  local name, rest = value:match "^([^=@]*)([=@].*)$"
  if not rest then return url.encode(value) end
  local content = rest:sub(2)
  if rest:sub(1, 1) == "@" then
    local message
    content, message = context.read_file(content)
    if not content then return nil, ("%s: %s"):format(rest:sub(2), message) end
  end
  return (name ~= "" and name .. "=" or "") .. url.encode(content)
end

local function is_file_reference(value) return value:sub(1, 1) == "@" end

local function piece_text(context, piece)
  if piece.kind == "encode" then return encoded_piece(context, piece.value) end
  if piece.kind == "raw" or not is_file_reference(piece.value) then return piece.value end
  local path = piece.value:sub(2)
  local content, message = context.read_file(path)
  if not content then return nil, ("%s: %s"):format(path, message) end
  -- -d leaves out line ends of files, as curl does.
  return piece.kind == "text" and content:gsub("[\r\n%z]", "") or content
end

local function joined_data(c, context)
  local pieces = {}
  for index, piece in ipairs(c.data) do
    local content, message = piece_text(context, piece)
    if not content then return nil, message end
    pieces[index] = content
  end
  return table.concat(pieces, c.json and "" or "&")
end

local function header_of(step, name)
  for known, value in pairs(step.headers or {}) do
    if known:lower() == name then return value, known end
  end
  return nil
end

local function set_body(step, body, c)
  local media, spelt = header_of(step, "content-type")
  if c.json then media = media or "application/json" end
  if media and media:lower():find "json" then
    step.body = json.body(body)
    if step.body.kind == "json" and spelt and media:lower() == "application/json" then
      step.headers[spelt] = nil
    end
    return
  end
  local is_form = not media or media:lower():find("application/x-www-form-urlencoded", 1, true)
  local fields = is_form and form_fields(body)
  if fields then
    step.body = { kind = "form", value = fields }
    if spelt then step.headers[spelt] = nil end
  else
    step.body = { kind = "text", value = body, type = "application/x-www-form-urlencoded" }
  end
end

-- One -F: name=value, name=@file;type=…;filename=…, name=<file.
local function part_of(m, context, part)
  if type(part) == "table" then
    local name, value = part.plain:match "^([^=]*)=(.*)$"
    return { name, value }
  end
  local name, value = part:match "^([^=]*)=(.*)$"
  if not name then return nil, ('-F "%s" is not NAME=VALUE'):format(part) end
  local made, attributes = { name }, value:match "^[^;]*(;.*)$" or ""
  made.type = attributes:match ";%s*type=([^;]+)"
  made.filename = attributes:match ';%s*filename="?([^";]+)'
  local sigil, path = value:match "^([@<])([^;]*)"
  if sigil == "@" then
    local file, message = attach(m, context, path, made.type)
    if not file then return nil, message end
    made[2], made.type = file, nil
  elseif sigil == "<" then
    local content, message = context.read_file(path)
    if not content then return nil, ("%s: %s"):format(path, message) end
    made[2] = content
  else
    made[2] = (made.type or made.filename) and value:match "^[^;]*" or value
  end
  return made
end

local function set_parts(step, c, m, context)
  local parts = {}
  for index, part in ipairs(c.parts) do
    local made, message = part_of(m, context, part)
    if not made then return nil, message end
    parts[index] = made
  end
  step.body = { kind = "multipart", value = parts }
  local _, spelt = header_of(step, "content-type")
  if spelt then step.headers[spelt] = nil end
  return true
end

-- Secrets do not go into a file that is kept with the code.
local function secret(m, env, what)
  model.todo(m, ("set %s: the %s of the command is not in this file"):format(env, what))
  return model.env(env)
end

local function env_name(header)
  return (quote.name(header, "header"):upper():gsub("^X_", ""))
end

local function set_authorization(step, value, m)
  local scheme, rest = value:match "^(%a+)%s+(.*)$"
  scheme = scheme and scheme:lower()
  if scheme == "bearer" then
    step.auth = { kind = "bearer", value = secret(m, "TOKEN", "bearer token") }
  elseif scheme == "basic" and rest then
    step.auth = {
      kind = "basic", user = secret(m, "USERNAME", "user name"),
      password = secret(m, "PASSWORD", "password"),
    }
  else
    model.header(step, "Authorization", secret(m, "AUTHORIZATION", "Authorization header"))
  end
end

local function add_cookies(c, value)
  for pair in value:gmatch "[^;]+" do
    local name, content = pair:match "^%s*([^=%s]+)=(.-)%s*$"
    if name and not pair:find "%c" then c.cookie_values[name] = content end
  end
end

local function read_header(step, line, c, m)
  local name, value = line:match "^([^:;]+):%s*(.-)%s*$"
  if not name then
    name = line:match "^([^:;]+);%s*$"
    value = ""
  end
  if not name or value == "" and not line:find ";%s*$" then return end
  local lower = name:lower()
  if lower == "authorization" then
    set_authorization(step, value, m)
  elseif lower == "cookie" then
    add_cookies(c, value)
  elseif secrets.is_header(name) then
    model.header(step, name, secret(m, env_name(name), name .. " header"))
  elseif not model.header(step, name, value) then
    model.drop(m, "header " .. name, "lload sets it itself, or it is not valid")
  end
end

local function set_cookies(step, c, m)
  if next(c.cookie_values) == nil then return end
  local cookies, names = {}, {}
  for name in pairs(c.cookie_values) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    cookies[name] = secrets.is_cookie(name)
      and secret(m, env_name("cookie_" .. name), "cookie " .. name) or c.cookie_values[name]
  end
  step.options = step.options or {}
  step.options.cookies = cookies
end

local function set_user(step, c, m)
  if c.bearer then
    step.auth = { kind = "bearer", value = secret(m, "TOKEN", "bearer token") }
  elseif c.user then
    step.auth = {
      kind = c.digest and "digest" or "basic", user = c.user:match "^[^:]*",
      password = secret(m, "PASSWORD", "password"),
    }
  end
end

local function set_headers(step, c, m)
  c.cookie_values = {}
  for _, line in ipairs(c.headers) do read_header(step, line, c, m) end
  for _, value in ipairs(c.cookies) do
    if value:find("=", 1, true) then
      add_cookies(c, value)
    else
      model.drop(m, "-b " .. value, "cookie files are not read")
    end
  end
  set_user(step, c, m)
  set_cookies(step, c, m)
  if c.compressed and not header_of(step, "accept-encoding") then
    model.header(step, "Accept-Encoding", "deflate, gzip, br")
  end
end

-- The address as origin and path. Who stands before an @ is the user of -u.
local function split_url(address, c)
  if not address:find "^%a[%w+.-]*://" then address = "http://" .. address end
  address = address:gsub("#.*$", "")
  local origin, rest = address:match "^(https?://[^/?#]+)(.*)$"
  if not origin then return nil, ('"%s" is no http:// or https:// address'):format(address) end
  if rest:sub(1, 1) ~= "/" then rest = "/" .. rest end
  local scheme, user, host = origin:match "^(%a+://)(.*)@(.*)$"
  if scheme then
    origin = scheme .. host
    c.user = c.user or url.decode(user)
  end
  return origin, rest
end

local function method_of(c, has_body)
  if c.method then return c.method:upper() end
  if c.head then return "HEAD" end
  if c.upload then return "PUT" end
  return has_body and not c.get and "POST" or "GET"
end

local function set_upload(step, c, m, context)
  local file, message = attach(m, context, c.upload)
  if not file then return nil, message end
  step.body = { kind = "file", value = file }
  return true
end

local function add_query(step, more)
  step.path = step.path .. (step.path:find("?", 1, true) and "&" or "?") .. more
end

-- The query as a table, where that sends the same.
local function split_query(step)
  local path, query = step.path:match "^([^?]*)%?(.*)$"
  if not path then return end
  local fields = form_fields(query)
  step.path = path
  if fields then
    step.query = fields
  elseif query ~= "" then
    step.path = path .. "?" .. query
  end
end

local function set_payload(step, c, m, context)
  if #c.parts > 0 then return set_parts(step, c, m, context) end
  if c.upload then return set_upload(step, c, m, context) end
  if #c.data == 0 then return true end
  local body, message = joined_data(c, context)
  if not body then return nil, message end
  if c.get or c.head and not c.method then add_query(step, body) else set_body(step, body, c) end
  return true
end

local function step_of(c, address, m, context)
  local origin, path = split_url(address, c)
  if not origin then return nil, path end
  local has_body = #c.data > 0 or #c.parts > 0
  local step = {
    kind = "request", method = method_of(c, has_body), path = path, checks = { status = "2xx" },
  }
  if not step.method:find "^[%w-]+$" then return nil, ('"%s" is no method'):format(step.method) end
  set_headers(step, c, m)
  if c.json and not header_of(step, "accept") then
    model.header(step, "Accept", "application/json")
  end
  local ok, message = set_payload(step, c, m, context)
  if not ok then return nil, message end
  split_query(step)
  secrets.hide(step, m)
  if c.max_time and c.max_time > 0 then
    step.options = step.options or {}
    step.options.timeout = c.max_time
  end
  return step, origin
end

local function add_command(m, command, steps, origins, context)
  local c, message = options.read(command)
  if not c then return nil, message end
  for _, address in ipairs(c.urls) do
    local step, origin = step_of(c, address, m, context)
    if not step then return nil, origin end
    steps[#steps + 1], origins[#origins + 1] = step, origin
  end
  for name in pairs(c.dropped) do
    model.drop(m, "curl's option " .. name, "there is an option of lload run for it, or none")
  end
  if c.insecure then m.http = { insecure = true } end
  return true
end

-- The first host is the base_url; requests to others keep theirs.
local function place(steps, origins, m)
  m.base_url = origins[1]
  for index, step in ipairs(steps) do
    if origins[index] ~= m.base_url then
      step.url, step.path = origins[index] .. step.path, nil
    end
  end
end

local function sort_dropped(m)
  table.sort(m.dropped, function(a, b) return a.what .. a.why < b.what .. b.why end)
end

--- Reads one or several curl commands.
---@param source string the commands
---@param context { name: string, read_file: fun(path: string): string|nil, string|nil }
---@return lload.import.Model|nil
---@return string|nil message with its line
function M.read(source, context)
  local commands, message = shell.commands(source)
  if not commands then return nil, message end
  local m = model.new("curl", context.name, source, "requests")
  local steps, origins = {}, {}
  for _, command in ipairs(commands) do
    if command[1]:match "[^/]*$" ~= "curl" then
      model.drop(m, text.prefix(command[1], 40), "only curl commands are read")
    else
      local ok, problem = add_command(m, command, steps, origins, context)
      if not ok then return nil, ("line %d: %s"):format(command.line, problem) end
    end
  end
  if #steps == 0 then return nil, "there is no curl command in it" end
  place(steps, origins, m)
  sort_dropped(m)
  m.title = #steps == 1 and origins[1]:gsub("^%a+://", "") or "requests"
  m.journeys = { { name = "requests", groups = { { steps = steps } } } }
  return m
end

return M
