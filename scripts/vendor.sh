#!/usr/bin/env bash
# Fetches ONNX Runtime Web with npm and checks it against the hashes beside it:  scripts/vendor.sh [FOLDER]
#
# For another version: rename the folder, write the new hashes into its SHA256SUMS, and name the folder in
# apps/canvas/onnx_source.js.
set -euo pipefail
folder=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../apps/canvas/vendor}" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

for target in "$folder"/onnxruntime-web-*/; do
    name=$(basename "$target")
    (cd "$place" && npm pack --silent "onnxruntime-web@${name#onnxruntime-web-}" >/dev/null && tar -xzf "$name.tgz")
    cp "$target/SHA256SUMS" "$place/package/dist/"
    (cd "$place/package/dist" && sha256sum --check SHA256SUMS)
    cp "$place"/package/dist/{ort.wasm.min.mjs,ort-wasm-simd-threaded.mjs} "$target"
    gzip -9 -n <"$place/package/dist/ort-wasm-simd-threaded.wasm" >"$target/ort-wasm-simd-threaded.wasm.gz"
done
