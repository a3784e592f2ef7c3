--- Reads a page of metrics: Prometheus text format 0.0.4, and OpenMetrics as far as it is alike.
--
-- The page comes from a server, so nothing of it is trusted: a line that is no sample is counted
-- and passed over, what is too long or too much is left out, and nothing here raises. Timestamps
-- and exemplars are passed over: a scrape is of the moment it was made.
--
-- * https://prometheus.io/docs/instrumenting/exposition_formats/
-- * https://prometheus.io/docs/specs/om/open_metrics_spec/

local M = {}

-- More than large exporters have; a page beyond it is read as far as that.
local MOST_BYTES = 16 * 1024 * 1024
local MOST_LINES = 200000
local LONGEST_LINE = 16384
local LONGEST_NUMBER = 64
local MOST_LABELS = 64

---@class lload.Sample
---@field name string
---@field labels table<string, string>
---@field value number may be NaN or infinite

---@class lload.MetricsPage
---@field samples lload.Sample[]
---@field types table<string, string> by the name of the family
---@field unreadable integer lines that are neither sample nor comment
---@field truncated boolean whether the page goes on where reading stopped

local SPECIAL = {
  nan = 0 / 0, ["+nan"] = 0 / 0, ["-nan"] = 0 / 0, inf = math.huge, ["+inf"] = math.huge,
  ["-inf"] = -math.huge, infinity = math.huge, ["+infinity"] = math.huge,
  ["-infinity"] = -math.huge,
}

-- Decimal numbers only; tonumber alone would take 0x10 as well.
local function number_of(text)
  if #text > LONGEST_NUMBER then return nil end
  if text:match("^[+-]?%.?%d[%d.]*[eE]?[+-]?%d*$") then return tonumber(text) end
  return SPECIAL[text:lower()]
end

local ESCAPED = { n = "\n", ["\\"] = "\\", ['"'] = '"' }

local function unescape(value)
  if not value:find("\\", 1, true) then return value end
  return (value:gsub("\\(.)", function(c) return ESCAPED[c] or "\\" .. c end))
end

-- Where the quoted value ends that begins at `from`: its quote, not one behind a backslash.
local function closing_quote(line, from)
  local at = from
  while true do
    local found = line:find('["\\]', at)
    if not found then return nil end
    if line:byte(found) == 34 then return found end
    at = found + 2
  end
end

-- The labels from behind the brace, and the place behind the closing one; nil when there is none.
local function read_labels(line, at)
  local labels, count = {}, 0
  while true do
    local closed = line:match("^[ \t,]*}()", at)
    if closed then return labels, closed end
    local name, from = line:match('^[ \t,]*([%a_][%w_]*)[ \t]*=[ \t]*"()', at)
    local quote = name and closing_quote(line, from)
    count = count + 1
    if not quote or count > MOST_LABELS then return nil end
    labels[name], at = unescape(line:sub(from, quote - 1)), quote + 1
  end
end

--- Reads one line of a sample; nil when it is none.
---@param line string
---@return lload.Sample|nil
function M.sample(line)
  local name, at = line:match("^[ \t]*([%a_:][%w_:]*)[ \t]*()")
  if not name then return nil end
  local labels = {}
  if line:byte(at) == 123 then
    labels, at = read_labels(line, at + 1)
    if not labels then return nil end
  end
  local value = number_of(line:match("^[ \t]*([^ \t]+)", at) or "")
  if not value then return nil end
  return { name = name, labels = labels, value = value }
end

local function read_line(page, line)
  local family, kind = line:match("^#[ \t]*TYPE[ \t]+([%a_:][%w_:]*)[ \t]+(%a+)")
  if family then
    page.types[family] = kind:lower()
  elseif line:byte(1) ~= 35 and line:find("[^ \t]") then
    local sample = M.sample(line)
    if sample then
      page.samples[#page.samples + 1] = sample
    else
      page.unreadable = page.unreadable + 1
    end
  end
end

--- Reads a page. Anything but text is an empty page.
---@param body any
---@return lload.MetricsPage
function M.parse(body)
  local page = { samples = {}, types = {}, unreadable = 0, truncated = false }
  if type(body) ~= "string" then return page end
  local at, lines = 1, 0
  while at <= math.min(#body, MOST_BYTES) and lines < MOST_LINES do
    local stop = body:find("\n", at, true) or #body + 1
    if stop - at > LONGEST_LINE then
      page.unreadable = page.unreadable + 1
    else
      read_line(page, (body:sub(at, stop - 1):gsub("\r$", "")))
    end
    at, lines = stop + 1, lines + 1
  end
  page.truncated = at <= #body
  return page
end

--- What kind of metric a sample is of; nil when the page does not say.
---@param page lload.MetricsPage
---@param name string
---@return string|nil
function M.type_of(page, name)
  return page.types[name] or page.types[name:gsub("_total$", "")]
    or page.types[name:gsub("_count$", "")] or page.types[name:gsub("_sum$", "")]
    or page.types[name:gsub("_bucket$", "")]
end

return M
