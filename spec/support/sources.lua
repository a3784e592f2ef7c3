--- The project's own source files, for the specs that read code instead of running it.
local lfs = require "lfs"

local M = {}

--- The whole text of a file, or nil if there is none.
function M.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

local function add_files(folder, pattern, list)
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    local mode = lfs.attributes(path, "mode")
    if mode == "directory" and name:sub(1, 1) ~= "." then
      add_files(path, pattern, list)
    elseif mode == "file" and name:find(pattern) then
      list[#list + 1] = path
    end
  end
  return list
end

--- All files below a folder whose names match, sorted.
function M.files(folder, pattern)
  local list = add_files(folder, pattern, {})
  table.sort(list)
  return list
end

local function spaces(text) return (text:gsub("[^\n]", " ")) end

--- C code with comments and the insides of literals blanked out; lines and columns stay.
function M.c_code(text)
  local out, at = {}, 1
  while at <= #text do
    local from = text:find("[/\"']", at)
    if not from then break end
    local first, two = text:sub(from, from), text:sub(from, from + 1)
    local last
    if two == "/*" then
      last = select(2, text:find("*/", from + 2, true)) or #text
    elseif two == "//" then
      last = (text:find("\n", from, true) or #text + 1) - 1
    elseif first ~= "/" then
      last = from + 1
      while last <= #text and text:sub(last, last) ~= first do
        last = last + (text:sub(last, last) == "\\" and 2 or 1)
      end
    end
    out[#out + 1] = text:sub(at, from - 1)
    out[#out + 1] = last and spaces(text:sub(from, last)) or first
    at = (last or from) + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

--- The number of the line at a byte.
function M.line_of(text, at)
  return select(2, text:sub(1, at - 1):gsub("\n", "")) + 1
end

--- The lines of a text, numbered from 1.
function M.lines(text)
  local list = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch "(.-)\n" do
    list[#list + 1] = line
  end
  return list
end

return M
