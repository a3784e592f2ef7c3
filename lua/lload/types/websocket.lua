---@meta _
-- WebSockets.

---@class lload
local lload = {}

--- ## WebSockets
---
--- RFC 6455, over TCP and TLS, always on lload's own connections, whatever `--transport` says. The
--- handshake is a request like any other: named, tagged, counted in `http_reqs`, failed unless its
--- status is 101. Redirects are not followed, extensions (`permessage-deflate`) are not offered,
--- and `http.proxy` is refused. [docs/websocket.md](websocket.md) tells what is measured and when a
--- session has failed.

--- Where they are.
---@class lload.ws
lload.ws = {}

--- Opens a WebSocket and waits for the handshake. It never raises for what the network does: where
--- there is none, `socket.error` says why, and its methods answer the same.
---
--- A WebSocket that `on_start` opened lives as long as its user. Any other ends with the iteration
--- (or `setup`, or `on_stop`) that opened it, if the script has not closed it before, and tells the
--- server 1001, going away.
---
--- ```lua journey
--- local socket = lload.ws.connect("/ws/:room", {
---   params = { room = "lobby" }, bearer = "secret", protocols = { "chat.v2", "chat.v1" },
--- })
--- check(socket, { ["is open"] = function(s) return s.status == 101 end })
--- socket:send { say = "hello" }
--- local answer, is_binary = socket:receive "5s"
--- if answer then lload.log.info(#answer, is_binary) end
--- socket:close()
--- ```
---@param url string `ws://`, `wss://`, or a path for `base_url`, with `ws` for `http`
---@param options? lload.WebSocketOptions
---@return lload.WebSocket socket
function lload.ws.connect(url, options) end

--- What `lload.ws.connect` takes: these, and what a [request](#lloadrequestoptions) takes of the
--- same name. An unknown option raises.
---
--- ```lua journey
--- lload.ws.connect("/feed", {
---   timeout = "5s", max_message = "1MB", headers = { Origin = "https://shop.test" },
---   query = { since = 17 }, cookies = { theme = "dark" }, name = "feed", tags = { kind = "push" },
--- })
--- ```
---@class lload.WebSocketOptions
--- Subprotocols that are offered, the best first. `socket.protocol` is what the server chose.
---@field protocols? string|string[]
--- The largest message that is accepted: bytes, or `"512kB"`, `"64MB"`. `http.max_body` if absent,
--- which is 64 MB. A larger one ends the WebSocket with the error `too_large` and tells the server
--- 1009.
---@field max_message? integer|string
--- The longest the handshake may take, connecting included; `http.timeout` if absent, which is 60
--- s. It is also how long `socket:receive` waits without a time of its own, and `socket:send` for a
--- server that takes nothing.
---@field timeout? lload.Duration
---@field params? table<string, string|number|boolean>
---@field query? string|table<string, string|number|boolean|(string|number|boolean)[]>
--- Header lines of the handshake. `Connection`, `Upgrade` and `Sec-WebSocket-…` are lload's own.
---@field headers? table<string, string|number|boolean>
---@field cookies? table<string, string|number|boolean>
---@field bearer? string
---@field basic? string|string[]
--- What the series of the handshake is called, `GET /path` if absent; tag `name` of all samples.
---@field name? string
---@field tags? table<string, string|number|boolean>

--- What `lload.ws.connect` returns. It belongs to its user; keep it in `vu`.
---@class lload.WebSocket
--- `"open"`; `"closing"`, while close frames are exchanged; or `"closed"`.
---@field state "open"|"closing"|"closed"
--- Of the answer to the handshake: 101 if it was one, 0 if there was none.
---@field status integer
--- Why there is no WebSocket: a [failure class](#lloadresponse) of requests, or `"status_403"` and
--- the like; or how it broke: `closed` (without a close frame), `reset`, `protocol`, `too_large`,
--- `timeout`. Nil where nothing failed.
---@field error? string
--- The same in words.
---@field detail? string
--- The address.
---@field url string
--- The subprotocol that was agreed on.
---@field protocol? string
--- What the server's close frame said: 1000 and so on, 1005 for none; 1006 if there was no close
--- frame. Nil before.
---@field close_code? integer
--- The words in the server's close frame.
---@field close_reason? string
local socket = {}

--- Sends a message. Waits while more than 64 kB are still to be sent before; a server that takes
--- nothing for the `timeout` of the WebSocket ends it with the error `timeout`.
---
--- ```lua journey
--- local socket = lload.ws.connect "/ws"
--- socket:send "text, which must be UTF-8"
--- socket:send("\0\1\255", { binary = true })
--- socket:send { type = "subscribe", ids = { 1, 2 } }
--- ```
---@param data string|table text; a table is sent as JSON
---@param options? lload.SendOptions
---@return boolean|nil ok true, or nil
---@return string? why `"closed"`, or the error
function socket:send(data, options) end

--- What `socket:send` takes.
---@class lload.SendOptions
--- A binary message. False if absent.
---@field binary? boolean

--- The next message, which may have come before. Waits for one.
---
--- ```lua journey
--- local socket = lload.ws.connect "/ws"
--- local message, why = socket:receive "1s"
--- while message do
---   lload.log.debug(message)
---   message, why = socket:receive "1s"
--- end
--- check(why, { ["ends in silence"] = function(w) return w == "timeout" end })
--- ```
---@param timeout? lload.Duration the WebSocket's own `timeout` if absent
---@return string|nil message
---@return boolean|string is_binary whether it is binary; without a message why: `"timeout"`,
--- `"closed"`, or the error
function socket:receive(timeout) end

--- Sends a ping and goes on. How long its pong takes goes to the trend `ws_ping`.
---
--- ```lua journey
--- local socket = lload.ws.connect "/ws"
--- socket:ping()
--- ```
---@return boolean|nil ok
---@return string? why
function socket:ping() end

--- Closes it and waits until the server has done so, too: 5 s at most, which is then the error
--- `timeout`. Messages that have not been received are lost.
---
--- ```lua journey
--- local socket = lload.ws.connect "/ws"
--- socket:close(1000, "that is all")
--- ```
---@param code? integer 1000 if absent; or 1001 to 1003, 1007 to 1014, 3000 to 4999
---@param reason? string at most 123 bytes
---@return boolean|nil ok true if it ended well, now or before
---@return string? why
function socket:close(code, reason) end
