--- The health of the load generator: what lload measured of itself, beside its limits.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local reader = require "lload.reader"
local units = require "lload.units"
local validity = require "lload.validity"

local COLUMNS = {
  { title = "Figure" }, { title = "Check" }, { title = "Verdict" },
  { title = "Value", number = true }, { title = "Suspect above", number = true },
  { title = "Invalid above", number = true }, { title = "What it means", prose = true },
}

local FACT_COLUMNS = { { title = "Figure" }, { title = "Value", number = true } }

-- Figures carry their unit in their name.
local function show(field, value)
  if value == nil then return "" end
  if field:find "_ms$" then return units.format_ms(value) end
  if field:find "_share$" or field == "busiest_worker" then return units.format_share(value) end
  return units.format_number(value) .. (field:find "_ns$" and " ns" or "")
end

local function verdict_of(check, value)
  if value <= check.suspect then return markup.badge("pass", "OK") end
  return markup.badge("warn", "HIGH")
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local health, rows, facts, checked = model.generator or {}, {}, {}, {}
  for _, check in ipairs(validity.CHECKS) do
    local value = health[check.field]
    checked[check.field] = true
    if type(value) == "number" then
      rows[#rows + 1] = {
        check.field, check.code, verdict_of(check, value),
        { text = show(check.field, value), sort = value }, show(check.field, check.suspect),
        show(check.field, check.invalid), check.hint,
      }
    end
  end
  for _, field in ipairs(reader.sorted_keys(health)) do
    if not checked[field] and type(health[field]) == "number" then
      facts[#facts + 1] = { field, show(field, health[field]) }
    end
  end
  return markup.section(id .. "-generator", "Generator health", {
    data_table.render { caption = "Checks of the generator", columns = COLUMNS, rows = rows,
      sortable = true },
    data_table.render { caption = "More figures of the generator", columns = FACT_COLUMNS,
      rows = facts },
  })
end
