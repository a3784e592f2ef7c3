-- Writes the Lua modules named on the command line into one C table: OUTPUT DIR|FILE...
local output = arg[1]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function module_name(path)
  return (path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

--- A C array rather than a string literal: literals over 4095 bytes are not portable C11.
local function c_bytes(text)
  local lines = {}
  for i = 1, #text, 20 do
    local bytes = text:sub(i, i + 19):gsub(".", function(c) return c:byte() .. "," end)
    lines[#lines + 1] = "    " .. bytes
  end
  return table.concat(lines, "\n")
end

local arrays, rows = {}, {}
for i = 2, #arg do
  local dir, file = assert(arg[i]:match "^(.*)|(.*)$")
  local text = read(dir .. "/" .. file)
  assert(loadstring(text, "@" .. file))
  arrays[#arrays + 1] = ("static const unsigned char module_%d[] = {\n%s\n};\n"):format(
    i, c_bytes(text .. "\n"))
  rows[#rows + 1] = ("    {\"%s\", \"@lua/%s\", module_%d, sizeof module_%d},"):format(
    module_name(file), file, i, i)
end

local out = assert(io.open(output, "wb"))
out:write("/* Generated from lua/ by cmake/embed_lua.lua. */\n#include \"script/embedded.h\"\n\n",
  table.concat(arrays, "\n"),
  "\nconst struct embedded_module embedded_lua[] = {\n", table.concat(rows, "\n"),
  "\n    {NULL, NULL, NULL, 0},\n};\n")
out:close()
