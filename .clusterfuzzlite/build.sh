#!/usr/bin/env bash
# Builds the fuzz targets into $OUT in the layout of ClusterFuzzLite and OSS-Fuzz: a program and seeds for each target, and a
# dictionary for those that read sessions, by the name of the target. The machine that runs them lacks Python, so the interpreter's library and modules are copied too.
set -euo pipefail
cd "${SRC:?}/mmapcheck"

# The pinned toolchain builds the program; the fuzzer needs the nightly one.
export RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN:-nightly}
# Flags for C++ can break the C code that Rust packages build.
unset CFLAGS CXXFLAGS
sanitizer=none
[ "${SANITIZER:-address}" != address ] || sanitizer=address
python=${PYO3_PYTHON:-python3}

cargo fuzz build --sanitizer "$sanitizer"
built=$(cargo metadata --manifest-path fuzz/Cargo.toml --no-deps --format-version 1 |
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
built="$built/$(rustc -vV | sed -n 's/^host: //p')/release"

home=$OUT/python
rm -rf "$home" && mkdir -p "$home/lib"
"$python" - "$home" <<'PYTHON'
import os, shutil, sys, sysconfig

home, var = sys.argv[1], sysconfig.get_config_var
for folder in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
    left_out = shutil.ignore_patterns("test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "__pycache__", "config-*")
    shutil.copytree(folder, os.path.join(home, "lib", os.path.basename(folder)), ignore=left_out, dirs_exist_ok=True)
for folder in var("LIBDIR"), os.path.join(var("LIBDIR"), var("MULTIARCH") or ""):
    library = os.path.join(folder, var("INSTSONAME"))
    if os.path.exists(library):
        shutil.copy(library, os.path.join(home, "lib"))
        break
PYTHON

for target in ops notation replies; do
  # A fuzzing engine treats a file without a suffix as a target if it contains the name of the entry point.
  cp "$built/$target" "$OUT/$target.program"
  cat >"$OUT/$target" <<'TARGET'
#!/bin/sh
# LLVMFuzzerTestOneInput
here=$(cd "$(dirname "$0")" && pwd)
PYTHONHOME=$here/python LD_LIBRARY_PATH=$here/python/lib exec "$here/$(basename "$0").program" "$@"
TARGET
  chmod +x "$OUT/$target"
done
for target in ops notation; do
  "$python" -m zipfile -c "$OUT/${target}_seed_corpus.zip" corpus/seeds/*.pycon corpus/found/*.pycon
  cp fuzz/notation.dict "$OUT/$target.dict"
done
"$python" -m zipfile -c "$OUT/replies_seed_corpus.zip" corpus/replies/*.json
