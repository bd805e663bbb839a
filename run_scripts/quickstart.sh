#!/usr/bin/env bash
# The main job on the embedded data sets, in about ten minutes: a source run, the
# target task from random and from pretrained weights, and what differs.
#
#   ./run_scripts/quickstart.sh        # Makes .venv first where it is missing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
ensure_env
cd "$REPO_ROOT"

readonly RUNS=runs/quickstart REPORTS=reports/quickstart
readonly SOURCE=$RUNS/source-textures
readonly TARGETS=$RUNS/fundus-random,$RUNS/fundus-pretrained

step() {
  echo
  echo "== $1"
  shift
  "$PYTHON" "$@"
}

step "1/6 Source task: train on textures" run_scripts/train.py \
  --dataset=synthetic_textures --model=cbr_tiny --init=random \
  --run_dir="$SOURCE"
step "2/6 Target task from random weights" run_scripts/train.py \
  --dataset=synthetic_fundus --model=cbr_tiny --init=random \
  --run_dir="$RUNS/fundus-random"
step "3/6 Target task from the source's weights" run_scripts/train.py \
  --dataset=synthetic_fundus --model=cbr_tiny --init=pretrained \
  --weights="$SOURCE" --run_dir="$RUNS/fundus-pretrained"
step "4/6 Which is better? AUC with intervals" \
  run_scripts/analyze_predictions.py \
  --runs="$SOURCE,$TARGETS" --output_dir="$REPORTS"
"$PYTHON" run_scripts/compare_runs.py --runs="$TARGETS" --output_dir="$REPORTS"
# Of the last weights: the best ones of the two runs are of unequal steps.
step "5/6 Where did the networks move? CCA and SVCCA per stage" \
  run_scripts/analyze_representations.py \
  --runs="$TARGETS" --view=before_after --output_dir="$REPORTS"
"$PYTHON" run_scripts/analyze_representations.py \
  --runs="$TARGETS" --view=between --output_dir="$REPORTS"
step "6/6 First-layer filters before and after" run_scripts/analyze_filters.py \
  --runs="$TARGETS" --output_dir="$REPORTS"

echo
echo "== Results"
printf 'run      %s\n' "$SOURCE" "$RUNS/fundus-random" "$RUNS/fundus-pretrained"
printf 'table    %s\n' "$REPORTS"/*.csv
printf 'picture  %s\n' "$REPORTS"/*.png
