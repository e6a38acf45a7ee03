#!/usr/bin/env bash
# Measures the engine webgpu on a machine with a GPU and no network: Node, Dawn's binding, the bench as
# one file a program, Vulkan's loader and what the CPU's first steps gave are packed into a folder here,
# and run from it there, beside PyTorch where Python has it.
#
#   bench/gpu.sh pack [DIR]   fills DIR (.gpu): needs npm's packages, onnxruntime-node, apt-get, xz
#   bench/gpu.sh run [DIR]    unpacks and measures; JSON lines to $OUT/gpu.jsonl ($PWD where OUT is not set)
#
# WIDTH (1), BATCH (128), STEPS (20) and MODELS say what is packed; SECONDS_LEFT (225) how long a run takes at most,
# EACH (45) a model, TUNE_SECONDS (25) the search for the best cuts of one.
set -euo pipefail
cd "$(dirname "$0")/.."
action=${1:-run}
folder=$(realpath -m "${2:-.gpu}")
MODELS=${MODELS:-MLP1,AlexNetSmall,WideResNet,Net,MLP3,InceptionSmall,InceptionSmallWithoutBN}

pack() {
  local width=${WIDTH:-1} batch=${BATCH:-128} steps=${STEPS:-20} build
  build=$(mktemp -d)
  mkdir -p "$folder/deb" "$folder/reference"
  for program in measure-model make-reference; do
    npx esbuild "bench/gpu/$program.ts" --bundle --platform=node --format=esm --target=node20 \
      --external:webgpu --external:onnxruntime-node --external:@tensorflow/* --log-level=warning \
      --outfile="$build/$program.mjs"
  done
  # Beside node_modules, where the packages are found.
  cp "$build/make-reference.mjs" node_modules/.gpu-reference.mjs
  node node_modules/.gpu-reference.mjs "$folder/reference" "$width" "$batch" "$steps" "$MODELS"
  rm node_modules/.gpu-reference.mjs
  echo "{\"width\":$width,\"batch\":$batch}" > "$folder/sizes.json"
  mkdir -p "$build/node_modules/webgpu/dist/linux-x64"
  cp node_modules/webgpu/{index.js,package.json} "$build/node_modules/webgpu/"
  cp node_modules/webgpu/dist/linux-x64/dawn.node "$build/node_modules/webgpu/dist/linux-x64/"
  cp "$(readlink -f "$(command -v node)")" "$build/node"
  rm "$build/make-reference.mjs"
  tar -C "$build" -c . | xz -T2 -3 > "$folder/programs.tar.xz"
  cp bench/gpu.sh bench/gpu/pytorch.py bench/pytorch_models.py "$folder/"
  sed -i 's/parent\.parent/parent/' "$folder/pytorch.py"
  (cd "$folder/deb" && ls ./*.deb >/dev/null 2>&1 ||
    (cd "$folder/deb" && apt-get download libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 libgles2))
  rm -rf "$build"
  du -sh "$folder"
}

# Runs for so many seconds at most, and never beyond the end; a failure is told and costs no more than itself.
attempt() {
  local most=$1 left=$((end - SECONDS)) status=0
  shift
  [ "$left" -gt 5 ] || { echo "{\"kind\":\"error\",\"what\":\"no time left for $*\"}" >> "$lines"; return 0; }
  [ "$most" -le "$left" ] || most=$left
  timeout -k 5 "$most" "$@" >> "$lines" 2>> "$log" || status=$?
  [ "$status" = 0 ] || echo "{\"kind\":\"error\",\"what\":\"status $status from ${*: -9}\",\"at\":$SECONDS}" | tr -d '\n' >> "$lines"
  [ "$status" = 0 ] || echo >> "$lines"
}

measure() {
  local model=$1
  shift
  attempt "${EACH:-45}" "${vulkan[@]}" "$programs/node" "$programs/measure-model.mjs" "$model" --width "$width" --batch "$batch" "$@"
}

# Lets Node find a GPU: as the machine is, else with the loader that was brought and NVIDIA's driver where a
# container has it, at last by unpacking the loader into the system, without a LD_LIBRARY_PATH that hides it.
# PyTorch gets the environment as it was.
open_vulkan() {
  local icd=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json deb driver=()
  export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/tmp}
  if [ -z "${VK_DRIVER_FILES:-}" ] && [ -e "$icd" ]; then driver=("VK_DRIVER_FILES=$icd"); fi
  vulkan=(env "${driver[@]}")
  finds_gpu "as it is" && return 0
  for deb in "$folder"/deb/*.deb; do unpack "$deb" "$programs/system"; done
  vulkan=(env "LD_LIBRARY_PATH=$programs/system/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/nvidia/lib:${LD_LIBRARY_PATH:-}" "${driver[@]}")
  finds_gpu "with a loader of its own" && return 0
  [ "$(id -u)" = 0 ] || return 0
  for deb in "$folder"/deb/*.deb; do unpack "$deb" /; done
  ldconfig
  vulkan=(env "${driver[@]}")
  finds_gpu "with a loader in the system" && return 0
  vulkan=(env -u LD_LIBRARY_PATH "${driver[@]}")
  finds_gpu "without LD_LIBRARY_PATH" || true
}

unpack() {
  mkdir -p "$2"
  dpkg -x "$1" "$2" >> "$log" 2>&1 || echo "$1 is not unpacked into $2" >> "$log"
}

finds_gpu() {
  echo "== Vulkan $1: ${vulkan[*]}" >> "$log"
  timeout 30 "${vulkan[@]}" "$programs/node" "$programs/measure-model.mjs" --probe >> "$log" 2>&1
}

run() {
  local out=${OUT:-$PWD} model first
  end=${SECONDS_LEFT:-225}
  lines=$out/gpu.jsonl
  log=$out/gpu.log
  : > "$lines"
  : > "$log"
  programs=$(mktemp -d)
  if command -v xz >/dev/null; then tar -C "$programs" -xJf "$folder/programs.tar.xz"
  else python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:xz").extractall(sys.argv[2])' "$folder/programs.tar.xz" "$programs"; fi
  open_vulkan
  nvidia-smi >> "$log" 2>&1 || true
  width=$(sed 's/.*"width":\([0-9.]*\).*/\1/' "$folder/sizes.json")
  batch=$(sed 's/.*"batch":\([0-9]*\).*/\1/' "$folder/sizes.json")
  read -ra list <<< "${MODELS//,/ }"
  for model in "${list[@]}"; do
    measure "$model" --kernels --reference "$folder/reference/$model.json"
  done
  if python3 -c 'import torch' 2>> "$log"; then
    attempt 80 python3 "$folder/pytorch.py" --models "$MODELS" --width "$width" --batch "$batch" --seconds "${TORCH_SECONDS:-0.4}"
  fi
  measure "${list[0]}" --seconds 0.3 --peaks "${PEAKS:-8192,512}"
  for model in "${list[@]:0:2}"; do
    measure "$model" --seconds 0.7 --toggles disable_robustness,skip_validation
  done
  for model in "${list[@]:1:2}" "${list[0]}" InceptionSmall; do
    measure "$model" --tune "${TUNE_SECONDS:-25}"
  done
  rm -rf "$programs"
  echo "took $SECONDS s"
  grep -v '"kind":"kernel"\|"kind":"tune"' "$lines" || true
  tail -c 1500 "$log"
}

case $action in
pack) pack ;;
run) run ;;
*) echo "usage: bench/gpu.sh pack|run [DIR]" >&2; exit 2 ;;
esac
