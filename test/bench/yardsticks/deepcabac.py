"""What nncodec (ISO/IEC 15938-17) makes of integer tensors.

The first line of standard input is JSON [{name, shape, levels}], and the answer {bytes}; each further line asks for
writing and reading once more, and the answer is {milliseconds}, of processor time.
"""
import json, os, sys, tempfile, time, types
from importlib.machinery import ModuleSpec
from unittest.mock import MagicMock


class Absent(types.ModuleType):
    """Stands for packages that nncodec imports for its own datasets and model zoo, which are not used here."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock()


class Finder:
    def find_spec(self, name, path=None, target=None):
        absent = name.split(".")[0] in ("torchvision", "wandb", "timm", "flwr")
        return ModuleSpec(name, self, is_package=True) if absent else None

    def create_module(self, spec):
        return Absent(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
import numpy as np
from nncodec import nnc

tensors = json.loads(sys.stdin.readline())


def trial(parameters, order):
    """Writes and reads a bitstream; one step is one level, so that every level comes back exactly."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.nnc")
        started = time.process_time()
        nnc.compress(
            parameters, bitstream_path=path, qp=0, nonweight_qp=0, use_dq=False,
            param_opt=True, row_skipping=True, scan_order=order, lambda_scale=0,
        )
        decoded = nnc.decompress(path)
        milliseconds = 1000 * (time.process_time() - started)
        assert all(np.array_equal(decoded[name], parameters[name]) for name in parameters)
        return os.path.getsize(path), milliseconds


# The smallest of what it can do: each scan order, and tensors with their outputs first or last.
best = None
for order in range(5):
    for outputs_first in (False, True):
        parameters = {}
        for tensor in tensors:
            levels = np.array(tensor["levels"], dtype=np.float32).reshape(tensor["shape"])
            parameters[tensor["name"]] = np.ascontiguousarray(
                np.moveaxis(levels, -1, 0) if outputs_first else levels
            )
        size, _ = trial(parameters, order)
        if best is None or size < best[0]:
            best = size, parameters, order
size, parameters, order = best
print(json.dumps({"bytes": size}), flush=True)
for _ in sys.stdin:
    print(json.dumps({"milliseconds": trial(parameters, order)[1]}), flush=True)
