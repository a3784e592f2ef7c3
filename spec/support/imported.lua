--- Runs what an importer wrote in a sandbox: it finds lload's functions as recorders and nothing
--- else, so that whatever else it did would raise.

local M = {}

-- What a scenario may read besides; anything else is an error, and so is every assignment.
local ALLOWED = {
  tonumber = tonumber, tostring = tostring, math = math, table = table, type = type,
}

local function recorder(sent, method)
  return function(url, options)
    local request = { method = method, url = url, options = options or {} }
    sent[#sent + 1] = request
    return {
      status = 200, body = "", headers = {}, timings = { duration = 1 },
      json = function(_, path) return "json:" .. path end,
      html = function() return { hidden = function(_, name) return "form:" .. name end } end,
    }
  end
end

local function fake_lload(sent, env)
  local http = { request = function(method, ...) return recorder(sent, method)(...) end }
  for _, method in ipairs { "get", "head", "post", "put", "patch", "delete", "options" } do
    http[method] = recorder(sent, method:upper())
  end
  return {
    http = http,
    check = function(response, tests)
      sent[#sent].checks = tests
      for _, test in pairs(tests) do test(response) end
      return true
    end,
    think = function(from, to) sent.thought = { from, to } end,
    group = function(name, f, ...)
      sent.groups = sent.groups or {}
      table.insert(sent.groups, name)
      return f(...)
    end,
    env = function(name, default)
      sent.asked = sent.asked or {}
      sent.asked[name] = default
      return env[name] or default
    end,
    csv = function(file)
      return { random = function() return setmetatable({}, { __index = function(_, column)
        return file .. ":" .. column
      end }) end }
    end,
    file = function(file) return { file = file } end,
    array = function(list) return list end, null = require("cjson").null,
    uuid = function() return "uuid" end,
    url = { encode = function(text) return "<" .. text .. ">" end },
    time = { now = function() return 0 end, format = function() return "day" end,
      iso8601 = function() return "moment" end },
    random = {
      int = function(low) return low end, float = function(low) return low end,
      pick = function(list) return list[1] end,
      string = function(length, alphabet) return (alphabet or "a"):sub(1, 1):rep(length) end,
    },
  }
end

--- Loads a scenario's text; raises if it does anything but define things.
---@param text string
---@param env? table<string, string>
---@return table scenario what it returned
---@return table sent requests, once its journeys are called
function M.load(text, env)
  local sent = {}
  local lload = fake_lload(sent, env or {})
  local chunk = assert(loadstring(text, "=imported"))
  setfenv(chunk, setmetatable({}, {
    __index = function(_, name)
      if name == "require" then
        return function(module)
          return module == "lload" and lload or error("requires " .. module)
        end
      end
      return ALLOWED[name] or error("reads the global " .. tostring(name))
    end,
    __newindex = function(_, name) error("sets the global " .. tostring(name)) end,
  }))
  return chunk(), sent
end

--- Calls on_start and all journeys of a scenario.
---@param text string
---@param env? table<string, string>
---@return table sent the requests, in order
---@return table scenario
function M.run(text, env)
  local scenario, sent = M.load(text, env)
  local vu = { cookies = { get = function(_, name) return "cookie:" .. name end } }
  if scenario.on_start then scenario.on_start(vu) end
  if scenario.journey then scenario.journey(vu) end
  local names = {}
  for name in pairs(scenario.journeys or {}) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do scenario.journeys[name].run(vu) end
  return sent, scenario
end

--- Reads a source by one of the importers and writes it: what `lload import` would write.
---@param kind string
---@param source string
---@param options? table { files = path → text, given = key → value, yaml = function, name }
---@return string|nil text
---@return string|nil message
---@return table|nil model
function M.import(kind, source, options)
  options = options or {}
  local model, message = require("lload.import." .. kind).read(source, {
    name = options.name or "source",
    read_file = function(path)
      local content = (options.files or {})[path]
      if content then return content end
      return nil, "cannot read: No such file or directory"
    end,
    option = function(key) return (options.given or {})[key] end,
    world = { engine = { yaml = options.yaml or function() return nil, "no YAML here" end } },
  })
  if not model then return nil, message end
  require("lload.import.model").add_defaults(model)
  return require("lload.import.writer").write(model), nil, model
end

return M
