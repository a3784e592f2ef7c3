--- Validates the table a scenario returns, all problems at once, and gives it one normal shape.

local expect = require "lload.expect"
local hosts = require "lload.hosts"
local metrics = require "lload.metrics"
local profile = require "lload.profile"
local reader = require "lload.reader"
local suggest = require "lload.suggest"
local threshold = require "lload.threshold"
local units = require "lload.units"

local M = {}

local TIMEOUT_S = 60
local MAX_BODY = "64MB"
local MAX_BUSY_S = 5
local MAX_MEMORY, LEAST_MEMORY = 1e9, 16e6
local REDIRECTS, MOST_REDIRECTS = 10, 100

-- An address that may be no address, as a message may show it: no password, wherever it begins.
local function without_password(url)
  local scheme, rest = url:match("^(%a[%w+.-]*://)(.*)$")
  return (scheme or "") .. (rest or url):gsub("^([^:]*):.*@", "%1:***@")
end

--- Is this a base URL: a scheme, a host, perhaps a port and a path?
---@param url any
---@return string|nil url without trailing slashes
---@return string|nil message
function M.base_url(url)
  if type(url) ~= "string" then return nil, "must be a string such as \"https://shop.test\"" end
  local safe = without_password(url)
  local shown = '"' .. safe .. '"'
  local scheme, rest = url:match("^(%a[%w+.-]*)://(.*)$")
  if not scheme then
    return nil, shown .. ' has no scheme; write "http://' .. safe:gsub("^/+", "") .. '"'
  end
  scheme = scheme:lower()
  if scheme ~= "http" and scheme ~= "https" then
    return nil, ('%s has the scheme "%s"; write http:// or https://'):format(shown, scheme)
  end
  if rest:find("[%s%c]") then return nil, shown .. " contains a space or a control character" end
  local authority = rest:match("^([^/?#]*)")
  local host, port = authority:match("^(%b[]):?(%d*)$")
  if not host then host, port = authority:gsub("^.*@", ""):match("^([^:]*):?(.*)$") end
  if not host or host == "" then return nil, shown .. " has no host" end
  if port ~= "" and not units.whole(port, 1, 65535) then
    return nil, shown .. " has no usable port; a port is a number from 1 to 65535"
  end
  if rest:find("[?#]") then return nil, shown .. " has a query or fragment; a base has none" end
  return (url:gsub("/+$", ""))
end

-- They say where a message ends, which only who sends it knows.
local FRAMING = { ["content-length"] = true, ["transfer-encoding"] = true }

--- Reads the name and value of a header.
---@param name any
---@param value any
---@return { name: string, value: string }|nil header
---@return string|nil message
function M.header(name, value)
  if type(name) ~= "string" or not name:match("^[%w!#$%%&'*+.^_`|~-]+$") then
    return nil, "is no header name"
  elseif FRAMING[name:lower()] then
    return nil, "is set by lload itself"
  end
  local text, message = units.plain(value)
  if not text then return nil, message end
  if text:find("[\r\n%z]") then return nil, "contains a line break, which would forge a header" end
  return { name = name, value = text }
end

local function read_headers(r)
  local headers, spelt = {}, {}
  local raw = r:typed("headers", "table", { default = {} }) or {}
  for _, name in ipairs(reader.sorted_keys(raw)) do
    local header, message = M.header(name, raw[name])
    local before = header and spelt[name:lower()]
    if before then
      message = ('is the same header as "%s"; case makes no difference'):format(before)
    end
    if message then
      r.problems:add(reader.join(reader.join(r.path, "headers"), name), message)
    else
      headers[#headers + 1], spelt[name:lower()] = header, name
    end
  end
  return headers
end

-- What lload's own modules need is not a script's to refuse.
local function max_memory(value)
  local bytes, message = units.bytes(value)
  if bytes and bytes < LEAST_MEMORY then
    return nil, ("%s is too little; a Lua state has at least 16MB"):format(tostring(value))
  end
  return bytes, message
end

local function read_cookies(r)
  if r.raw.cookies == false then
    r:take "cookies"
    return "none"
  end
  return r:one_of("cookies", { "iteration", "keep", "none" })
end

-- Where a file is that is meant relative to the scenario's own.
local function beside(file, path)
  local folder = path:sub(1, 1) ~= "/" and file:match "^.*/"
  return folder and folder .. path or path
end

local function read_tls(root, problems, file)
  local raw = root:typed("tls", "table")
  local r = reader.new(raw or {}, "http.tls", problems)
  local function text(key)
    return r:parsed(key, {}, function(value)
      if type(value) == "string" and value ~= "" and not value:find "%z" then return value end
      return nil, "must be text, and not empty"
    end)
  end
  local function path(key)
    local value = text(key)
    return value and beside(file, value)
  end
  local tls = {
    ca = path "ca", cert = path "cert", key = path "key", key_password = text "key_password",
    ciphers = text "ciphers",
    min_version = r:one_of("min_version", { "any", "1.2", "1.3" }),
    max_version = r:one_of("max_version", { "any", "1.2", "1.3" }),
  }
  if tls.min_version == "1.3" and tls.max_version == "1.2" then
    r:problem("min_version", "is above max_version")
  end
  if not tls.cert and (tls.key or tls.key_password) then
    r:problem(tls.key and "key" or "key_password", "belongs to a certificate; give cert, too")
  end
  r:done()
  return raw and tls
end

local function read_http(root, problems, file)
  local r = reader.new(root:typed("http", "table", { default = {} }) or {}, "http", problems)
  local http = {
    timeout_s = r:duration("timeout", { default = TIMEOUT_S, positive = true }),
    headers = read_headers(r),
    max_body_bytes = r:parsed("max_body", { default = units.bytes(MAX_BODY) }, units.bytes),
    discard_body = r:typed("discard_body", "boolean"),
    insecure = r:typed("insecure", "boolean"),
    expect = r:parsed("expect", { default = expect.DEFAULT }, expect.parse),
    redirects = r:whole("redirects", { default = REDIRECTS, min = 0, max = MOST_REDIRECTS }),
    cookies = read_cookies(r),
    reuse = r:one_of("reuse", { "vu", "iteration", "none" }),
    tls_resumption = r:typed("tls_resumption", "boolean", { default = true }),
    http_version = r:one_of("http_version", { "1.1", "2" }),
    tls = read_tls(r, problems, file),
    connect_to = hosts.read_hosts(r),
    dns = r:one_of("dns", { "any", "ipv4", "ipv6" }),
    proxy = r:parsed("proxy", {}, hosts.proxy),
    block_hosts = hosts.read_block_hosts(r),
  }
  r:done()
  return http
end

local function read_name(root, default)
  local name = root:typed("name", "string", { default = default })
  if name and (name == "" or #name > 200 or name:find("%c")) then
    root:problem("name", "must have 1 to 200 characters and no control characters")
  end
  return name
end

local function read_weighted(name, raw, path, problems)
  if type(raw) == "function" then return { name = name, weight = 1 } end
  if type(raw) ~= "table" then
    problems:add(path, ("must be a function or { weight = 1, run = function }, not a %s")
      :format(type(raw)))
    return nil
  end
  local r = reader.new(raw, path, problems)
  local weight = r:typed("weight", "number", { default = 1 })
  if weight and not (weight >= 0 and weight < math.huge) then
    r:problem("weight", ("%s is no weight; it must be 0 or more"):format(tostring(weight)))
  end
  r:typed("run", "function", { required = true, remedy = "; give the journey's function" })
  r:done()
  return { name = name, weight = weight }
end

local function read_journey_map(root, raw)
  local journeys, total = {}, 0
  local before = #root.problems.lines
  for _, name in ipairs(reader.sorted_keys(raw)) do
    local path = reader.join("journeys", name)
    if type(name) ~= "string" or name == "" or name:find("%c") then
      root.problems:add(path, "needs a name, as in journeys = { browse = browse }")
    else
      local journey = read_weighted(name, raw[name], path, root.problems)
      journeys[#journeys + 1] = journey
      total = total + (journey and journey.weight or 0)
    end
  end
  if #root.problems.lines == before and total == 0 then
    root:problem("journeys", #journeys == 0 and "is empty; name at least one journey"
      or "have no weight above 0, so none would ever run")
  end
  return journeys
end

local function read_journeys(root)
  local single = root:typed("journey", "function")
  local several = root:typed("journeys", "table")
  local raw = root.raw
  if raw.journey ~= nil and raw.journeys ~= nil then
    root:problem(nil, "journey and journeys are both given; keep one of them")
  elseif raw.journey == nil and raw.journeys == nil and not root:misspelt("journey") then
    root:problem(nil, "has neither journey nor journeys; add journey = function(vu) … end")
  end
  if several then return read_journey_map(root, several) end
  return single and { { name = "default", weight = 1 } } or {}
end

local function read_stage(name, raw, path, problems, journeys)
  if type(raw) ~= "table" then
    problems:add(path, ("must be a profile or a list of profiles, not a %s"):format(type(raw)))
    return nil
  end
  if raw[1] == nil then
    return { name = name, profiles = { profile.read(raw, path, problems, journeys) } }
  end
  local profiles = {}
  for _, key in ipairs(reader.sorted_keys(raw)) do
    if type(key) ~= "number" then
      problems:add(path, ('is a list of profiles; unexpected key "%s"'):format(tostring(key)))
    else
      local read = profile.read(raw[key], reader.join(path, key), problems, journeys)
      profiles[#profiles + 1] = read
    end
  end
  return { name = name, profiles = profiles }
end

local function read_stages(root, journeys)
  local raw = root:typed("stages", "table", { default = {} }) or {}
  local stages, names = {}, {}
  for _, name in ipairs(reader.sorted_keys(raw)) do
    local path = reader.join("stages", name)
    if type(name) ~= "string" or name == "" or name:find("%c") then
      root.problems:add(path, "needs a name, as in stages = { smoke = { … } }")
    else
      stages[name] = read_stage(name, raw[name], path, root.problems, journeys)
      names[#names + 1] = name
    end
  end
  if root.raw.stages ~= nil and #names == 0 and next(raw) == nil then
    root:problem("stages", "is empty; remove it or name a stage")
  end
  return stages, names
end

local function read_default_stage(root, names)
  local name = root:typed("default_stage", "string")
  if not name then return nil end
  local message = M.stage_problem(name, names)
  if message then root:problem("default_stage", message) end
  return name
end

--- Why a stage name cannot be chosen, or nil when it can.
---@param name string
---@param names string[]
---@return string|nil message
function M.stage_problem(name, names)
  for _, known in ipairs(names) do
    if known == name then return nil end
  end
  if #names == 0 then return ('unknown stage "%s"; the file has no stages'):format(name) end
  local hint = suggest.hint(name, names)
  return ('unknown stage "%s"%s%s stages: %s'):format(
    name, hint, hint == "" and ";" or "", table.concat(names, ", "))
end

-- Name → kind of every metric a threshold may name: the built-in ones and those of the file.
local function metric_kinds(declared, problems)
  local kinds = {}
  for name, kind in pairs(metrics.BUILT_IN) do kinds[name] = kind end
  for _, metric in ipairs(declared) do
    if metrics.BUILT_IN[metric.name] then
      problems:add("", ('the custom metric "%s" has the name of a built-in one; rename it')
        :format(metric.name))
    end
    kinds[metric.name] = kinds[metric.name] or metric.kind
  end
  return kinds
end

local function read_thresholds(root, kinds)
  local list = {}
  local raw = root:typed("thresholds", "table", { default = {} }) or {}
  for _, key in ipairs(reader.sorted_keys(raw)) do
    threshold.read(list, key, raw[key], reader.join("thresholds", key), kinds, root.problems)
  end
  local message = threshold.tags_problem(list)
  if message then root:problem(nil, message) end
  return list
end

--- The name of a scenario that does not say one: its file's base name without .lua.
---@param file string
---@return string
function M.default_name(file)
  local name = file:match("([^/]+)$") or file
  return (name:gsub("%.lua$", ""))
end

local function normalise(root, context)
  local problems = root.problems
  local journeys = read_journeys(root)
  local stages, names = read_stages(root, journeys)
  local kinds = metric_kinds(context.declared, problems)
  local test = {
    file = context.file,
    source = context.source, digest = context.digest,
    name = read_name(root, M.default_name(context.file)),
    base_url = root:parsed("base_url", {}, M.base_url),
    http = read_http(root, problems, context.file),
    journeys = journeys,
    stages = stages,
    stage_names = names,
    default_stage = read_default_stage(root, names),
    thresholds = read_thresholds(root, kinds),
    kinds = kinds,
    metrics = context.declared,
    setup_timeout_s = root:duration("setup_timeout", { default = 60, positive = true }),
    teardown_timeout_s = root:duration("teardown_timeout", { default = 60, positive = true }),
    max_busy_s = root:duration("max_busy", { default = MAX_BUSY_S, positive = true }),
    max_memory_bytes = root:parsed("max_memory", { default = MAX_MEMORY }, max_memory),
  }
  for _, hook in ipairs { "setup", "teardown", "on_start", "on_stop" } do
    test["has_" .. hook] = root:typed(hook, "function") ~= nil
  end
  return test
end

local function validate(raw, context)
  local problems = reader.problems(context.file)
  if type(raw) ~= "table" then
    problems:add("", ("returns %s; a scenario ends with return { … }")
      :format(raw == nil and "nothing" or "a " .. type(raw)))
    return nil, problems.lines
  end
  local root = reader.new(raw, "", problems)
  local test = normalise(root, context)
  root:done()
  if #problems.lines > 0 then return nil, problems.lines end
  return test
end

--- Validates what a scenario file returned. Its tables may have metatables, and what these call is
--- the script's, so that it may raise.
---@param raw any the returned value
---@param context { file: string, source: string, declared: table[] }
---@param guard? function stands for pcall
---@return table|nil test the normalised scenario
---@return string[]|nil problems one line each, `file: where: message`
function M.validate(raw, context, guard)
  local ok, test, problems = (guard or pcall)(validate, raw, context)
  if ok then return test, problems end
  local message = type(test) == "string" and test or "an error that is no text"
  return nil, { ("%s: its table cannot be read: %s"):format(context.file, message) }
end

--- Reads, runs and validates a scenario file.
---@param file string
---@param env table<string, string>
---@param loader table lload.loader
---@return table|nil test
---@return string[]|nil problems
function M.load(file, env, loader)
  local handle, message = io.open(file, "rb")
  local source = handle and handle:read("*a")
  if handle then handle:close() end
  if not source then
    message = message and message:gsub("^.*: ", "") or "it is a directory"
    return nil, { ("%s: cannot read: %s"):format(file, message) }
  end
  local raw, load_message = loader.load(file, source, env)
  if raw == nil and load_message then return nil, { load_message } end
  local context = {
    file = file, source = source, declared = loader.declared(),
    digest = loader.digest and loader.digest(),
  }
  return M.validate(raw, context, loader.guard)
end

return M
