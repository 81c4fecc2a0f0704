# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts in this folder; sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

jobs_count() { nproc; }

# The cmake of an activated pip environment may be a wrapper that is missing its package; Debian's always works.
cmake_program() {
  if command -v cmake >/dev/null && cmake --version >/dev/null 2>&1; then echo cmake; else echo /usr/bin/cmake; fi
}

# build PRESET [TARGET...]: configures once, then builds. With ORDERSCOPE_CI a warning is an error in folders that are
# configured then; those that are there already stay as they are, and nothing in them is compiled again for it.
build() {
  local preset=$1; shift
  local cmake; cmake=$(cmake_program)
  [ -f "build/$preset/build.ninja" ] ||
    "$cmake" --preset "$preset" ${ORDERSCOPE_CI:+-DCMAKE_COMPILE_WARNING_AS_ERROR=ON}
  if [ $# -gt 0 ]; then
    "$cmake" --build --preset "$preset" --parallel "$(jobs_count)" --target "$@"
  else
    "$cmake" --build --preset "$preset" --parallel "$(jobs_count)"
  fi
}
