#!/bin/bash
# Compares what run.sh wrote into OUT with the newest comparable results in the folder BASELINE. What
# comes out goes into the step summary and before the rest of the comment; the exit code goes into the
# outputs of the step, for verdict.sh.
set -euo pipefail
: "${BASELINE:?}" "${OUT:?}" "${GITHUB_OUTPUT:?}"

# Nothing is there before the first result is kept.
mkdir -p "$BASELINE"
code=0
lload compare --baseline "$BASELINE" "$OUT/result.json" --json "$OUT/compare.json" \
    --junit "$OUT/compare.xml" --markdown "$OUT/compare.md" || code=$?
echo "compare-code=$code" >>"$GITHUB_OUTPUT"
[ -s "$OUT/compare.md" ] || exit 0

cat "$OUT/compare.md" "$OUT/summary.md" >"$OUT/comment.md"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$OUT/compare.md" >>"$GITHUB_STEP_SUMMARY"
