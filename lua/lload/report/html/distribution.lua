--- How response times are distributed: from the fastest to the slowest on a logarithmic axis, where
--- each nine more of the percentile has the same room.

local chart = require "lload.report.html.chart"
local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"

-- What is known of a trend when the result holds no finer distribution.
local COARSE = {
  { 0, "min" }, { 50, "med" }, { 90, "p(90)" }, { 95, "p(95)" }, { 99, "p(99)" },
  { 99.9, "p(99.9)" }, { 100, "max" },
}

local function coarse(trend)
  local list = {}
  for _, row in ipairs(trend and COARSE or {}) do
    if trend[row[2]] then list[#list + 1] = { row[1], trend[row[2]] } end
  end
  return list
end

local function points_of(model)
  local fine = model.distribution
  return fine and #fine > 0 and fine or coarse(model.metrics.http_req_duration)
end

-- 99.9993 needs its digits, 50 does not.
local function percentile(value) return tonumber(("%.7g"):format(value)) end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local points, rows = points_of(model), {}
  if #points == 0 then return nil end
  for index, point in ipairs(points) do
    rows[index] = { percentile(point[1]), data_table.rounded(point[2]) }
  end
  local name = id .. "-percentiles"
  return markup.section(id .. "-distribution", "Latency distribution", {
    chart.render(id .. "-distribution-chart", {
      title = "Response time by percentile", y = "response time", unit = "ms",
      x = { { key = "percentile", label = "percentile", scale = "percentile" } },
      series = { { table = name, key = "ms", label = "response time", colour = "load",
        style = "area" } },
    }),
    markup.details("Data of this chart", data_table.render {
      id = name, caption = "Percentiles of http_req_duration", rows = rows,
      columns = {
        { title = "Percentile", key = "percentile", number = true },
        { title = "Response time (ms)", key = "ms", number = true },
      },
    }),
  })
end
