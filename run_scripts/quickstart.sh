#!/usr/bin/env bash
# The main job on the embedded data sets, in about ten minutes: a study with a
# source, three seeds from random and from pretrained weights, what differs
# between them, and a verdict. What was interrupted goes on.
#
#   ./run_scripts/quickstart.sh        # Makes .venv first where it is missing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
ensure_env
cd "$REPO_ROOT"

readonly STUDY=runs/quickstart REPORTS=reports/quickstart
readonly RUNS=$STUDY/runs/*

step() {
  echo
  echo "== $1"
  shift
  "$PYTHON" "$@"
}

# The source task is textures, the target task fundus photographs.
study() {
  step "$1" run_scripts/run_study.py --dataset=synthetic_fundus \
    --source_dataset=synthetic_textures --models=cbr_tiny \
    --inits=random,pretrained --seeds=3 --learning_rates=1e-3 \
    --image_size=32 --study_dir="$STUDY"
}

study "1/5 Study: a source, then random against pretrained weights"
step "2/5 What are the predictions worth? AUC, calibration, agreement" \
  run_scripts/analyze_predictions.py --runs="$RUNS" --output_dir="$REPORTS"
step "3/5 Where did the networks move? CCA and SVCCA per stage" \
  run_scripts/analyze_representations.py \
  --runs="$RUNS" --view=before_after --output_dir="$REPORTS"
"$PYTHON" run_scripts/analyze_representations.py \
  --runs="$RUNS" --view=between --output_dir="$REPORTS"
step "4/5 First-layer filters before and after" run_scripts/analyze_filters.py \
  --runs="$RUNS" --output_dir="$REPORTS"

echo
echo "== Results"
printf 'table    %s\n' "$STUDY"/*.csv "$REPORTS"/*.csv
printf 'picture  %s\n' "$STUDY"/*.png "$REPORTS"/*.png
# All is trained: the command says again what it has found.
study "5/5 Verdict"
