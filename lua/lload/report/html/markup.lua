--- HTML that cannot be broken out of: text is escaped here, and nowhere else.
--
-- A value that is already markup is a table { markup = … }, as the functions of this module return
-- it; every string that is handed to them is text of a script, a server or lload, and is escaped.

local text = require "lload.text"

local M = {}

---@class lload.Markup
---@field markup string

---@alias lload.Content string|number|lload.Markup|(string|number|lload.Markup)[]

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

-- Elements after which a line ends, so that people can read the source, and compare two of them.
local BLOCK = {}
for name in ([[article body caption details div dl figcaption figure footer h1 h2 h3 head header
  html li main meta nav p pre section summary table tbody thead title tr ul]]):gmatch "%S+" do
  BLOCK[name] = true
end

-- Elements without content.
local VOID = { meta = true, br = true }

--- Text as it stands in HTML: valid UTF-8 without control characters, special ones as entities.
---@param s string
---@return string
function M.escape(s)
  return (text.xml_safe(s):gsub("[&<>\"']", ENTITIES))
end

--- Markup as it is: for what this module cannot say, such as the assets.
---@param s string
---@return lload.Markup
function M.raw(s) return { markup = s } end

local function is_nothing(content)
  return content == nil or content == "" or type(content) == "table" and not content.markup
    and table.maxn(content) == 0
end

-- Lists have gaps where there is nothing to show.
local function add(parts, content)
  if content == nil then return end
  if type(content) ~= "table" then
    parts[#parts + 1] = M.escape(tostring(content))
  elseif content.markup then
    parts[#parts + 1] = content.markup
  else
    for index = 1, table.maxn(content) do add(parts, content[index]) end
  end
end

--- Any content as markup: a text, a number, markup, or a list of them.
---@param content lload.Content|nil
---@return lload.Markup
function M.join(content)
  local parts = {}
  add(parts, content)
  return { markup = table.concat(parts) }
end

-- In the order of their names, so that the same page is the same bytes.
local function attributes_of(attributes)
  local names = {}
  for name in pairs(attributes) do names[#names + 1] = name end
  table.sort(names)
  local parts = {}
  for index, name in ipairs(names) do
    local value = attributes[name]
    if value == true then
      parts[index] = " " .. name
    else
      parts[index] = value and (' %s="%s"'):format(name, M.escape(tostring(value))) or ""
    end
  end
  return table.concat(parts)
end

--- An element. An attribute that is true stands alone; false ones are left out.
---@param name string
---@param attributes table<string, string|number|boolean>|nil
---@param content? lload.Content
---@return lload.Markup
function M.element(name, attributes, content)
  local open = ("<%s%s>"):format(name, attributes_of(attributes or {}))
  local finish = (VOID[name] and "" or "</" .. name .. ">") .. (BLOCK[name] and "\n" or "")
  return { markup = open .. (VOID[name] and "" or M.join(content).markup) .. finish }
end

--- A section of the page with its heading; nothing without content.
---@param id string
---@param title string
---@param content lload.Content[]
---@return lload.Markup|nil
function M.section(id, title, content)
  if is_nothing(content) then return nil end
  return M.element("section", { id = id, ["aria-labelledby"] = id .. "-title" }, {
    M.element("h2", { id = id .. "-title" }, title), content,
  })
end

--- Lines that keep their shape: a traceback, an exchange.
---@param s string
---@return lload.Markup
function M.preformatted(s)
  return M.element("pre", { tabindex = 0 }, text.lines(s))
end

--- What is shown when somebody asks for it.
---@param summary string
---@param content lload.Content
---@return lload.Markup
function M.details(summary, content)
  return M.element("details", nil, { M.element("summary", nil, summary), content })
end

--- Names beside values, as a list; values that are absent are left out.
---@param rows { [1]: string, [2]: lload.Content|nil }[]
---@return lload.Markup|nil
function M.facts(rows)
  local parts = {}
  for _, row in ipairs(rows) do
    if not is_nothing(row[2]) then
      parts[#parts + 1] = M.element("div", nil,
        { M.element("dt", nil, row[1]), M.element("dd", nil, row[2]) })
    end
  end
  if #parts == 0 then return nil end
  return M.element("dl", { class = "facts" }, parts)
end

local WORD = { pass = "PASS", fail = "FAIL", warn = "WARN" }

--- A verdict as a word in its colour.
---@param kind "pass"|"fail"|"warn"
---@param word? string
---@return lload.Markup
function M.badge(kind, word)
  return M.element("span", { class = "badge " .. kind }, word or WORD[kind])
end

return M
