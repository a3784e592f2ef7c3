--- Lays expressions out in lines of at most 100 columns: on one line if they fit, else one item a
--- line.
--
-- A node is text that stays in one piece, or `{ open, items, close }` whose items are
-- `{ label, node }`, or `{ parts }`: texts that `..` joins.

local text = require "lload.text"

local M = {}

M.WIDTH = 100
local INDENT = "  "

---@param open string
---@param items table[] { label, node }
---@param close string
function M.group(open, items, close) return { open = open, items = items, close = close } end

local function is_tight(node) return node.open:find "%($" ~= nil end

--- The node on one line.
---@param node string|table
---@return string
function M.flat(node)
  if type(node) == "string" then return node end
  if node.parts then return table.concat(node.parts, " .. ") end
  local items = {}
  for index, item in ipairs(node.items) do items[index] = item[1] .. M.flat(item[2]) end
  if #items == 0 then return node.open .. node.close end
  local space = is_tight(node) and "" or " "
  return node.open .. space .. table.concat(items, ", ") .. space .. node.close
end

-- Whether a node fits behind what stands on its line; large ones are not even tried.
local function fits(node, used)
  local budget = M.WIDTH - used
  local function spend(part)
    if type(part) == "string" then
      budget = budget - #part
    elseif part.parts then
      for _, piece in ipairs(part.parts) do spend(piece) end
    else
      for _, item in ipairs(part.items) do
        budget = budget - #item[1]
        spend(item[2])
        if budget < -M.WIDTH then return end
      end
    end
  end
  spend(node)
  return budget >= -M.WIDTH and text.width(M.flat(node)) <= M.WIDTH - used
end

local add

local function add_parts(lines, node, indent, prefix, suffix)
  for index, part in ipairs(node.parts) do
    local before = index == 1 and indent .. prefix or indent .. INDENT .. ".. "
    lines[#lines + 1] = before .. part .. (index == #node.parts and suffix or "")
  end
end

local function add_group(lines, node, indent, prefix, suffix)
  lines[#lines + 1] = indent .. prefix .. node.open
  for index, item in ipairs(node.items) do
    local comma = (is_tight(node) and index == #node.items) and "" or ","
    add(lines, item[2], indent .. INDENT, item[1], comma)
  end
  lines[#lines + 1] = indent .. node.close .. suffix
end

function add(lines, node, indent, prefix, suffix)
  if type(node) == "string" or fits(node, #indent + text.width(prefix) + #suffix) then
    lines[#lines + 1] = indent .. prefix .. M.flat(node) .. suffix
  elseif node.parts then
    add_parts(lines, node, indent, prefix, suffix)
  else
    add_group(lines, node, indent, prefix, suffix)
  end
end

--- Appends a node as lines.
---@param lines string[]
---@param node string|table
---@param indent string
---@param prefix string what stands before it on its first line
---@param suffix string what stands behind it on its last
function M.add(lines, node, indent, prefix, suffix) add(lines, node, indent, prefix, suffix) end

--- Appends a comment, broken into lines.
---@param lines string[]
---@param comment string one line
---@param indent string
function M.add_comment(lines, comment, indent)
  local room = M.WIDTH - #indent - 3
  local line = ""
  for word in comment:gmatch "%S+" do
    word = text.cut(word, room)
    if line ~= "" and text.width(line) + 1 + text.width(word) > room then
      lines[#lines + 1] = indent .. "-- " .. line
      line = "  " .. word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  if line ~= "" then lines[#lines + 1] = indent .. "-- " .. line end
end

return M
