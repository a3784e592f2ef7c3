--- What `lload new` writes: a scenario that runs and explains itself, and what an editor needs to
--- complete and check it.

local suggest = require "lload.suggest"

local M = {}

--- The templates of `--template`, by name, each a module with its text; the first is the default.
M.TEMPLATES = {
  { name = "starter", module = "lload.template.starter" },
  { name = "minimal", module = "lload.template.minimal" },
  { name = "checkout", module = "lload.template.checkout" },
  { name = "api", module = "lload.template.api" },
  { name = "arrival-rate", module = "lload.template.arrival_rate" },
  { name = "soak", module = "lload.template.soak" },
}

--- The folder of annotations, beside the scenario.
M.LIBRARY = ".lload"

--- Settings for the Lua language server.
M.LUARC = ([==[
{
  "runtime.version": "LuaJIT",
  "workspace.library": ["%s"],
  "workspace.checkThirdParty": false
}
]==]):format(M.LIBRARY)

local TYPES = "lload.types."

--- The annotations, by the names of their files.
---@param engine table lload.engine
---@return table<string, string>
function M.annotations(engine)
  local files = {}
  for name, text in pairs(engine.embedded(TYPES)) do
    files[name:sub(#TYPES + 1) .. ".lua"] = text:gsub("\n+$", "\n")
  end
  return files
end

--- The names of the templates, in order.
---@return string[]
function M.template_names()
  local names = {}
  for index, template in ipairs(M.TEMPLATES) do names[index] = template.name end
  return names
end

local function template_of(name)
  for _, template in ipairs(M.TEMPLATES) do
    if template.name == name then return template end
  end
  return nil
end

--- Is there a template of this name? For the option.
---@param name string
---@return string|nil name
---@return string|nil message
function M.known_template(name)
  if template_of(name) then return name end
  local names = M.template_names()
  local hint = suggest.hint(name, names)
  if hint == "" then hint = "; there are " .. table.concat(names, ", ") end
  return nil, ('"%s" is no template%s'):format(name, hint)
end

--- A template with the name of its own file in the comments.
---@param file string
---@param name? string of the template, the first if absent
---@return string
function M.scenario(file, name)
  local text = require((name and template_of(name) or M.TEMPLATES[1]).module)
  return (text:gsub("scenario%.lua", (file:gsub("%%", "%%%%"))))
end

return M
