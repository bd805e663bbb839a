#!/bin/bash
# Trains what docs/similarity.md shows, and draws all views of it:
#   tests/benchmarks/views.sh CIFAR10_RECORDS PNEUMONIAMNIST_RECORDS OUTPUT_DIR
# Sources on CIFAR-10, then three seeds of random and pretrained on
# PneumoniaMNIST, of cbr_tiny and resnet50 at 32 px. About an hour on two
# cores; what was interrupted goes on.
set -euo pipefail
source_data=$1 target_data=$2 out=$3
scripts=$(cd "$(dirname "$0")/../../run_scripts" && pwd)
python=${PYTHON:-python}
models="cbr_tiny resnet50"

train() {
  "$python" "$scripts/train.py" --image_size=32 --batch_size=64 "$@"
}

for model in $models; do
  train --dataset="$source_data" --model="$model" --init=random \
    --steps=3000 --eval_every=1000 --snapshots=0 \
    --run_dir="$out/$model-source"
  for seed in 0 1 2; do
    for init in random pretrained; do
      weights=()
      [[ $init == pretrained ]] && weights=(--weights="$out/$model-source")
      train --dataset="$target_data" --model="$model" --init=$init \
        "${weights[@]}" --steps=200 --eval_every=50 --seed=$seed \
        --run_dir="$out/$model-$init-$seed"
    done
  done
done

for model in $models; do
  runs=""
  for init in random pretrained; do
    for seed in 0 1 2; do runs+="${runs:+,}$out/$model-$init-$seed"; done
  done
  for view in before_after between start_against_end matrix movement reuse \
    dynamics; do
    more=()
    # Intervals take ten times as long; some views do not draw them.
    case $model/$view in
      resnet50/* | */dynamics | */matrix | */start_against_end)
        more=(--groups=1)
        ;;
    esac
    "$python" "$scripts/analyze_representations.py" --view=$view \
      --runs="$runs" --measures=svcca,cka --output_dir="$out/views-$model" \
      "${more[@]}"
  done
done
