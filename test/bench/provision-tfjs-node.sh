#!/usr/bin/env bash
# Builds @tensorflow/tfjs-node without its own download, which no longer fits today's Node: the C library and
# its headers come from the TensorFlow wheel on PyPI, the binding is compiled against them.
# Linux on x64; needs npm, python3 with pip, a C++ compiler: test/bench/provision-tfjs-node.sh [FOLDER]
set -euo pipefail

folder=${1:-.cache/tfjs-node}
tensorflow=2.18.1
mkdir -p "$folder"
cd "$folder"
package=$PWD/node_modules/@tensorflow/tfjs-node

if [ ! -d "$package" ]; then
  echo '{ "private": true, "dependencies": { "@tensorflow/tfjs-node": "4.22.0" } }' > package.json
  npm install --ignore-scripts --no-audit --no-fund
fi

wheel() { ls tensorflow_cpu-$tensorflow-cp311-*.whl 2> /dev/null; }
if ! wheel > /dev/null && [ ! -d "$package/deps/lib" ]; then
  python3 -m pip download --no-deps --only-binary=:all: --python-version 3.11 \
    --platform manylinux_2_17_x86_64 "tensorflow-cpu==$tensorflow"
fi

if [ ! -d "$package/deps/lib" ]; then
  python3 - "$(wheel)" "$package/deps" << 'PYTHON'
import pathlib, re, sys, zipfile
wheel, deps = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
headers = re.compile(r'tensorflow/include/((tensorflow/c/|tensorflow/core/platform/ctstring|tsl/|xla/tsl/).*)')
for name in wheel.namelist():
    found = headers.fullmatch(name)
    if found:
        target = deps / 'include' / found[1]
    elif re.fullmatch(r'tensorflow/libtensorflow_(cc|framework)\.so\.2', name):
        target = deps / 'lib' / pathlib.Path(name).name
    else:
        continue
    if name.endswith('/'):
        continue
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(wheel.read(name))
PYTHON
  cd "$package/deps/lib"
  for name in libtensorflow.so libtensorflow.so.2.9.1; do ln -s libtensorflow_cc.so.2 $name; done
  ln -s libtensorflow_framework.so.2 libtensorflow_framework.so
  cd - > /dev/null
  rm "$(wheel)"
fi

# Headers that came with Node spare node-gyp their download.
root=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
if [ -f "$root/include/node/node_api.h" ]; then export npm_config_nodedir=$root; fi
cd "$package"
../../.bin/node-pre-gyp install --build-from-source

node -e "
  const util = require('util');
  util.isNullOrUndefined ??= (x) => x == null;
  util.isArray ??= Array.isArray;
  const tf = require('$package');
  console.log('tfjs-node on TensorFlow', tf.version['tfjs-node'], tf.node ? 'works:' : '', tf.getBackend(), tf.add(1, 2).dataSync()[0]);
"
