#!/bin/bash
# The table of docs/augmentation.md, on real data:
#   tests/benchmarks/augmentation_study.sh DATA FOLDS OUTPUT_DIR
# DATA and FOLDS as real_studies.sh takes them. Two networks from random weights
# on chest x-rays (Kermany et al. 2018) and on fundus photographs (IDRiD), at
# 112 px, plain, with the augmentation of their kind, and with class weights,
# three seeds each. About an hour on two cores; what was interrupted goes on.
set -euo pipefail
data=$1 folds=$2 out=$3
# shellcheck source=tests/benchmarks/real_data.sh
source "$(dirname "$0")/real_data.sh"
chest_and_fundus 112

train() { # Data, recipe, network, steps.
  local settings=(plain "augmented --augment=$2" "weighted --class_weights=balanced")
  for seed in 0 1 2; do
    for setting in "${settings[@]}"; do
      read -r name flag <<<"$setting"
      "$python" "$root/run_scripts/train.py" --dataset="$out/data/$1" \
        --model="$3" --steps="$4" --batch_size=16 --bn_momentum=0.9 \
        --eval_every=$(($4 / 4)) --snapshots=0 --seed="$seed" $flag \
        --run_dir="$out/runs/$1-$3-$name-$seed"
    done
  done
}
compare() { # Data, network.
  "$python" "$root/run_scripts/compare_runs.py" \
    --runs="$out/runs/$1-$2-*" --output_dir="$out/comparisons/$1-$2" \
    --reference="$2 random, augment=none, class_weights=none"
}
for network in "mobilenet_v3_small 240" "cbr_small 80"; do
  read -r model steps <<<"$network"
  train kermany_chest chest "$model" "$steps"
  compare kermany_chest "$model"
  train idrid fundus "$model" "$steps"
  compare idrid "$model"
done
