# The records of the studies on real images; their scripts source it, with
# $data, $folds and $out.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PYTHON:-python}

convert() { # Name, then flags; records that are there stay as they are.
  [[ -d $out/data/$1/1.0.0 ]] || "$python" "$root/data_prep/make_tfrecords.py" \
    --output_dir="$out/data/$1" "${@:2}"
}
chest_and_fundus() { # Image size.
  mkdir -p "$out"
  "$python" "$root/tests/benchmarks/published_fold.py" "$folds" 1 \
    "$data/kermany_chest_224.zip" "$out/fold_1.csv"
  convert kermany_chest --source=csv --labels="$out/fold_1.csv" \
    --input="$data/kermany_chest_224.zip" --image_size="$1"
  convert idrid --source=idrid --input="$data/idrid_grading_quarter.zip" \
    --fundus=crop --resize_mode=crop --image_size="$1"
}
