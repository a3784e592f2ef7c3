--- A page of text that is being written: its lines, its width, its colours.

local columns = require "lload.report.columns"
local text = require "lload.text"
local units = require "lload.units"

local M = {}

local STYLE = { bold = "1", red = "31", green = "32", yellow = "33", dim = "2" }

---@class lload.Page
---@field INDENT string
---@field lines string[]
---@field width integer
---@field verbose boolean
---@field result string|nil where the JSON result was written
local Page = { INDENT = "  " }
Page.__index = Page

local function result_in(written)
  for _, path in ipairs(written or {}) do
    if path:match("%.json$") then return path end
  end
  return nil
end

--- An empty page.
---@param options lload.ConsoleOptions
---@return lload.Page
function M.new(options)
  return setmetatable({
    lines = {}, width = math.max(options.width or 100, 40), color = options.color,
    verbose = options.verbose, result = result_in(options.written),
  }, Page)
end

--- Text in a style, or as it is without colours.
---@param style string
---@param s string
---@return string
function Page:paint(style, s)
  return self.color and ("\27[%sm%s\27[0m"):format(STYLE[style], s) or s
end

--- Adds a line as it is.
---@param s string
function Page:line(s)
  self.lines[#self.lines + 1] = s
end

--- Starts a section.
---@param s string
function Page:heading(s)
  if #self.lines > 0 then self:line("") end
  self:line(self:paint("bold", s))
end

--- Adds text of the script or the server as one line, cut to the page.
---@param s string
---@param style? string
function Page:foreign(s, style)
  s = text.cut(self.INDENT .. text.one_line(s), self.width)
  self:line(style and self:paint(style, s) or s)
end

--- Adds a table.
---@param spec lload.Column[]
---@param rows string[][]
function Page:table(spec, rows)
  local rendered = columns.render(spec, rows, self.width - #self.INDENT)
  for _, line in ipairs(rendered) do self:line(self.INDENT .. line) end
end

--- Rows beyond the most are counted, not shown; -v shows all.
---@param rows any[]
---@param most integer
---@return any[] shown
---@return integer hidden
function Page:limit(rows, most)
  if self.verbose or #rows <= most then return rows, 0 end
  local kept = {}
  for index = 1, most do kept[index] = rows[index] end
  return kept, #rows - most
end

--- Says how many rows are not shown.
---@param hidden integer
function Page:more(hidden)
  if hidden > 0 then
    local how = self.result and ("lload report %s -v"):format(text.one_line(self.result))
      or "-v shows all"
    self:line(text.cut(("%s… and %s more (%s)"):format(self.INDENT, units.count(hidden), how),
      self.width))
  end
end

return M
