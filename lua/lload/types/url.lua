---@meta _
-- Addresses, taken apart and put together.

---@class lload
local lload = {}

--- ## Addresses
---
--- What a request takes as `params` and `query` is encoded for you. These functions are for links
--- and addresses that a server sends.

--- Addresses by RFC 3986.
---@class lload.url
lload.url = {}

--- The parts of an address. Absent parts are nil.
---@class lload.Url
--- In lower case, such as `https`.
---@field scheme? string
--- What stands before the `@`.
---@field userinfo? string
--- In lower case, an IPv6 address without its brackets.
---@field host? string
---@field port? integer
--- As it is written, with its escapes. `""` if there is none.
---@field path string
--- Names and values, decoded; a repeated name has a list.
---@field query? table<string, string|string[]>
--- As it is written, without the `#`.
---@field fragment? string

--- Takes an address apart, a whole one or a relative one.
---
--- ```lua journey
--- local next_page = lload.url.parse "http://shop.test/api/v1/products?page=2"
--- http.get(next_page.path, { query = { page = next_page.query.page } })
--- ```
---@param text string
---@return lload.Url? parts nil if the host or the port is not valid
---@return string? message why it is nil
function lload.url.parse(text) end

--- Puts an address together. What may not stand in it is percent-encoded; a `%` in the path is
--- taken for an escape.
---
--- ```lua journey
--- local url = lload.url.parse "/api/v1/products?page=2"
--- url.query.page = 3
--- http.get(lload.url.build(url))
--- ```
---@param parts lload.Url `query` may be text as well; unknown parts raise
---@return string url
function lload.url.build(parts) end

--- Where a link leads that was found on a page (RFC 3986, section 5).
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- http.get(lload.url.resolve(page.url, "products?page=2"))
--- ```
---@param base string the address of the page, such as `response.url`
---@param reference string the link as it is written: `../cart`, `?page=2`, `//other.test/`
---@return string? url nil if the base has no scheme, or one of them is no text
---@return string? message why it is nil
function lload.url.resolve(base, reference) end

--- Percent-encodes all but letters, digits and `- . _ ~`.
---
--- ```lua journey
--- http.get("/api/v1/products?page=" .. lload.url.encode "1")
--- ```
---@param text string
---@return string encoded
function lload.url.encode(text) end

--- Undoes percent-encoding. What is no escape stays as it is, so does `+`.
---
--- ```lua journey
--- local name = lload.url.decode "caf%C3%A9"
--- ```
---@param text string
---@return string decoded
function lload.url.decode(text) end

--- Names and values as a query, in the order of the names: what option `query` sends.
---
--- ```lua journey
--- http.get("/api/v1/products?" .. lload.url.query { page = 2, tag = { "new", "paid" } })
--- ```
---@param values table<string, string|number|boolean|(string|number|boolean)[]>
---@return string query without a `?`
function lload.url.query(values) end
