---@meta _
-- Pages: elements, links and forms.

---@class lload
local lload = {}

--- ## Pages
---
--- An extractor, not a browser: tags, attributes, comments and scripts are read as browsers read
--- them, but a broken page is not repaired, and no script runs. An element reaches to its end tag,
--- or to that of an element around it. Character references are numbers, `&amp;`, `&lt;`, `&gt;`,
--- `&quot;`, `&apos;` and `&nbsp;`; others stay as they are. Of a page with more than 100,000
--- elements the rest is not seen; lists end after 1,000 entries, texts after 64 kB.
---
--- A selector is a tag or `*` with any of `#id`, `.class`, `[name]` and `[name=value]` (also `~=`
--- `^=` `$=` `*=`), and several of these, separated by spaces, inside each other:
--- `form#login input[name="csrf"]`. Anything else raises.

--- HTML that came in another way than as the body of a response.
---
--- ```lua journey
--- local page = lload.html '<p>Your code is <b class="code">1234</b></p>'
--- local code = page:first ".code".text
--- ```
---@param text string
---@return lload.Html page
function lload.html(text) end

--- A page, see `r:html` and `lload.html`. What is not there is nil, or an empty list.
---@class lload.Html
local page = {}

--- An element of a page.
---@class lload.Element
--- In lower case.
---@field tag string
--- What is in it, without tags; white space counts as one space.
---@field text string
--- By name, in lower case. One without a value is `""`.
---@field attributes table<string, string>

--- The first element that fits.
---
--- ```lua journey
--- local page = lload.html '<meta name="csrf-token" content="a1b2">'
--- local token = page:first 'meta[name="csrf-token"]'.attributes.content
--- ```
---@param selector string
---@return lload.Element? element
function page:first(selector) end

--- All elements that fit.
---
--- ```lua journey
--- local page = lload.html "<ul><li>one<li>two</ul>"
--- for _, item in ipairs(page:all "ul li") do lload.log.debug(item.text) end
--- ```
---@param selector string
---@return lload.Element[] elements
function page:all(selector) end

--- The links: all `a` elements with a `href`.
---
--- ```lua journey
--- local r = http.get "/api/v1/products"
--- local link = random.pick(lload.html('<a href="products?page=2">next</a>'):links())
--- http.get(lload.url.resolve(r.url, link.href), { name = "next page" })
--- ```
---@return lload.Link[] links
function page:links() end

--- A link as it is written; `lload.url.resolve` says where it leads.
---@class lload.Link
---@field href string
---@field text string

--- The value of the first hidden field of that name.
---
--- ```lua journey
--- local page = lload.html '<form id=login><input type=hidden name=csrf value=a1b2></form>'
--- local token = page:hidden("csrf", "#login")
--- ```
---@param name string
---@param form? string a selector of the form; the whole page if absent
---@return string? value
function page:hidden(name, form) end

--- A form with all that a browser would send of it if nobody had changed anything: hidden fields,
--- texts, checked boxes, selected options; neither buttons nor files.
---
--- ```lua journey
--- local r = http.get "/api/v1/products"
--- local page = lload.html '<form method=post action=/api/login><input name=email></form>'
--- local form = page:form()
--- form.fields.email = "ada@example.com"
--- http.request(form.method, lload.url.resolve(r.url, form.action), { form = form.fields })
--- ```
---@param selector? string the first form if absent
---@return lload.Form? form
function page:form(selector) end

--- A form of a page.
---@class lload.Form
--- As it is written; `""` is the page itself.
---@field action string
---@field method "GET"|"POST"
--- Values by name, what option `form` or `query` of a request takes. A repeated name has a list.
---@field fields table<string, string|string[]>
