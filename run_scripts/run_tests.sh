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
# only. Tests of one file share what the file prepares: keep them together, and
# in order of folders, since by numbers of tests the few long ones come last.
# Two workers fill two processors; more threads would wait for each other.
if [[ $# -eq 0 && "$(getconf _NPROCESSORS_ONLN)" -gt 1 ]]; then
  set -- -n 2 --dist loadfile --no-loadscope-reorder
  export TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
fi
exec "$PYTHON" -m pytest "$@"
