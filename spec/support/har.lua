--- A recorder of HAR 1.2: requests by curl, written down with their answers as browsers do.
local cjson = require "cjson"
local process = require "spec.support.process"
local tmp = require "spec.support.tmp"

local M = {}

local Recorder = {}
Recorder.__index = Recorder

function M.new()
  return setmetatable({ entries = {}, pages = {}, clock = 1798711200 }, Recorder)
end

--- What follows belongs to a page of this title.
function Recorder:page(title)
  local id = "page_" .. #self.pages + 1
  self.pages[#self.pages + 1] = { id = id, title = title, startedDateTime = self:time() }
  self.current = id
end

--- Lets time pass.
function Recorder:wait(seconds) self.clock = self.clock + seconds end

function Recorder:time()
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(self.clock))
    .. (".%03dZ"):format(math.floor(self.clock % 1 * 1000 + 0.5))
end

local function pairs_of(headers)
  local list = {}
  for name, value in pairs(headers) do list[#list + 1] = { name = name, value = value } end
  table.sort(list, function(a, b) return a.name < b.name end)
  return setmetatable(list, cjson.array_mt)
end

local function read_headers(text)
  local status = tonumber(text:match "^HTTP/%S+ (%d+)")
  local headers, kind = {}, ""
  for name, value in text:gmatch "\n([%w-]+):%s*([^\r\n]*)" do
    headers[#headers + 1] = { name = name, value = value }
    if name:lower() == "content-type" then kind = value end
  end
  return status, headers, kind
end

local function curl(method, url, headers, body)
  local dir = tmp.dir()
  local argv = {
    "curl", "--silent", "--show-error", "--max-time", "10", "-X", method, "-D", dir .. "/headers",
    "-o", dir .. "/body",
  }
  for name, value in pairs(headers) do
    argv[#argv + 1] = "-H"
    argv[#argv + 1] = name .. ": " .. value
  end
  if body then
    argv[#argv + 1] = "--data-binary"
    argv[#argv + 1] = body
  end
  argv[#argv + 1] = url
  local child = process.spawn(argv, { stderr = dir .. "/stderr" })
  assert(child:wait(15) and child.code == 0, tmp.read(dir .. "/stderr"))
  return tmp.read(dir .. "/headers"), tmp.read(dir .. "/body") or ""
end

--- Sends a request, writes it down, and returns the body of its answer.
function Recorder:request(method, url, headers, body)
  headers = headers or {}
  local head, answer = curl(method, url, headers, body)
  local status, received, kind = read_headers(head)
  self.entries[#self.entries + 1] = {
    pageref = self.current, startedDateTime = self:time(), time = 20,
    request = {
      method = method, url = url, httpVersion = "HTTP/1.1", headers = pairs_of(headers),
      postData = body and { mimeType = headers["Content-Type"] or "", text = body } or nil,
    },
    response = {
      status = status, headers = received, redirectURL = "",
      content = { size = #answer, mimeType = kind, text = answer },
    },
  }
  self:wait(0.02)
  return answer
end

--- The file.
function Recorder:text()
  return cjson.encode { log = {
    version = "1.2", creator = { name = "spec", version = "1" }, pages = self.pages,
    entries = self.entries,
  } }
end

return M
