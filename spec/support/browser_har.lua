--- What a page of spec.support.browser did on the network, as HAR 1.2: as the browser's own export,
--- from the same events.
local cjson = require "cjson"

local M = {}

local function list_of(headers)
  local list = {}
  for name, value in pairs(headers or {}) do list[#list + 1] = { name = name, value = value } end
  return list
end

local HANDLERS = {
  requestWillBeSent = function(entries, order, params)
    local request = params.request
    entries[params.requestId] = {
      wall = params.wallTime, began = params.timestamp, ended = params.timestamp,
      resource = (params.type or "other"):lower(),
      request = {
        method = request.method, url = request.url, headers = list_of(request.headers),
        postData = request.postData and {
          mimeType = request.headers["Content-Type"] or request.headers["content-type"],
          text = request.postData,
        } or nil,
      },
    }
    order[#order + 1] = params.requestId
  end,
  responseReceived = function(entries, _, params)
    local response = params.response
    entries[params.requestId].response = {
      status = response.status, headers = list_of(response.headers), redirectURL = "",
      content = { mimeType = response.mimeType },
    }
  end,
  loadingFinished = function(entries, _, params)
    entries[params.requestId].ended = params.timestamp
    entries[params.requestId].is_whole = true
  end,
}

local function add_body(page, id, entry)
  if not entry.is_whole then return end
  local body = page:command("Network.getResponseBody", { requestId = id })
  entry.response.content.text = body.body
  entry.response.content.encoding = body.base64Encoded and "base64" or nil
end

--- The recording of a page since :record().
---@return string
function M.text(page)
  local entries, order = {}, {}
  for _, event in ipairs(page.network) do
    local handler = HANDLERS[event.method]
    if handler and (event.method == "requestWillBeSent" or entries[event.params.requestId]) then
      handler(entries, order, event.params)
    end
  end
  local list = {}
  for index, id in ipairs(order) do
    local entry = entries[id]
    add_body(page, id, entry)
    list[index] = {
      pageref = "page_1", time = (entry.ended - entry.began) * 1000,
      startedDateTime = os.date("!%Y-%m-%dT%H:%M:%S", math.floor(entry.wall))
        .. (".%03dZ"):format(math.floor(entry.wall % 1 * 1000)),
      request = entry.request, response = entry.response, _resourceType = entry.resource,
    }
  end
  return cjson.encode { log = {
    version = "1.2", creator = { name = "spec", version = "1" },
    pages = { { id = "page_1", title = "the shop" } }, entries = list,
  } }
end

return M
