"""Writes onnxruntime_cases.json: digests of what onnxruntime.quantization makes of the layers of real models.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    OCTET_CASES=<cases> OCTET_CLEANED=<folder> npx vitest run --config tests/vitest.config.ts --project unit tests/golden/onnxruntime-cases.test.ts
    python tests/golden/onnxruntime_cases.py <folder>

The first command writes the models as Octet's clean-up leaves them, so that both quantizers get the same graph. Ranges are
made of the tensors' names. One digest of 8 hex digits per Conv, Gemm and MatMul with a constant weight, in file order.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import TensorData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

LAYERS = ("Conv", "Gemm", "MatMul")
UNIT = ("Sigmoid", "HardSigmoid", "Softmax")
CONFIGS = {
    "u8s8": (QuantType.QUInt8, QuantType.QInt8, False, False),
    "u8s8 per channel": (QuantType.QUInt8, QuantType.QInt8, True, False),
    "u8u8": (QuantType.QUInt8, QuantType.QUInt8, False, False),
    "s8s8 reduced": (QuantType.QInt8, QuantType.QInt8, True, True),
}


def made_up_range(name, writer):
    """A range within -1 and 1 in steps of 1/1024 by the FNV-1a hash of the name; of what ends at 0 or 1, as it ends."""
    if writer in UNIT:
        return 0.0, 1.0
    state = 2166136261
    for byte in name.encode():
        state = (state ^ byte) * 16777619 % 2**32
    low = 0 if writer in ("Relu", "Clip") else -(state % 1024 + 1) / 1024
    return low, (state // 1024 % 1024 + 1) / 1024


def digests(path, activation, weight, per_channel, reduced):
    model = onnx.load(path)
    writers = {name: node.op_type for node in model.graph.node for name in node.output}
    names = {name for node in model.graph.node for name in [*node.input, *node.output] if name}
    ranges = {}
    for name in names:
        low, high = made_up_range(name, writers.get(name, ""))
        ranges[name] = TensorData(lowest=np.float32(low), highest=np.float32(high))
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    layers = [n.name for n in model.graph.node if n.op_type in LAYERS and n.input[1] in constants]
    kinds = (weight.tensor_type, activation.tensor_type)
    quantizer = QDQQuantizer(model, per_channel, reduced, *kinds, ranges, layers, [], list(LAYERS), {})
    quantizer.quantize_model()
    return "".join(digest(quantizer.model.model.graph, name) for name in layers)


def digest(graph, name):
    constants = {tensor.name: tensor for tensor in graph.initializer}
    writers = {output: node for node in graph.node for output in node.output}
    node = next(node for node in graph.node if node.name == name)
    value = lambda tensor: numpy_helper.to_array(constants[tensor])
    hashed = hashlib.sha256()
    _, scale, zero_point = writers[node.input[0]].input
    hashed.update(value(scale).astype(np.float32).tobytes() + value(zero_point).astype(np.int32).tobytes())
    codes, scales, zero_points = writers[node.input[1]].input
    hashed.update(value(scales).astype(np.float32).tobytes() + value(zero_points).astype(np.int32).tobytes())
    hashed.update(value(codes).tobytes())
    if len(node.input) > 2:
        hashed.update(value(writers[node.input[2]].input[0]).tobytes())
    return hashed.hexdigest()[:8]


def main():
    made = {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
        made[path.stem] = {name: digests(path, *config) for name, config in CONFIGS.items()}
        print(path.stem, len(made[path.stem]["u8s8"]) // 8, "layers")
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
