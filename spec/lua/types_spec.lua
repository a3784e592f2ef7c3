--- The files of lua/lload/types say what is there, all of it and nothing else.

local lfs = require "lfs"
local profile = require "lload.profile"
local reader = require "lload.reader"
local scenario = require "lload.scenario"
local reference = dofile "scripts/api-reference.lua"

local items = reference.items()

local function sorted(set)
  local list = {}
  for key in pairs(set) do list[#list + 1] = tostring(key) end
  table.sort(list)
  return list
end

local function class(name)
  for _, item in ipairs(items) do
    if item.kind == "class" and item.name == name then return item end
  end
  error("no class " .. name)
end

-- The named fields of a class and of its parent.
local function fields(name)
  local found = {}
  local item = class(name)
  if item.parent ~= "" then found = fields(item.parent) end
  for _, field in ipairs(item.fields) do
    if not field.name:find "^%[" then found[field.name] = true end
  end
  return found
end

local function methods(class_name)
  local found = {}
  for _, item in ipairs(items) do
    if item.owner == class_name then found[item.name:match ":(.*)$"] = true end
  end
  return found
end

-- A table that notes which fields it is asked for.
local function recorder(content)
  local seen = {}
  return setmetatable({}, {
    __index = function(_, key)
      if type(key) == "string" then seen[key] = true end
      return content and content[key]
    end,
  }), seen
end

-- What `pattern` captures in a source file.
local function captures(path, pattern)
  local found = {}
  for name in reference.read(path):gmatch(pattern) do found[name] = true end
  return found
end

describe("what require \"lload\" returns", function()
  -- Public to other modules of lload, not to scenarios, for which it stands as math.random.
  local INTERNAL = { ["lload.random.like_math"] = true }
  local saved = {}
  local lload

  -- None of the core's functions is called, but for those that the modules call on loading.
  local function fake_core()
    return setmetatable({
      verb = function() return function() end end,
      is_running = function() return false end,
      metric = function() return 1 end,
    }, { __index = function() return function() end end })
  end

  setup(function()
    for name, module in pairs(package.loaded) do
      if name:find "^lload" then
        saved[name] = module
        package.loaded[name] = nil
      end
    end
    package.loaded["lload.core"] = fake_core()
    lload = require "lload"
  end)

  teardown(function()
    for name in pairs(package.loaded) do
      if name:find "^lload" then package.loaded[name] = nil end
    end
    for name, module in pairs(saved) do package.loaded[name] = module end
  end)

  local function collect(into, prefix, t)
    for name, value in pairs(t) do
      local path = prefix .. "." .. name
      if type(value) == "table" then
        collect(into, path, value)
      elseif not INTERNAL[path] then
        into[path] = true
      end
    end
    return into
  end

  it("is documented, and nothing else is", function()
    local documented = {}
    for _, item in ipairs(items) do
      local is_there = item.kind == "function" or item.kind == "value"
      if is_there and item.name:find "^lload%." then documented[item.name] = true end
    end
    for name in pairs(getmetatable(lload).modules) do assert.truthy(lload[name], name) end
    assert.same(sorted(collect({}, "lload", lload)), sorted(documented))
  end)

  it("gives metrics with the methods that are documented", function()
    local metric = lload.counter "a_name"
    assert.same(sorted(getmetatable(metric).__index), sorted(methods "lload.Metric"))
  end)
end)

describe("the C side", function()
  it("takes the request options that are documented", function()
    local source = reference.read "src/script/request_options.c"
    local list = source:match "option_names%[[^%]]*%] = {(.-)}"
    local names = {}
    for name in list:gmatch '"([%w_]+)"' do names[name] = true end
    assert.same(sorted(names), sorted(fields "lload.RequestOptions"))
  end)

  it("gives responses the fields and methods that are documented", function()
    local source = "src/script/response.c"
    local known = captures(source, 'strcmp%(key, "([%w_]+)"%)')
    assert.same(sorted(known), sorted(fields "lload.Response"))
    known = captures(source, '{"([%w_]+)", response_')
    assert.same(sorted(known), sorted(methods "lload.Response"))
    local phases = reference.read(source):match "names%[HTTP_PHASES%] = {(.-)}"
    local names = { duration = true }
    for name in phases:gmatch '"([%w_]+)"' do names[name] = true end
    assert.same(sorted(names), sorted(fields "lload.Timings"))
  end)

  it("names the failures that are documented", function()
    local text
    for _, field in ipairs(class("lload.Response").fields) do
      if field.name == "error" then text = field.text end
    end
    local known = captures("src/io/http.c", '%[HTTP_[%u_]+%] = "([%w_]+)"')
    known.ok = nil
    local documented = {}
    for name in text:gmatch "`([%w_]+)`" do documented[name] = true end
    assert.same(sorted(known), sorted(documented))
  end)

  it("gives data the methods that are documented", function()
    local names = captures("src/script/data.c", '{"([%w_]+)", data_')
    assert.same(sorted(names), sorted(methods "lload.Data"))
  end)

  it("gives pages the methods that are documented", function()
    local names = captures("src/script/core_html.c", '{"([%w_]+)", html_')
    assert.same(sorted(names), sorted(methods "lload.Html"))
  end)

  it("gives regular expressions the methods that are documented", function()
    local names = captures("src/script/core_regex.c", '{"([%w_]+)", regex_')
    assert.same(sorted(names), sorted(methods "lload.Regex"))
  end)

  it("gives what users share the methods that are documented", function()
    local source = "src/script/core_shared.c"
    local names = captures(source, '{"([%w_]+)", counter_')
    assert.same(sorted(names), sorted(methods "lload.SharedCounter"))
    names = captures(source, '{"([%w_]+)", queue_')
    assert.same(sorted(names), sorted(methods "lload.SharedQueue"))
  end)

  it("gives WebSockets the methods, fields and options that are documented", function()
    local source = "src/script/core_ws.c"
    local names = captures(source, '{"([%w_]+)", handle_')
    assert.same(sorted(names), sorted(methods "lload.WebSocket"))
    names = captures(source, '{"([%w_]+)", push_')
    assert.same(sorted(names), sorted(fields "lload.WebSocket"))
    names = {}
    for list in reference.read("lua/lload/ws.lua"):gmatch "\nlocal O[%w_]+ = {(.-)}" do
      for name in list:gmatch '"([%w_]+)"' do names[name] = true end
    end
    assert.same(sorted(names), sorted(fields "lload.WebSocketOptions"))
  end)

  it("gives cookies the methods and options that are documented", function()
    local source = "src/script/cookie_jar.c"
    assert.same(sorted(captures(source, '{"([%w_]+)", jar_')), sorted(methods "lload.Cookies"))
    local names = {}
    for name in reference.read(source):match "wishes%[%] = {(.-)}":gmatch '"([%w_]+)"' do
      names[name] = true
    end
    assert.same(sorted(names), sorted(fields "lload.CookieOptions"))
  end)

  it("gives files the fields, methods and options that are documented", function()
    local path = "src/script/attachment.c"
    local source = reference.read(path)
    local handle = source:match "static int attachment_index.-\n}"
    local known = {}
    for name in handle:gmatch 'strcmp%(key, "([%w_]+)"%)' do known[name] = true end
    assert.same(sorted(known), sorted(fields "lload.File"))
    known = {}
    for name in source:match("read_options%(lua_State.-\n}"):gmatch 'key, "([%w_]+)"' do
      known[name] = true
    end
    assert.same(sorted(known), sorted(fields "lload.FileOptions"))
    assert.same(sorted(captures(path, '{"([%w_]+)", attachment_')), sorted(methods "lload.File"))
  end)

  it("takes the fields of a part that are documented", function()
    local known = captures("src/script/outgoing_multipart.c", 'optional_text%(w, item, "(%w+)"%)')
    assert.same(sorted(known), sorted(fields "lload.Part"))
  end)

  it("gives users the fields that are documented", function()
    local names = captures("src/script/lua_journey.c", 'lua_setfield%(%w+, %-2, "(%w+)"%)')
    for name in pairs(captures("src/script/lua_journey.c", 'lua_pushliteral%(%w+, "(%w+)"%)')) do
      names[name] = true
    end
    for name in pairs(captures("src/script/vm.c", 'strcmp%(key, "([%w_]+)"%)')) do
      names[name] = true -- made when they are read
    end
    assert.same(sorted(names), sorted(fields "lload.Vu"))
  end)
end)

describe("a scenario's table", function()
  local function validate(content)
    local raw, seen = recorder(content)
    scenario.validate(raw, { file = "scenario.lua", source = "", declared = {} })
    return seen
  end

  it("takes the keys that are documented", function()
    assert.same(sorted(validate()), sorted(fields "lload.Scenario"))
  end)

  it("takes the http options that are documented", function()
    local http, seen = recorder()
    validate { http = http }
    assert.same(sorted(seen), sorted(fields "lload.HttpOptions"))
  end)

  it("takes the tls options that are documented", function()
    local tls, seen = recorder()
    validate { http = { tls = tls } }
    assert.same(sorted(seen), sorted(fields "lload.TlsOptions"))
  end)

  it("takes the keys of a weighted journey that are documented", function()
    local journey, seen = recorder()
    validate { journeys = { browse = journey } }
    assert.same(sorted(seen), sorted(fields "lload.Journey"))
  end)

  it("takes the options of a threshold that are documented", function()
    local threshold, seen = recorder()
    validate { thresholds = { http_reqs = threshold } }
    assert.same(sorted(seen), sorted(fields "lload.Threshold"))
  end)
end)

describe("a profile", function()
  -- Executor → the class that documents it.
  local documented = {}
  for _, item in ipairs(items) do
    for _, field in ipairs(item.fields or {}) do
      if field.name == "executor" then documented[field.type:match '^"(.*)"$'] = item.name end
    end
  end

  local executors = {}
  for file in lfs.dir "lua/lload/executor" do
    local module = file:match "^([%w_]+)%.lua$"
    local executor = module and require("lload.executor." .. module)
    if executor and executor.name then executors[executor.name] = executor end
  end

  local function read(content)
    local raw, seen = recorder(content)
    profile.read(raw, "stage", reader.problems "scenario.lua", {})
    return seen
  end

  it("has the executors that are documented", function()
    assert.same(sorted(executors), sorted(documented))
    local alias
    for _, item in ipairs(items) do
      if item.name == "lload.Profile" then alias = item.type end
    end
    for _, name in pairs(documented) do assert.truthy(alias:find(name, 1, true), name) end
  end)

  -- Some read other fields when their load is a rate.
  for name in pairs(executors) do
    it("of " .. name .. " takes the fields that are documented", function()
      local seen = read { executor = name }
      for field in pairs(read { executor = name, rate = 1 }) do seen[field] = true end
      assert.same(sorted(seen), sorted(fields(documented[name])))
    end)
  end

  it("takes the fields of a step that are documented", function()
    local step, seen = recorder()
    read { executor = "ramping-vus", steps = { step } }
    assert.same(sorted(seen), sorted(fields "lload.Step"))
    step, seen = recorder()
    read { executor = "ramping-arrival-rate", steps = { step } }
    assert.same(sorted(seen), sorted(fields "lload.RateStep"))
  end)
end)
