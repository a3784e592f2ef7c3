--- per-vu-iterations: every user does its own fixed number of iterations.

local shared = require "lload.executor.shared_iterations"

return {
  name = "per-vu-iterations",
  kind = "per_vu",
  read = shared.read,
  segments = shared.segments,
}
