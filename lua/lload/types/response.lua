---@meta _
-- What comes back.

--- ## Responses

--- What a request returns. It never raises for what the network or the server did: then `status` is
--- 0 and `error` says what happened.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- if page.error then
---   lload.log.warn("no answer:", page.error, page.error_message)
--- elseif page.timings.waiting > 500 then
---   lload.log.info("a slow page:", page.timings.waiting, "ms")
--- end
--- ```
---@class lload.Response
--- The status, 0 if there was no complete answer.
---@field status integer
--- A complete answer whose status was expected (200 to 399, or option `expect`).
---@field ok boolean
--- Why there was no answer: `timeout` `refused` `unreachable` `reset` `closed` `dns` `tls`
--- `protocol` `decoding` `too_large` `too_many_redirects` `cut_off` `other`; nil if there was one.
---@field error? string
--- The same in words.
---@field error_message? string
--- Headers by name, whatever its case. Several of one name are joined with `", "`, those of
--- `Set-Cookie` with a newline. `pairs` gives the names in lower case.
---@field headers table<string, string>
--- The decoded body, made a Lua string when it is first read. `""` without one; nil if it was
--- discarded (`discard_body`).
---@field body? string
--- The address that was asked, after redirects the last one.
---@field url string
--- The redirects that were followed, in order: who redirected, and with which status.
---@field hops lload.Hop[]
--- What it came with: `"HTTP/1.0"`, `"HTTP/1.1"` or `"h2"`; nil if there was none.
---@field proto? string
--- The name under which the request was counted.
---@field name string
--- Where the time went.
---@field timings lload.Timings
local r = {}

--- The body as JSON, or one value in it. Only what is asked for is decoded. JSON null reads as nil,
--- half of a surrogate pair as U+FFFD; of members with one name the last counts.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- local id = page:json "products[1].id"   -- indices count from 1
--- local all = page:json().products
--- local nothing, why = page:json "no.such[3].field"
--- ```
---@param path? string keys and indices such as `items[2].id`; the whole document if absent
---@return any value nil if the body is not JSON, or there is no such value
---@return string? message why it is nil
function r:json(path) end

--- The body as HTML: its elements, links and forms, CSRF tokens among them.
---
--- ```lua journey
--- local page = http.get("/api/v1/products"):html()
--- local token = page:hidden "csrf"
--- ```
---@return lload.Html page without elements if the body is something else
function r:html() end

--- Ends the iteration unless the status is as wanted. That is no script error: it is counted in
--- `iterations_failed` with its reason, and the next iteration follows.
---
--- ```lua journey
--- local login = http.post("/api/login", { json = { email = "ada@example.com" } })
--- vu.token = login:expect(200):json "token"
--- ```
---@param statuses lload.Statuses
---@return lload.Response response the response itself
function r:expect(statuses) end

--- A redirect that was followed.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- for _, hop in ipairs(page.hops) do lload.log.info(hop.status, "by", hop.url) end
--- ```
---@class lload.Hop
---@field status integer
---@field url string

--- Phases of a request, in milliseconds. A phase that did not happen is 0.
---@class lload.Timings
--- Sending, waiting and receiving together. For a timeout, all the time until then.
---@field duration number
--- Until the request could start.
---@field blocked number
--- DNS.
---@field looking_up number
--- TCP.
---@field connecting number
--- TLS.
---@field tls_handshaking number
--- Sending the request.
---@field sending number
--- From then to the first byte of the answer.
---@field waiting number
--- From then to the last byte.
---@field receiving number
