"""Writes onnxruntime_numerics.json: what ONNX Runtime's own quantizer makes of given ranges, weights and biases.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/golden/onnxruntime_numerics.py
"""

import json
import pathlib

import numpy as np
from onnx import TensorProto
from onnxruntime.quantization.quant_utils import compute_scale_zp, get_qmin_qmax_for_qType, quantize_data

TYPES = {
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "int4": TensorProto.INT4,
    "uint4": TensorProto.UINT4,
}
RANGES = [(0, 0), (-1, 1), (-0.3, 1), (0, 6), (2, 5), (-7, -3), (-1e-38, 1e-38), (-3.4, 0.1), (1e-30, 2e-30), (-123.456, 789.01)]


def parameters(rng):
    ranges = RANGES + [tuple(sorted(rng.normal(0, 10.0 ** rng.integers(-6, 5), 2))) for _ in range(40)]
    for low, high in ranges:
        low, high = np.float32(low), np.float32(high)
        for name, code in TYPES.items():
            for symmetric in (False, True):
                for reduced in (False, True):
                    qmin, qmax = get_qmin_qmax_for_qType(code, reduce_range=reduced, symmetric=symmetric)
                    zero_point, scale = compute_scale_zp(np.array(low), np.array(high), qmin, qmax, symmetric)
                    yield {
                        "range": [float(low), float(high)],
                        "type": name,
                        "symmetric": symmetric,
                        "reduced": reduced,
                        "scale": float(scale),
                        "zeroPoint": int(zero_point),
                    }


def weights(rng):
    for shape, axis in [((6, 3, 3, 3), 0), ((8, 1, 3, 3), 0), ((4, 6, 2, 2), 1), ((12, 10), 1), ((10, 12), 0), ((5, 7), None)]:
        values = rng.normal(0, 1, shape).astype(np.float32)
        if axis is not None:
            scales = 10.0 ** rng.integers(-4, 3, shape[axis])
            values *= scales.reshape([-1 if i == axis else 1 for i in range(len(shape))]).astype(np.float32)
        for kind in ("int8", "uint8"):
            symmetric = kind == "int8" or axis is not None
            slices = [values] if axis is None else [values.take(i, axis) for i in range(shape[axis])]
            made = [quantize_data(s.flatten(), TYPES[kind], symmetric) for s in slices]
            codes = [np.asarray(codes).reshape(s.shape) for (_, _, codes), s in zip(made, slices)]
            whole = codes[0] if axis is None else np.stack(codes, axis)
            yield {
                "dims": list(shape),
                "axis": axis,
                "dtype": kind,
                "scheme": "sym" if symmetric else "asym",
                "values": values.flatten().tolist(),
                "scales": [float(scale) for _, scale, _ in made],
                "zeroPoints": [int(zero_point) for zero_point, _, _ in made],
                "codes": whole.flatten().tolist(),
            }


def biases(rng):
    for _ in range(6):
        bias = rng.normal(0, 3, 8).astype(np.float32)
        input_scale = np.float32(abs(rng.normal(0, 0.05)))
        weight_scales = np.abs(rng.normal(0, 0.01, 8)).astype(np.float32)
        scales = input_scale * weight_scales
        codes = (bias.astype(np.float64) / scales.astype(np.float64)).round().astype(np.int64)
        yield {
            "bias": bias.tolist(),
            "inputScale": float(input_scale),
            "weightScales": weight_scales.tolist(),
            "scales": scales.tolist(),
            "codes": codes.tolist(),
        }


random = np.random.default_rng(1978)
golden = {"parameters": list(parameters(random)), "weights": list(weights(random)), "biases": list(biases(random))}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden))
