---@meta _
-- Reading an answer while it comes.

--- ## Streams

---@class lload
local lload = {}
lload.http = {}

--- Opens a stream: a request whose answer is read while it comes, as server-sent events or lines.
--- Returns when the headers are there, or when there are none. All options of a request but
--- `max_body` hold; `timeout` ends with the headers, redirects are followed before.
---
--- The server has to wait while the script does not read: at most about 300 kB are kept. A stream
--- belongs to its user, and is closed with the iteration at the latest. Closing it is no failure,
--- nor is the end of the run; what the server or the network breaks off is. `Accept` is
--- `text/event-stream` and `Accept-Encoding` is `identity` unless `headers` says otherwise; a
--- compressed stream fails as `decoding`.
---
--- ```lua journey
--- local events = http.stream("/api/v1/events", { bearer = vu.token })
--- for event in events:events "30s" do -- ends when there was none for 30 s
---   if event.event == "order_shipped" then break end
--- end
--- events:close()
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.StreamOptions
---@return lload.Stream stream
function lload.http.stream(url, options) end

--- The options of a stream: those of a request, and these.
---@class lload.StreamOptions: lload.RequestOptions
--- In capital letters; `"GET"` if absent.
---@field method? string
--- How large an event or a line may be; 1 MB if absent. A larger one ends the stream as
--- `too_large`.
---@field max_event? integer|string

--- What `lload.http.stream` returns. It never raises for what the network or the server did.
---@class lload.Stream
--- The status, 0 if there were no headers.
---@field status integer
--- The headers came, and their status was expected (200 to 399, or option `expect`).
---@field ok boolean
--- It is neither closed nor at its end.
---@field is_open boolean
--- Why it ended, or never began, as [lload.Response](#lloadresponse) has it; nil if it is open,
--- ended well or was closed.
---@field error? string
--- The same in words.
---@field error_message? string
--- As those of a response.
---@field headers table<string, string>
---@field proto? string
---@field url string
---@field hops lload.Hop[]
---@field name string
--- Until the headers came.
---@field timings lload.Timings
local s = {}

--- The next server-sent event. What does not end with an empty line when the stream does is no
--- event.
---
--- ```lua journey
--- local event, why = http.stream("/api/v1/events"):next(5)
--- check(event, { ["an event within 5 s"] = event ~= nil })
--- ```
---@param timeout? lload.Duration how long to wait; for good if absent
---@return lload.StreamEvent? event
---@return string? why there is none: `"timeout"` (it may come later), `"closed"`, or as `error`
function s:next(timeout) end

--- The next line, without its end. At the end of the stream that is what nothing ended.
---
--- ```lua journey
--- local stream = http.stream("/api/v1/products", { headers = { Accept = "application/json" } })
--- local line = stream:next_line "5s"
--- ```
---@param timeout? lload.Duration how long to wait; for good if absent
---@return string? line
---@return string? why as in `next`
function s:next_line(timeout) end

--- Iterates over the events; ends where `next` would return nil.
---
--- ```lua not run: wants a server that sends events
--- for event in http.stream("/api/v1/events"):events "10s" do
---   lload.log.info(event.event, event.id, event.data)
--- end
--- ```
---@param timeout? lload.Duration how long to wait for each
---@return fun(): lload.StreamEvent? iterator
function s:events(timeout) end

--- Iterates over the lines; ends where `next_line` would return nil.
---
--- ```lua journey
--- for line in http.stream("/api/v1/products"):lines() do
---   lload.log.debug(#line, "bytes")
--- end
--- ```
---@param timeout? lload.Duration how long to wait for each
---@return fun(): string? iterator
function s:lines(timeout) end

--- Ends the iteration unless the status is as wanted, as [r:expect](#rexpectstatuses) does.
---
--- ```lua journey
--- local stream = http.stream("/api/v1/products"):expect(200)
--- ```
---@param statuses lload.Statuses
---@return lload.Stream stream
function s:expect(statuses) end

--- Closes it; what was not read is lost. A request of HTTP/1.1 loses its connection, one of HTTP/2
--- only its stream.
---
--- ```lua journey
--- local stream = http.stream "/api/v1/products"
--- local first = stream:next_line()
--- stream:close()
--- ```
function s:close() end

--- A server-sent event, by the rules of the HTML standard.
---@class lload.StreamEvent
--- Its type, `"message"` if the server gave none.
---@field event string
--- Its lines, joined with newlines.
---@field data string
--- The last `id` so far, `""` without one.
---@field id string
--- The last `retry` so far: after how many ms the server wants a client to come again.
---@field retry? integer
