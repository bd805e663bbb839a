# The environment of the repository, for the scripts beside this file.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/setup_env.sh"
#   ensure_env           # Makes or mends .venv if it must; sets $PYTHON.
#
# ensure_env installs only when .venv is missing or broken, the checkout has
# moved, or setup.py or the Python has changed since the last complete install.

REPO_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
PYTHON="$REPO_ROOT/.venv/bin/python"

# What an install depends on; `.venv/installed` holds that of the last one that
# was completed. Exits with 3 for a Python that setup.py does not allow.
_FINGERPRINT='
import hashlib, pathlib, re, sys
text = pathlib.Path(sys.argv[1], "setup.py").read_text()
low, high = map(int, re.search(
    r"python_requires=\">=3\.(\d+),<3\.(\d+)\"", text).groups())
if not (3, low) <= sys.version_info[:2] < (3, high):
    sys.exit(3)
print(hashlib.sha256(text.encode()).hexdigest(), sys.version.split()[0],
      sys.argv[1])
'

_fingerprint() {
  "$1" -c "$_FINGERPRINT" "$REPO_ROOT" 2>/dev/null
}

# Prints the first Python on the path that setup.py allows, other than that of
# .venv itself, which is about to go and may be activated.
_find_python() {
  local name PATH="${PATH//"$REPO_ROOT/.venv/bin:"/}"
  for name in python3 python3.13 python3.12 python3.11 python; do
    if _fingerprint "$name" >/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "error: no Python that setup.py allows (python_requires) is on the" \
    "path; install Python 3.11, 3.12 or 3.13 and start again." >&2
  return 2
}

_make_venv() {
  local base
  base="$(_find_python)" || return
  echo "Making .venv with $("$base" --version) ..."
  rm -rf "$REPO_ROOT/.venv"
  if ! "$base" -m venv "$REPO_ROOT/.venv"; then
    rm -rf "$REPO_ROOT/.venv"
    echo "error: $base cannot make a virtual environment; install its venv" \
      "module (Debian, Ubuntu: apt install python3-venv)." >&2
    return 2
  fi
}

ensure_env() {
  local stamp="$REPO_ROOT/.venv/installed" wanted start=$SECONDS
  # A .venv whose Python has gone, or is another one now, is made anew.
  wanted="$(_fingerprint "$PYTHON")" || wanted=""
  if [[ -n "$wanted" && -f "$stamp" && "$(<"$stamp")" == "$wanted" ]]; then
    return
  fi
  # Gone before the install begins, so that an interrupted one is repeated.
  rm -f "$stamp"
  if [[ -z "$wanted" ]] || ! "$PYTHON" -m pip --version >/dev/null 2>&1; then
    _make_venv || return
    wanted="$(_fingerprint "$PYTHON")" || return
  fi
  echo "Installing what setup.py asks for into .venv (some minutes, once) ..."
  if ! "$PYTHON" -m pip install -qq --disable-pip-version-check \
    --editable "$REPO_ROOT[test]" </dev/null; then
    echo "error: the install failed; see the lines of pip above, then start" \
      "again." >&2
    return 1
  fi
  echo "$wanted" >"$stamp.part"
  mv "$stamp.part" "$stamp"
  echo "Installed in $((SECONDS - start)) s."
}
