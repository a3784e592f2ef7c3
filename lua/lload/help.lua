--- The help texts, made from the tables of options and exit codes.

local exit_codes = require "lload.exit_codes"
local options = require "lload.options"
local text = require "lload.text"

local M = {}

local function column_of(names)
  local width = 0
  for _, name in ipairs(names) do width = math.max(width, text.width(name)) end
  return width + 2
end

local function list(lines, rows)
  local names = {}
  for index, row in ipairs(rows) do names[index] = row[1] end
  local width = column_of(names)
  for _, row in ipairs(rows) do
    lines[#lines + 1] = "  " .. text.left(row[1], width) .. row[2]
  end
end

local function option_words(option)
  local words = (option.short and "-" .. option.short .. ", " or "    ") .. "--" .. option.name
  return option.value and words .. " " .. option.value or words
end

local function options_by_group(name)
  local order, groups = {}, {}
  for _, option in ipairs(options.of(name)) do
    if not groups[option.group] then
      groups[option.group] = {}
      order[#order + 1] = option.group
    end
    local help = option.many and option.help .. " (repeatable)" or option.help
    table.insert(groups[option.group], { option_words(option), help })
  end
  return order, groups
end

-- All groups share one column, so that the explanations stand in one line.
local function add_options(lines, name)
  local order, groups = options_by_group(name)
  local words = {}
  for _, group in ipairs(order) do
    for _, row in ipairs(groups[group]) do words[#words + 1] = row[1] end
  end
  local width = column_of(words)
  for _, group in ipairs(order) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = group .. ":"
    for _, row in ipairs(groups[group]) do
      lines[#lines + 1] = "  " .. text.left(row[1], width) .. row[2]
    end
  end
end

--- What lload is and which commands it has.
---@return string
function M.overview()
  local lines = {
    "lload: load tests written in Lua", "", "Usage: lload COMMAND [options]", "", "Commands:",
  }
  local rows = {}
  for _, command in ipairs(options.commands) do
    local words = command.usage == "" and command.name or command.name .. " " .. command.usage
    rows[#rows + 1] = { words, command.summary }
  end
  list(lines, rows)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "First steps:  lload new checkout.lua  ·  lload check checkout.lua  ·  "
    .. "lload run checkout.lua"
  lines[#lines + 1] = "lload help COMMAND explains a command, lload help exit-codes the exit codes."
  return table.concat(lines, "\n") .. "\n"
end

--- What one command does and takes.
---@param command lload.Command
---@return string
function M.command(command)
  local usage = command.usage == "" and "" or " " .. command.usage
  local lines = {
    ("lload %s: %s"):format(command.name, command.summary), "",
    ("Usage: lload %s%s"):format(command.name, usage),
  }
  if command.detail then
    lines[#lines + 1] = ""
    lines[#lines + 1] = command.detail
  end
  add_options(lines, command.name)
  return table.concat(lines, "\n") .. "\n"
end

--- The exit codes, in order of precedence.
---@return string
function M.exit_codes()
  local lines = {
    "Exit codes of lload. When several apply, over all files, the first here is the one:", "",
  }
  local rows = {}
  for index, row in ipairs(exit_codes.table) do
    rows[index] = { tostring(row.code), row.meaning }
  end
  list(lines, rows)
  return table.concat(lines, "\n") .. "\n"
end

return M
