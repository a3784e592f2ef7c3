--- Where the time of a run went: endpoints by their share, with their phases, bytes and cache hits.

local bottleneck = require "lload.analysis.bottleneck"
local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local text = require "lload.text"

local COLUMNS = {
  { title = "Endpoint" }, { title = "Share", number = true },
  { title = "Sent", number = true, optional = true },
  { title = "Received", number = true, optional = true },
  { title = "Cache hits", number = true, optional = true },
  { title = "Phases", prose = true },
}

local function row_of(one)
  local cells = bottleneck.cells(one)
  local sorts = { false, one.share, one.sent, one.received, one.cache_hits }
  for index = 2, 5 do cells[index] = { text = cells[index], sort = sorts[index] } end
  cells[1] = text.one_line(one.name)
  return cells
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local rows = {}
  for index, one in ipairs(bottleneck.endpoints(model)) do rows[index] = row_of(one) end
  local reuse = bottleneck.reuse(model)
  return markup.section(id .. "-bottleneck", "Where the time goes", {
    data_table.render { caption = "Where the time goes", columns = COLUMNS, rows = rows,
      sortable = true },
    reuse and #rows > 0 and markup.element("p", { class = "hint" },
      ("%.1f%% of the uses of a connection found it open."):format(reuse * 100)) or nil,
  })
end
