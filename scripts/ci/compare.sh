#!/bin/bash
# Compares what run.sh wrote into OUT with the newest comparable results in the folder BASELINE. What
# comes out goes into the step summary and before the rest of the comment; the exit code goes into the
# outputs of the step, for verdict.sh.
set -euo pipefail

code=0
lload compare --baseline "${BASELINE:?}" "${OUT:?}/result.json" --no-color \
    >"$OUT/compare.txt" || code=$?
echo "compare-code=$code" >>"${GITHUB_OUTPUT:?}"
cat "$OUT/compare.txt"
[ -s "$OUT/compare.txt" ] || exit 0

# Indented, so that no name in it can be more than text.
{
    echo "## lload: compared with the baseline"
    echo
    sed 's/^/    /' "$OUT/compare.txt"
    echo
} >"$OUT/compare.md"
cat "$OUT/compare.md" "$OUT/summary.md" >"$OUT/comment.md"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$OUT/compare.md" >>"$GITHUB_STEP_SUMMARY"
