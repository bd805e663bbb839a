#!/bin/bash
# The runs, tables and pictures of docs/interventions.md:
#   tests/benchmarks/interventions_study.sh DATA WEIGHTS FOLDS OUTPUT_DIR
# DATA and FOLDS as real_studies.sh takes them; WEIGHTS has torchvision's
# MobileNetV2 and Keras' SqueezeNet 1.1 without its head, trained on ImageNet.
# Chest x-rays (Kermany et al. 2018) and fundus photographs (IDRiD) at 96 px, two
# networks, 132 runs at each of two learning rates; views are of those that
# were chosen, and of at most 200 test images. About two hours on two cores; what
# was interrupted goes on.
set -euo pipefail
data=$1 weights=$2 folds=$3 out=$4
# shellcheck source=tests/benchmarks/real_data.sh
source "$(dirname "$0")/real_data.sh"
chest_and_fundus 96

view() { # Study, table, view, then flags; a table that is there is not made again.
  local to=$out/views/$1 images=77 # Those that IDRiD has.
  [[ $1 == idrid-* ]] || images=200
  [[ -f $to/$2/$2.csv ]] ||
    "$python" "$root/run_scripts/analyze_interventions.py" --view="$3" \
      --runs="$out/studies/$1" --output_dir="$to/$2" --max_images=$images \
      "${@:4}" | tee "$to/$2.txt"
}
starts() { # Study, inits: its runs that are compared, separated by commas.
  awk -F, -v inits="$2" -v root="$out/studies/$1/runs/" \
    'NR > 1 && $3 ~ "^(" inits ")$" && $9 == "yes" {printf s root $1; s = ","}' \
    "$out/studies/$1/study.csv"
}
study() { # Data, network, its source, then flags.
  local name=$1-$2
  "$python" "$root/run_scripts/run_study.py" --dataset="$out/data/$1" \
    --study="$root/tests/benchmarks/studies/interventions_$2.toml" \
    --weights="$weights/$3" --study_dir="$out/studies/$name" "${@:4}"
  mkdir -p "$out/views/$name"
  view "$name" resilience resilience --alphas=0.5 --draws=1 \
    --batch_norm_images=128
  view "$name" shortcut shortcut --blocks=2,4,8 --low_pass=0.03125 \
    --high_pass=0.03125
  view "$name" barrier barrier --pairs=within --alphas=0.25,0.5,0.75 \
    --batch_norm_images=128
  # Of two starts of the smaller test set only: there are many networks a stage.
  [[ $1 == kermany_chest ]] ||
    view "$name" criticality resilience --alphas=0.5 --draws=1 \
      --noise=0.1,0.3,1 --batch_norm_images=128 \
      --runs="$(starts "$name" "random|pretrained")"
  view "$name" probes probes --max_probe_images=300 --draws=3
}
torchvision=mobilenet_v2_imagenet_torchvision.safetensors
keras=squeezenet_v1.1_imagenet_notop.h5
study idrid mobilenet_v2 "$torchvision" --select_threshold=2
study idrid squeezenet "$keras" --select_threshold=2
study kermany_chest squeezenet "$keras"
study kermany_chest mobilenet_v2 "$torchvision"
