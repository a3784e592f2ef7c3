#!/bin/bash
# The last step of the GitHub action: as red as the run was, or as the comparison was when the run
# passed. EXIT_CODE is that of `lload run`, COMPARE_CODE that of `lload compare` or nothing; with
# INCONCLUSIVE=warn what is not to be told (98) only warns.
set -euo pipefail

if [ -z "${EXIT_CODE:-}" ]; then
    echo "::error::lload: it did not run"
    exit 70
fi
for code in "$EXIT_CODE" "${COMPARE_CODE:-0}"; do
    if [ "$code" -eq 98 ] && [ "${INCONCLUSIVE:-warn}" = warn ]; then
        echo "::warning::lload: inconclusive; the job does not fail for it"
    elif [ "$code" -ne 0 ]; then
        [ "$code" -ne 96 ] || echo "::error::lload: slower than the baseline"
        exit "$code"
    fi
done
