--- Finds what the sanitizers report on a program's standard error.
local MARKS = {
  "AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "[%w_./-]+%.[ch]:%d+:%d+: runtime error:",
}

local M = {}

--- What the program's environment needs so that a report stops it.
M.env = {
  ASAN_OPTIONS = os.getenv "ASAN_OPTIONS" or "detect_leaks=1:abort_on_error=0:exitcode=66",
  UBSAN_OPTIONS = os.getenv "UBSAN_OPTIONS" or "print_stacktrace=1:exitcode=66",
  TSAN_OPTIONS = os.getenv "TSAN_OPTIONS" or "exitcode=66",
}

--- Raises with the report if there is one.
function M.assert_clean(who, stderr)
  for _, mark in ipairs(MARKS) do
    if stderr:find(mark) then
      error(who .. ": a sanitizer reports\n" .. stderr, 0)
    end
  end
end

return M
