--- make bench-large: as many connected users as the descriptor limit allows, up to 100,000.
--
-- A local address has about 28,000 ports for one target, so the users leave from several addresses
-- of 127.0.0.0/8. Says which limit stands in the way of 100,000.

package.path = "./?.lua;" .. package.path
local scale = require "spec.bench.scale"

local WANTED, SPARE = 100000, 500

local function hard_limit()
  local pipe = io.popen "ulimit -Hn"
  local text = pipe:read "*l"
  pipe:close()
  return tonumber(text) or math.huge
end

local limit = hard_limit()
local users = math.min(WANTED, limit - SPARE)
if users < WANTED then
  print(("the hard limit of %d file descriptors (ulimit -Hn) allows %d connected users, not %d")
    :format(limit, users, WANTED))
end
local r = scale.connected(users)
print(("%d users with a connection each: %.1f kB a user, longest stall %.1f ms, %d of %d failed")
  :format(users, r.kb_a_user, r.stall_ms, r.failed, r.requests))
