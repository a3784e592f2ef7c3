--- A browser without a window, for what only a browser can tell: Debian's chromium, spoken to over
--- two pipes in its DevTools protocol, one JSON text after another, each ended by a zero byte.
local cjson = require "cjson"
local ffi = require "ffi"
local process = require "spec.support.process"
local tmp = require "spec.support.tmp"

local DECLARATIONS = [[
  struct spec_browser_poll { int fd; short events, revents; };
  int mkfifo(const char *path, unsigned mode);
  int open(const char *path, int flags, ...);
  long read(int fd, void *buffer, size_t size);
  long write(int fd, const void *buffer, size_t size);
  int close(int fd);
]]
if not pcall(ffi.typeof, "struct spec_browser_poll") then
  ffi.cdef(DECLARATIONS)
end

local C = ffi.C
local O_RDWR, POLLIN = 2, 1
local ROOM = 65536
local TIMEOUT_S = 60

local M = {}

local Browser = {}
Browser.__index = Browser

local Page = {}
Page.__index = Page

local function fifo(dir, name)
  local path = dir .. "/" .. name
  assert(C.mkfifo(path, 0x180) == 0, "no pipe in " .. dir)
  -- For reading and writing, so that opening waits for nobody.
  return path, C.open(path, O_RDWR)
end

--- Starts the browser; nil when there is none.
function M.open()
  local where = io.popen "command -v chromium"
  local path = where:read "*l"
  where:close()
  if not path then return nil end
  local dir = tmp.dir()
  local to_path, to = fifo(dir, "to")
  local from_path, from = fifo(dir, "from")
  local child = process.spawn({
    path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe", "--user-data-dir=" .. dir .. "/profile", "about:blank",
  }, { pipes = { [3] = to_path, [4] = from_path }, stderr = dir .. "/stderr" })
  return setmetatable({
    child = child, to = to, from = from, pieces = {}, last_id = 0, answers = {}, pages = {},
    room = ffi.new("char[?]", ROOM),
  }, Browser)
end

function Browser:close()
  self.child:kill()
  C.close(self.to)
  C.close(self.from)
end

function Browser:write(text)
  local sent = 0
  while sent < #text do
    local n = tonumber(C.write(self.to, ffi.cast("const char *", text) + sent, #text - sent))
    assert(n > 0, "the browser does not listen")
    sent = sent + n
  end
end

-- Sorts a message: an answer to a command, or something that happened on a page.
function Browser:receive(text)
  local message = cjson.decode(text)
  if message.id then
    self.answers[message.id] = message
  elseif self.pages[message.sessionId] then
    self.pages[message.sessionId]:note(message.method, message.params)
  end
end

-- Reads what has come, for at most a moment.
function Browser:read_some()
  local waiting = ffi.new("struct spec_browser_poll[1]", { { self.from, POLLIN, 0 } })
  if C.poll(waiting, 1, 100) < 1 then return end
  local n = tonumber(C.read(self.from, self.room, ROOM))
  self:take(ffi.string(self.room, n))
end

-- A long message comes in many pieces.
function Browser:take(bytes)
  local from = 1
  for finish in bytes:gmatch "()%z" do
    table.insert(self.pieces, bytes:sub(from, finish - 1))
    self:receive(table.concat(self.pieces))
    self.pieces, from = {}, finish + 1
  end
  table.insert(self.pieces, bytes:sub(from))
end

function Browser:wait_for(ready, what)
  local give_up = process.now() + TIMEOUT_S
  while not ready() do
    assert(not self.child:has_ended(), "the browser ended")
    assert(process.now() < give_up, "the browser did not answer: " .. what)
    self:read_some()
  end
end

--- Sends a command of the DevTools protocol and returns its result.
function Browser:command(method, params, session)
  self.last_id = self.last_id + 1
  local id = self.last_id
  params = params and next(params) and params or nil
  local message = { id = id, method = method, params = params, sessionId = session }
  self:write(cjson.encode(message) .. "\0")
  self:wait_for(function() return self.answers[id] end, method)
  local answer = self.answers[id]
  self.answers[id] = nil
  assert(not answer.error, answer.error and method .. ": " .. cjson.encode(answer.error))
  return answer.result
end

--- A page of its own: `problems` are errors and warnings of its console, `requests` what it asked
--- for.
function Browser:page()
  local target = self:command("Target.createTarget", { url = "about:blank" }).targetId
  local session = self:command("Target.attachToTarget",
    { targetId = target, flatten = true }).sessionId
  local page = setmetatable(
    { browser = self, session = session, problems = {}, requests = {} }, Page)
  self.pages[session] = page
  for _, domain in ipairs { "Page", "Runtime", "Log", "Network" } do
    page:command(domain .. ".enable")
  end
  return page
end

function Page:command(method, params)
  return self.browser:command(method, params, self.session)
end

--- From now on keeps what happens on the network, for browser_har.
function Page:record() self.network = {} end

function Page:note(method, params)
  if self.network and method:find "^Network%." then
    table.insert(self.network, { method = method:match "%.(.*)$", params = params })
  end
  if method == "Log.entryAdded" then
    self.problems[#self.problems + 1] = params.entry.text
  elseif method == "Runtime.exceptionThrown" then
    self.problems[#self.problems + 1] = cjson.encode(params.exceptionDetails)
  elseif method == "Runtime.consoleAPICalled" then
    self.problems[#self.problems + 1] = cjson.encode(params.args)
  elseif method == "Network.requestWillBeSent" then
    self.requests[#self.requests + 1] = params.request.url
  elseif method == "Page.loadEventFired" then
    self.has_loaded = true
  end
end

--- Opens an address and waits until all of it is there.
function Page:visit(url)
  self.has_loaded, self.problems, self.requests = false, {}, {}
  self:command("Page.navigate", { url = url })
  self.browser:wait_for(function() return self.has_loaded end, url)
end

--- What a JavaScript expression gives, as far as it fits into JSON.
function Page:evaluate(expression)
  local answer = self:command("Runtime.evaluate",
    { expression = expression, returnByValue = true, awaitPromise = true })
  assert(not answer.exceptionDetails, cjson.encode(answer.exceptionDetails))
  return answer.result.value
end

return M
