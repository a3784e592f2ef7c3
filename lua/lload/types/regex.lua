---@meta _
-- Regular expressions.

---@class lload
local lload = {}

--- ## Finding values in text
---
--- `r:json` and `r:html` find values in JSON and HTML. In other text, Lua patterns do for most
--- things: `body:match "token=(%w+)"`. They are no regular expressions: there is no `|`, no group
--- that repeats or may be absent, and `-` is the shortest repetition. For all that there is
--- `lload.regex`.

--- A regular expression with the syntax and meaning of Perl's, by PCRE2. It is compiled once,
--- wherever it stands.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- local name = lload.regex([["name":\s*"(.*?)"]]):match(page.body)
--- local size = lload.regex("(\\d+) ?(kb|mb)", "i"):match "a file of 12 MB"
--- ```
---@param pattern string in `[[…]]` backslashes need not be doubled; a broken one raises
---@param flags? lload.RegexFlags
---@return lload.Regex regex
function lload.regex(pattern, flags) end

--- Letters: `i` ignores case, `m` lets `^` and `$` match at every line, `s` lets `.` match
--- newlines, `x` allows spaces and comments in the pattern, `u` reads UTF-8 instead of bytes.
---@alias lload.RegexFlags string

--- A compiled regular expression. A group that took no part in a match is `false`. What takes too
--- long is given up, after a million steps or about 0.1 s: no answer of a server can hold up a run.
---@class lload.Regex
local re = {}

--- The groups of the first match, or all of it if there are no groups.
---
--- ```lua journey
--- local major, minor = lload.regex([[(\d+)\.(\d+)]]):match "lload 0.1"
--- ```
---@param text string? nil, which is what a server did not send, is no match
---@param init? integer where to begin, as in `string.match`
---@return string|boolean|nil ... nil and perhaps a message if there is no match
function re:match(text, init) end

--- Where the first match is.
---
--- ```lua journey
--- local first, last = lload.regex("b+"):find "abbbc" -- 2, 4
--- ```
---@param text string?
---@param init? integer where to begin, as in `string.find`
---@return integer? first nil and perhaps a message if there is no match
---@return integer last
---@return string|boolean ... the groups
function re:find(text, init) end

--- Iterates over all matches; each gives what `match` does.
---
--- ```lua journey
--- for name, value in lload.regex([[(\w+)=(\w+)]]):gmatch "a=1&b=2" do
---   lload.log.debug(name, value)
--- end
--- ```
---@param text string?
---@return fun(): string|boolean, ... iterator ends early if matching takes too long
function re:gmatch(text) end
