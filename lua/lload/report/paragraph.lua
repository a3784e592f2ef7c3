--- Prose on a page: whole sentences, broken between words instead of cut.

local text = require "lload.text"

local M = {}

--- Adds a text, broken into as many lines as it needs.
---@param page lload.Page
---@param prose string of the script or the server
---@param style? string
function M.add(page, prose, style)
  local line = ""
  local function flush()
    if line == "" then return end
    line = text.cut(page.INDENT .. line, page.width)
    page:line(style and page:paint(style, line) or line)
    line = ""
  end
  for word in text.one_line(prose):gmatch("%S+") do
    local longer = line == "" and word or line .. " " .. word
    if text.width(page.INDENT .. longer) > page.width then
      flush()
      line = word
    else
      line = longer
    end
  end
  flush()
end

return M
