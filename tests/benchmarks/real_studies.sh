#!/bin/bash
# The studies of docs/verdicts.md:
#   tests/benchmarks/real_studies.sh DATA WEIGHTS FOLDS OUTPUT_DIR
# DATA holds pneumoniamnist.npz, kermany_chest_224.zip (the folders of Kermany
# et al. 2018, resized), idrid_grading_quarter.zip and cifar10_images.zip;
# WEIGHTS is Keras' file of SqueezeNet 1.1 without its head, trained on ImageNet;
# FOLDS as published_fold.py takes them. Each study ends in its report,
# OUTPUT_DIR/studies/NAME/report/index.html. About an hour and a half on two
# cores; what was interrupted goes on.
set -euo pipefail
data=$1 weights=$2 folds=$3 out=$4
# shellcheck source=tests/benchmarks/real_data.sh
source "$(dirname "$0")/real_data.sh"

convert cifar10 --source=image_folder --input="$data/cifar10_images.zip"
convert pneumoniamnist --source=npz --input="$data/pneumoniamnist.npz"
chest_and_fundus 112

source_run() { # Network, epochs.
  "$python" "$root/run_scripts/train.py" --dataset="$out/data/cifar10" \
    --model="$1" --epochs="$2" --image_size=32 --batch_size=64 --snapshots=0 \
    --num_threads=1 --run_dir="$out/sources/cifar10_$1"
}
source_run cbr_tiny 3
source_run cbr_small 2

study() { # Name, then sources of weights, separated by commas.
  "$python" "$root/run_scripts/run_study.py" --dataset="$out/data/$1" \
    --study="$root/tests/benchmarks/studies/$1.toml" --weights="$2" \
    --study_dir="$out/studies/$1"
  "$python" "$root/run_scripts/report.py" --study_dir="$out/studies/$1"
}
sources=cbr_tiny:$out/sources/cifar10_cbr_tiny
sources+=,cbr_small:$out/sources/cifar10_cbr_small
study pneumoniamnist "$sources"
study idrid "squeezenet:$weights"
study kermany_chest "squeezenet:$weights"
