#!/usr/bin/env bash
# Runs the tests, making .venv first where that is needed.
#
#   ./run_scripts/run_tests.sh                     # All of them.
#   ./run_scripts/run_tests.sh tests/metrics -x    # Arguments go to pytest.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
ensure_env
cd "$REPO_ROOT"

# Every worker imports TensorFlow for itself, which pays for the whole suite
# only. Tests of one file share what the file prepares: keep them together.
if [[ $# -eq 0 && "$(getconf _NPROCESSORS_ONLN)" -gt 1 ]]; then
  set -- -n 2 --dist loadfile
fi
exec "$PYTHON" -m pytest "$@"
