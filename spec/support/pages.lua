--- The project's Markdown pages and the fenced blocks on them.
local sources = require "spec.support.sources"

local M = {}

local FOLDERS = { "docs", "examples" }

--- The paths of all pages.
function M.all()
  local found = { "README.md", "CHANGELOG.md" }
  for _, folder in ipairs(FOLDERS) do
    for _, path in ipairs(sources.files(folder, "%.md$")) do found[#found + 1] = path end
  end
  return found
end

--- The blocks in the text of a page: { place = "page:line", page, language, mark, text }. What
--- follows three backquotes is the language, then the mark.
function M.blocks_in(text, page)
  local found, block = {}, nil
  for number, line in ipairs(sources.lines(text)) do
    local info = line:match "^%s*```(.*)$"
    if info and block then
      block.text = table.concat(block, "\n")
      found[#found + 1], block = block, nil
    elseif info then
      local language, mark = info:match "^(%S*)%s*(.-)%s*$"
      block = { place = page .. ":" .. number, page = page, language = language, mark = mark }
    elseif block then
      block[#block + 1] = line
    end
  end
  return found
end

--- The blocks of all pages in one of these languages.
function M.blocks(...)
  local wanted, found = {}, {}
  for _, language in ipairs { ... } do wanted[language] = true end
  for _, page in ipairs(M.all()) do
    for _, block in ipairs(M.blocks_in(sources.read(page), page)) do
      if wanted[block.language] then found[#found + 1] = block end
    end
  end
  return found
end

return M
