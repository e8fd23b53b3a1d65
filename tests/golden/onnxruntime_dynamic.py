"""Writes onnxruntime_dynamic.json: codes, scales and zero points that quantize_dynamic gives a Conv and an LSTM.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/golden/onnxruntime_dynamic.py
"""

import json
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

rng = np.random.default_rng(7)


def weight(*dims):
    scale = 4.0 ** rng.integers(-3, 3, size=(dims[0], dims[1]) + (1,) * (len(dims) - 2))
    return (rng.uniform(-1, 1, dims) * scale).astype(np.float32)


def model(op_type, weights, inputs, **attributes):
    names = list(weights)
    node = helper.make_node(op_type, ["x", *names], ["y"], name="op", **attributes)
    graph = helper.make_graph(
        [node],
        "golden",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def quantized(op_type, weights, inputs, **attributes):
    """Each float weight with what quantize_dynamic stores in its place."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = f"{folder}/float.onnx", f"{folder}/int8.onnx"
        onnx.save(model(op_type, weights, inputs, **attributes), before)
        quantize_dynamic(before, after, weight_type=QuantType.QInt8)
        graph = onnx.load(after).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return {
        "kernel": [node.op_type for node in graph.node if node.op_type in ("ConvInteger", "DynamicQuantizeLSTM")][0],
        "weights": {
            name: {
                "dims": list(value.shape),
                "values": [float(v) for v in value.flatten()],
                "codes": stored[f"{name}_quantized"].astype(int).flatten().tolist(),
                "codesDims": list(stored[f"{name}_quantized"].shape),
                "scales": [float(v) for v in stored[f"{name}_scale"].flatten()],
                "zeroPoints": stored[f"{name}_zero_point"].astype(int).flatten().tolist(),
            }
            for name, value in weights.items()
        },
    }


cases = {
    "Conv": quantized("Conv", {"w": weight(4, 2, 3, 3)}, [1, 2, 5, 5]),
    "LSTM": quantized("LSTM", {"w": weight(1, 12, 4), "r": weight(1, 12, 3)}, [5, 1, 4], hidden_size=3),
    "LSTM, bidirectional": quantized(
        "LSTM",
        {"w": weight(2, 12, 4), "r": weight(2, 12, 3)},
        [5, 1, 4],
        hidden_size=3,
        direction="bidirectional",
    ),
}
path = pathlib.Path(__file__).with_name("onnxruntime_dynamic.json")
path.write_text(json.dumps(cases) + "\n")
