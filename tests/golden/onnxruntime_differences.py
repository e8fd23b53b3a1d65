"""Writes onnxruntime_differences.json: int8 models of quantize_static that are wrong, slow or fail, beside their float models.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/golden/onnxruntime_differences.py
"""

import base64
import json
import pathlib

import numpy as np
from onnxruntime.quantization import QuantType

from onnxruntime_forms import Recorder, quantized, text
from onnxruntime_models import Builder, floats, matmul_3d


def gemm(bias, beta):
    def make():
        b = Builder(31, x=floats(4, 6))
        return b, b.add("Gemm", "x", b.weight(6, 5, channel=1), b.weight(*bias, values=np.full(bias, 0.7)), beta=beta)

    return make


def grouped_conv_transpose():
    b = Builder(32, x=floats(1, 4, 4, 4))
    return b, b.add("ConvTranspose", "x", b.weight(4, 3, 2, 2, channel=1), b.weight(6, values=[0.1] * 6), group=2)


def dead_channel():
    b = Builder(33, x=floats(1, 2, 4, 4))
    values = b.rng.normal(0, 0.006, (3, 2, 3, 3))
    values[1] = 0
    return b, b.add("Conv", "x", b.weight(3, 2, 3, 3, values=values), b.weight(3, values=[0.1, 0.01, -0.1]))


def uint8_bias():
    b = Builder(34, x=floats(1, 2, 4, 4))
    values = b.rng.normal(0, 0.3, (3, 2, 3, 3))
    values[1] *= 1e-12
    return b, b.add("Conv", "x", b.weight(3, 2, 3, 3, values=values), b.weight(3, values=[0.1, 1.5, -0.2]))


def relu():
    b = Builder(35, x=floats(1, 2, 6, 6))
    return b, b.conv(b.add("Relu", b.conv("x", 2, 4)), 4, 3)


def excluded():
    b = Builder(36, x=floats(1, 4, 8, 8))
    h = b.conv("x", 4, 4)
    loudness = (10.0 ** np.arange(-3, 1)).reshape(4, 1, 1, 1)
    w = b.weight(4, 1, 3, 3, values=b.rng.normal(0, 0.3, (4, 1, 3, 3)) * loudness)
    return b, b.conv(b.add("Conv", h, w, group=4), 4, 3, side=1)


PER_CHANNEL = {"per_channel": True}
CASES = {
    "Gemm whose beta is not 1": (gemm([5], 0.25), {}),
    "Gemm whose bias has two dims": (gemm([1, 5], 1.0), PER_CHANNEL),
    "grouped ConvTranspose": (grouped_conv_transpose, PER_CHANNEL),
    "MatMul by a constant of three dims": (matmul_3d, PER_CHANNEL),
    "dead channel": (dead_channel, PER_CHANNEL),
    "bias that overflows beside uint8 weights": (uint8_bias, PER_CHANNEL | {"weight_type": QuantType.QUInt8}),
    "Relu behind a range below 0": (relu, PER_CHANNEL | {"extra": {"CalibTensorRangeSymmetric": True}}),
    "excluded Conv": (excluded, PER_CHANNEL | {"exclude": ["Conv_1"]}),
}


def main():
    cases = {}
    for name, (make, config) in CASES.items():
        builder, output = make()
        model = builder.model(output)
        Recorder.ranges = None
        entry = {"model": base64.b64encode(model.SerializeToString()).decode()}
        try:
            made = quantized(model, builder.samples(), config)
            entry["int8"] = base64.b64encode(made.SerializeToString()).decode()
        except Exception as error:  # what it says is recorded
            entry["error"] = f"{type(error).__name__}: {error}"
        entry["ranges"] = Recorder.ranges
        entry["input"] = text(next(builder.samples())["x"])
        cases[name] = entry
        print(name, entry.get("error", ""))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
