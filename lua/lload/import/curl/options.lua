--- What curl's options say, from the words of a command.

local M = {}

---@class lload.import.Curl
---@field urls string[]
---@field method? string
---@field headers string[] as lines
---@field cookies string[]
---@field data { value: string, kind: "text"|"binary"|"raw"|"encode" }[]
---@field parts (string|{ plain: string })[] of a form
---@field upload? string a path
---@field user? string
---@field bearer? string
---@field dropped table<string, boolean> options that are left out

-- What curl's options mean here. `value` takes the next word; without `read` the option is left
-- out, with a word in the header unless it is `silent`.
local OPTIONS = {}

local function option(names, row)
  for name in names:gmatch "%S+" do OPTIONS[name] = row end
end

option("-X --request", { value = true, read = function(c, v) c.method = v end })
option("-H --header", { value = true, read = function(c, v) table.insert(c.headers, v) end })
option("-u --user", { value = true, read = function(c, v) c.user = v end })
option("-A --user-agent", {
  value = true, read = function(c, v) table.insert(c.headers, "User-Agent: " .. v) end,
})
option("-e --referer", {
  value = true, read = function(c, v) table.insert(c.headers, "Referer: " .. v) end,
})
option("-b --cookie", { value = true, read = function(c, v) table.insert(c.cookies, v) end })
option("-F --form", { value = true, read = function(c, v) table.insert(c.parts, v) end })
option("--form-string", {
  value = true, read = function(c, v) table.insert(c.parts, { plain = v }) end,
})
option("-G --get", { read = function(c) c.get = true end })
option("-I --head", { read = function(c) c.head = true end })
option("-k --insecure", { read = function(c) c.insecure = true end })
option("--compressed", { read = function(c) c.compressed = true end })
option("--url", { value = true, read = function(c, v) table.insert(c.urls, v) end })
option("--digest", { read = function(c) c.digest = true end })
option("--basic", { silent = true })
option("--oauth2-bearer", { value = true, read = function(c, v) c.bearer = v end })
option("-m --max-time", { value = true, read = function(c, v) c.max_time = tonumber(v) end })

local function data(c, value, kind)
  table.insert(c.data, { value = value, kind = kind })
end

option("-d --data --data-ascii", { value = true, read = function(c, v) data(c, v, "text") end })
option("--data-binary", { value = true, read = function(c, v) data(c, v, "binary") end })
option("--data-raw", { value = true, read = function(c, v) data(c, v, "raw") end })
option("--data-urlencode", { value = true, read = function(c, v) data(c, v, "encode") end })
option("--json", {
  value = true,
  read = function(c, v)
    data(c, v, "binary")
    c.json = true
  end,
})
option("-T --upload-file", { value = true, read = function(c, v) c.upload = v end })

-- How curl prints, waits and follows is no part of the request.
option([[-s --silent -S --show-error -v --verbose -i --include -f --fail --fail-with-body -N
  --no-buffer -# --progress-bar -O --remote-name -J --remote-header-name -g --globoff --http1.1
  --http2 -4 -6 --ipv4 --ipv6 --tcp-nodelay --no-keepalive -L --location --path-as-is -q --disable
  --no-progress-meter -n --netrc -Z --parallel]], { silent = true })
option([[-o --output -w --write-out -c --cookie-jar -D --dump-header --retry --retry-delay
  --retry-max-time --connect-timeout --max-redirs --stderr --trace --trace-ascii -K --config
  --limit-rate]], { value = true, silent = true })
option([[-x --proxy --cacert --capath --cert -E --key --ciphers --resolve --connect-to --interface
  -U --proxy-user --unix-socket -r --range -z --time-cond --aws-sigv4 --tlsv1.2 --tls-max]],
  { value = true })
OPTIONS["--tlsv1.2"] = {}

local function is_short_group(word) return word:find "^%-[^-]" ~= nil end

-- Short options: `-sS`, `-XPOST`, `-X POST`.
local function read_short(c, words, at)
  local letters = words[at]:sub(2)
  while letters ~= "" do
    local name = "-" .. letters:sub(1, 1)
    local row = OPTIONS[name]
    if not row then return nil, "unknown option " .. name end
    letters = letters:sub(2)
    local value
    if row.value then
      value = letters ~= "" and letters or words[at + 1]
      if value == nil then return nil, "option " .. name .. " needs a value" end
      at, letters = letters ~= "" and at or at + 1, ""
    end
    if row.read then row.read(c, value) elseif not row.silent then c.dropped[name] = true end
  end
  return at
end

local function read_long(c, words, at)
  local name, value = words[at]:match "^(%-%-[^=]+)=(.*)$"
  name = name or words[at]
  local row = OPTIONS[name]
  if not row then return nil, "unknown option " .. name end
  if row.value and value == nil then
    at = at + 1
    value = words[at]
    if value == nil then return nil, "option " .. name .. " needs a value" end
  end
  if row.read then row.read(c, value) elseif not row.silent then c.dropped[name] = true end
  return at
end

--- Reads the words of one command.
---@param words string[] the first is curl itself
---@return lload.import.Curl|nil
---@return string|nil message
function M.read(words)
  local c = { headers = {}, cookies = {}, parts = {}, data = {}, urls = {}, dropped = {} }
  local at = 2
  while at <= #words do
    local word, message = words[at], nil
    if word:sub(1, 2) == "--" and word ~= "--" then
      at, message = read_long(c, words, at)
    elseif is_short_group(word) then
      at, message = read_short(c, words, at)
    elseif word ~= "--" then
      c.urls[#c.urls + 1] = word
    end
    if not at then return nil, message end
    at = at + 1
  end
  if #c.urls == 0 then return nil, "the command has no URL" end
  return c
end

return M
