"""Writes onnxruntime_forms.json: what onnxruntime.quantization.quantize_static makes of small float models.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/golden/onnxruntime_forms.py

Per model: the float file, the ranges that the calibrators found, and per config the scale and zero point of every activation
with a QuantizeLinear and the codes of every constant behind a DequantizeLinear, by node and input.
"""

import base64
import importlib
import json
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization import CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorData

from onnxruntime_models import MODELS

CONFIGS = {
    "u8s8": {},
    "u8s8 per channel": {"per_channel": True},
    "u8s8 percentile": {"per_channel": True, "calibrate_method": CalibrationMethod.Percentile},
    "u8s8 asymmetric weights": {"extra": {"WeightSymmetric": False}},
    "u8s8 symmetric activations": {"per_channel": True, "extra": {"ActivationSymmetric": True}},
    "u8s8 reduced": {"per_channel": True, "reduce_range": True},
    "u8u8": {"weight_type": QuantType.QUInt8},
    "u8u8 per channel": {"weight_type": QuantType.QUInt8, "per_channel": True},
    "u8u8 reduced": {"weight_type": QuantType.QUInt8, "reduce_range": True},
    "s8s8": {"activation_type": QuantType.QInt8, "per_channel": True},
    "s8s8 symmetric": {"activation_type": QuantType.QInt8, "extra": {"ActivationSymmetric": True}},
    "u16s8": {"activation_type": QuantType.QUInt16, "per_channel": True},
}
PERCENTILE = 99.0


class Reader(quantization.CalibrationDataReader):
    def __init__(self, samples):
        self.samples = iter(samples)

    def get_next(self):
        return next(self.samples, None)


module = importlib.import_module("onnxruntime.quantization.quantize")


class Recorder(module.QDQQuantizer):
    """Keeps the calibrated ranges as they come, or uses those kept before: runs differ in the last bit."""

    ranges = None

    def __init__(self, model, per_channel, reduce_range, weight, activation, ranges, *rest):
        if Recorder.ranges is None:
            Recorder.ranges = {name: [float(x.item()) for x in data.range_value] for name, data in ranges.items()}
        kept = {
            name: TensorData(lowest=np.asarray(low, np.float32), highest=np.asarray(high, np.float32))
            for name, (low, high) in Recorder.ranges.items()
        }
        super().__init__(model, per_channel, reduce_range, weight, activation, kept, *rest)


module.QDQQuantizer = Recorder


def quantized(model, samples, config):
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/float.onnx", f"{folder}/int8.onnx"
        onnx.save(model, source)
        extra = {"CalibPercentile": PERCENTILE} | config.get("extra", {})
        quantization.quantize_static(
            source,
            target,
            Reader(samples),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=config.get("per_channel", False),
            reduce_range=config.get("reduce_range", False),
            activation_type=config.get("activation_type", QuantType.QUInt8),
            weight_type=config.get("weight_type", QuantType.QInt8),
            calibrate_method=config.get("calibrate_method", CalibrationMethod.MinMax),
            nodes_to_exclude=config.get("exclude", []),
            extra_options=extra,
        )
        return onnx.load(target)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


class Pool:
    """Equal entries are stored once."""

    def __init__(self):
        self.entries, self.places = [], {}

    def place(self, entry):
        key = json.dumps(entry)
        if key not in self.places:
            self.places[key] = len(self.entries)
            self.entries.append(entry)
        return self.places[key]


def form(model, pool):
    """Scale and zero point per activation; pool places of the constants by node and input."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    writers = {name: node for node in model.graph.node for name in node.output}
    activations, nodes = {}, {}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            name = node.input[0].removesuffix("_QuantizeLinear_Input")
            activations[name] = [float(constants[node.input[1]]), int(constants[node.input[2]])]
            continue
        if node.op_type == "DequantizeLinear":
            continue
        for index, name in enumerate(node.input):
            writer = writers.get(name)
            if writer is None or writer.op_type != "DequantizeLinear" or writer.input[0] not in constants:
                continue
            codes = constants[writer.input[0]]
            axis = next((a.i for a in writer.attribute if a.name == "axis"), None)
            entry = {
                "type": str(codes.dtype),
                "axis": axis if constants[writer.input[1]].size > 1 or codes.dtype != np.int32 else None,
                "scales": text(constants[writer.input[1]].astype(np.float32).reshape(-1)),
                "codes": text(codes),
            }
            if codes.dtype != np.int32:
                entry["zeroPoints"] = constants[writer.input[2]].reshape(-1).tolist()
            nodes.setdefault(node.name, {})[index] = pool.place(entry)
    return {"activations": activations, "constants": nodes}


def main():
    pool, models = Pool(), {}
    for name, make in MODELS.items():
        builder, output = make()
        model = builder.model(output)
        entry = {"model": base64.b64encode(model.SerializeToString()).decode(), "ranges": {}, "configs": {}}
        for config_name, config in CONFIGS.items():
            if name == "MatMul 3-D" and config.get("per_channel"):
                continue  # ONNX Runtime writes a model that fails: see onnxruntime_differences.py
            method = "percentile" if "calibrate_method" in config else "minmax"
            Recorder.ranges = entry["ranges"].get(method)
            made = quantized(model, builder.samples(), config)
            entry["ranges"][method] = Recorder.ranges
            entry["configs"][config_name] = form(made, pool)
        models[name] = entry
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"models": models, "pool": pool.entries}, separators=(",", ":")) + "\n")
    print(f"{len(models)} models, {len(pool.entries)} constants, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
