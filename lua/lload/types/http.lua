---@meta _
-- Sending requests: one, several at a time, and with options in common.

--- ## Requests
---
--- A request waits for its answer; other users run meanwhile. It works in journeys, `setup`,
--- `on_start`, `on_stop` and `teardown`, and not while the file loads.
---
--- The address is a path below `base_url`, or a whole URL. `:name` segments of the path are filled
--- in from `params`. Results are kept per name: `options.name`, else the method and the path as
--- written, without the query (`GET /api/orders/:id`). At most 500 names a run are told apart.
---
--- Answers compressed with gzip, deflate, br or zstd are decoded. `Accept-Encoding` is sent only
--- if you set it. `User-Agent` is `lload/VERSION` unless you set it.
---
--- Redirects (301, 302, 303, 307 and 308 with a `Location` of http or https) are followed. Each hop
--- is a sample of its own under the same name, its 3xx an expected status; the response, `expect`
--- and `timings` are those of the last answer, and the timeout is for all hops together. 303 turns
--- the method into GET, except HEAD; 301 and 302 turn POST into GET; all else keeps method and
--- body. At another scheme, host or port, `Authorization`, `Cookie` and `Host` of the script are
--- left out. To see a 3xx, follow none:
---
--- ```lua journey
--- local login = http.post("/api/login", {
---   json = { email = "ada@example.com" }, redirects = 0, expect = { 200, 302 },
--- })
--- if login.status == 302 then lload.log.info("it leads to", login.headers.location) end
--- ```

---@class lload
local lload = {}

--- The functions that send requests.
---@class lload.http
lload.http = {}

--- Sends a GET request.
---
--- ```lua journey
--- local page = http.get("/api/v1/products", { query = { page = 2 } })
--- local id = page:json "products[1].id"
--- local product = http.get("/api/v1/products/:id", { params = { id = id } })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.get(url, options) end

--- Sends a HEAD request. The response has no body.
---
--- ```lua journey
--- local head = http.head("/api/v1/products", { expect = { 200, 405 } })
--- local length = head.headers["Content-Length"]
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.head(url, options) end

--- Sends a POST request. Without `json`, `form` or `body` its body is empty.
---
--- ```lua journey
--- local login = http.post("/api/login", { json = { email = "ada@example.com" } })
--- vu.token = login:json "token"
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.post(url, options) end

--- Sends a PUT request. Without `json`, `form` or `body` its body is empty.
---
--- ```lua journey
--- http.put("/api/orders/:id", {
---   params = { id = 1 },
---   json = { note = "gift" },
---   expect = { 200, 405 },
--- })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.put(url, options) end

--- Sends a PATCH request. Without `json`, `form` or `body` its body is empty.
---
--- ```lua journey
--- http.patch("/api/orders/:id", { params = { id = 1 }, body = "gift", expect = { 200, 405 } })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.patch(url, options) end

--- Sends a DELETE request.
---
--- ```lua journey
--- http.delete("/api/orders/:id", { params = { id = 1 }, expect = { 204, 405 } })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.delete(url, options) end

--- Sends an OPTIONS request.
---
--- ```lua journey
--- local allowed = http.options("/api/login", { expect = { 200, 405 } }).headers.allow
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.options(url, options) end

--- Sends a request with any method.
---
--- ```lua journey
--- http.request("PURGE", "/api/v1/products", { expect = 405 })
--- ```
---@param method string in capital letters, at most 16
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.request(method, url, options) end

--- Sends several requests of one user at the same time, as a browser does for a page, and waits for
--- all of them. Each is a sample of its own. A request is its address, or a table with the address
--- first, `method` (default GET) and the options of the request. Requests may have names; responses
--- have those of their requests, or are in their order.
---
--- ```lua journey
--- local page = http.batch {
---   list = "/api/v1/products",
---   item = { "/api/v1/products/:id", params = { id = 7 } },
---   login = { "/api/login", method = "POST", json = { email = "ada@example.com" } },
--- }
--- check(page.list, { ["the list is there"] = page.list.status == 200 })
--- ```
---@param requests table<string|integer, string|table> at most 1000
---@param limits? lload.BatchLimits
---@return table<string|integer, lload.Response> responses
function lload.http.batch(requests, limits) end

--- How many requests of a batch are under way at once; the next starts when one ends.
---@class lload.BatchLimits
--- In all; default 20.
---@field batch? integer
--- To one scheme, host and port; default 6, as browsers do, but for hosts that spoke HTTP/2: their
--- requests share a connection.
---@field per_host? integer

--- Requests that share an address, headers and other options. What a request gives itself goes
--- before; `headers`, `tags`, `query` and `params` are joined.
---
--- ```lua journey
--- local api = http.session {
---   headers = { ["Accept-Language"] = "de" }, tags = { team = "shop" }, name_prefix = "v1 ",
--- }
--- api.get "/api/v1/products" -- named "v1 GET /api/v1/products"
--- api.get("/api/v1/products/:id", { params = { id = 7 } })
--- ```
---@param defaults lload.SessionOptions
---@return lload.Session session
function lload.http.session(defaults) end

--- The options of a session: those of a request but for its body, and these.
---@class lload.SessionOptions: lload.RequestOptions
--- Where paths of the session lead, instead of the scenario's `base_url`.
---@field base_url? string
--- Stands before the name of each request.
---@field name_prefix? string

--- What `lload.http.session` returns: called with a dot, like `lload.http`.
---@class lload.Session
---@field get fun(url: string, options?: lload.RequestOptions): lload.Response
---@field head fun(url: string, options?: lload.RequestOptions): lload.Response
---@field post fun(url: string, options?: lload.RequestOptions): lload.Response
---@field put fun(url: string, options?: lload.RequestOptions): lload.Response
---@field patch fun(url: string, options?: lload.RequestOptions): lload.Response
---@field delete fun(url: string, options?: lload.RequestOptions): lload.Response
---@field options fun(url: string, options?: lload.RequestOptions): lload.Response
---@field request fun(method: string, url: string, options?: lload.RequestOptions): lload.Response
---@field stream fun(url: string, options?: lload.StreamOptions): lload.Stream
