--- Reads the command line: which command, which files, which options; knows no option by name.

local options = require "lload.options"
local suggest = require "lload.suggest"

local M = {}

---@class lload.Request
---@field command string
---@field files string[]
---@field given table<string, any> option key → its text, a list of texts, or true
---@field topic? string of help

-- The words of one command: long and short names to their rows.
local function vocabulary(command)
  local words, long_names = {}, {}
  for _, option in ipairs(options.of(command)) do
    words["--" .. option.name] = option
    long_names[#long_names + 1] = "--" .. option.name
    if option.short then words["-" .. option.short] = option end
  end
  return words, long_names
end

local function known_elsewhere(word)
  local commands = {}
  for _, option in ipairs(options.table) do
    if word == "--" .. option.name or word == "-" .. (option.short or "-") then
      for _, command in ipairs(option.commands) do commands[#commands + 1] = command end
    end
  end
  return #commands > 0 and (" (an option of %s)"):format(table.concat(commands, ", ")) or ""
end

local function unknown_option(word, parser)
  local hint = suggest.hint(word, parser.long_names)
  if hint == "" then hint = known_elsewhere(word) end
  return nil, ("unknown option %s%s"):format(word, hint)
end

local function keep(parser, option, value)
  local key = options.key(option)
  if option.many then
    local list = parser.given[key] or {}
    list[#list + 1] = value
    parser.given[key] = list
  else
    parser.given[key] = value
  end
  return true
end

-- The value of an option that stands in the next argument; another option there is a mistake.
local function next_value(parser, word, option)
  local value = parser.argv[parser.position + 1]
  local is_option = value and (parser.words[value] or parser.words[value:match("^(%-%-[^=]+)=")])
  if value == nil or is_option or value == "--" then
    return nil, ("option %s needs a value: %s %s"):format(word, word, option.value)
  end
  parser.position = parser.position + 1
  return value
end

-- More values of an option that takes several: those that follow, up to the next option.
local function following_values(parser, option)
  local values = {}
  while #values + 1 < option.takes do
    local value = parser.argv[parser.position + 1]
    if value == nil or value:sub(1, 1) == "-" then break end
    parser.position = parser.position + 1
    values[#values + 1] = value
  end
  return values
end

local function take(parser, word, option, value)
  if not option.value then
    if value then return nil, ("option %s takes no value"):format(word) end
    return keep(parser, option, true)
  end
  local message
  if value == nil then value, message = next_value(parser, word, option) end
  if value == nil then return nil, message end
  keep(parser, option, value)
  for _, more in ipairs(option.takes and following_values(parser, option) or {}) do
    keep(parser, option, more)
  end
  return true
end

local function take_long(parser, argument)
  local word, value = argument:match("^(%-%-[^=]+)=(.*)$")
  word = word or argument
  local option = parser.words[word]
  if not option then return unknown_option(word, parser) end
  return take(parser, word, option, value)
end

-- Short options: `-u 5`, `-u5`, `-u=5`, and flags together as in `-qv`.
local function take_short(parser, argument)
  local letters = argument:sub(2)
  while letters ~= "" do
    local word = "-" .. letters:sub(1, 1)
    local option = parser.words[word]
    if not option then return unknown_option(#argument > 2 and argument or word, parser) end
    local rest = letters:sub(2)
    if option.value then
      return take(parser, word, option, rest ~= "" and rest:gsub("^=", "") or nil)
    end
    local ok, message = take(parser, word, option, rest:match("^=(.*)$"))
    if not ok then return nil, message end
    letters = rest
  end
  return true
end

local function parse_arguments(parser)
  local only_files = false
  while parser.position < #parser.argv do
    parser.position = parser.position + 1
    local argument = parser.argv[parser.position]
    local ok, message = true, nil
    if only_files or argument == "-" or argument:sub(1, 1) ~= "-" then
      parser.files[#parser.files + 1] = argument
    elseif argument == "--" then
      only_files = true
    elseif argument:sub(1, 2) == "--" then
      ok, message = take_long(parser, argument)
    else
      ok, message = take_short(parser, argument)
    end
    if not ok then return nil, message end
  end
  return true
end

local function check_files(command, files)
  local count, accepts = #files, command.files
  if count == 0 and (accepts == "many" or accepts == "one") then
    return nil, ("lload %s needs a file: lload %s %s"):format(
      command.name, command.name, command.usage)
  elseif count > 0 and accepts == "none" or count > 1 and accepts ~= "many"
    and accepts ~= "any" then
    return nil, ('unexpected argument "%s"; usage: lload %s %s'):format(
      files[accepts == "none" and 1 or 2], command.name, command.usage)
  end
  return true
end

local function unknown_command(word)
  local names = {}
  for _, command in ipairs(options.commands) do names[#names + 1] = command.name end
  local hint = suggest.hint(word, names)
  if hint == "" and word:match("%.lua$") then
    hint = (', did you mean "lload run %s"?'):format(word)
  end
  local kind = word:sub(1, 1) == "-" and "option" or "command"
  if hint == "" then hint = "; lload help lists what there is" end
  return nil, ("unknown %s %s%s"):format(kind, word, hint)
end

local SHORTCUTS = {
  ["--help"] = "help", ["-h"] = "help", ["--version"] = "version", ["-V"] = "version",
}

--- Parses the arguments after the program's name.
---@param argv string[]
---@return lload.Request|nil
---@return string|nil message
function M.parse(argv)
  if argv[1] == nil then return nil, "name a command; lload help lists them" end
  local name = SHORTCUTS[argv[1]] or argv[1]
  local command = options.command(name)
  if not command then return unknown_command(name) end
  local words, long_names = vocabulary(name)
  local parser = {
    argv = argv, position = 1, words = words, long_names = long_names, given = {}, files = {},
  }
  local ok, message = parse_arguments(parser)
  if not ok then return nil, message end
  if parser.given.help then return { command = "help", topic = name, files = {}, given = {} } end
  ok, message = check_files(command, parser.files)
  if not ok then return nil, message end
  return {
    command = name, files = parser.files, given = parser.given,
    topic = name == "help" and parser.files[1] or nil,
  }
end

return M
