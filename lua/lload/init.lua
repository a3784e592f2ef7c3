--- What scenarios require: `local lload = require "lload"`.

local core = require "lload.core"
local env = require "lload.env"
local metric = require "lload.metric"
local random = require "lload.random"

local function log_at(level)
  return function(...)
    local words = {}
    for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
    core.log(level, table.concat(words, " "))
  end
end

---@class lload
local lload = {
  http = {
    get = core.verb "GET",
    head = core.verb "HEAD",
    post = core.verb "POST",
    put = core.verb "PUT",
    patch = core.verb "PATCH",
    delete = core.verb "DELETE",
    options = core.verb "OPTIONS",
    request = core.request,
    batch = require "lload.batch",
    session = require "lload.session",
    stream = require "lload.stream",
  },
  check = require "lload.check",
  group = require "lload.group",
  think = core.think,
  pause = core.pause,
  sleep = core.sleep,
  counter = metric.counter,
  gauge = metric.gauge,
  rate = metric.rate,
  trend = metric.trend,
  csv = core.csv,
  json = core.json,
  html = core.html,
  read_file = core.read_file,
  jsonl = core.jsonl,
  shared = {
    counter = core.shared_counter,
    queue = core.shared_queue,
    once = require "lload.once",
  },
  file = core.file,
  array = core.mark_array,
  null = require "cjson".null,
  random = random,
  uuid = core.uuid,
  env = env.get,
  abort = core.abort,
  log = {
    error = log_at "error", warn = log_at "warn", info = log_at "info", debug = log_at "debug",
  },
}

-- What few scenarios need is loaded when one first asks for it.
local modules = {
  crypto = true, jwt = true, regex = true, time = true, url = true, ws = true,
}

return setmetatable(lload, {
  modules = modules,
  __index = function(self, name)
    if not modules[name] then return nil end
    local module = require("lload." .. name)
    self[name] = module
    return module
  end,
})
