"""What onnxruntime.quantization makes of the cases, and what it takes: the peer of `npm run bench -- quantizer`.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/peers/ort_static.py CASES OUTPUT

CASES: folders with model.onnx and calib.npz. Writes OUTPUT/NAME.onnx (QDQ, u8s8 per channel, min-max, every op type that it knows)
and OUTPUT/times.json: seconds and CPU seconds of the calibration by MinMax, CPU seconds of the rewrite, each case in a process of its
own with one thread, and the process's peak memory in MB. `ort_static.py CASE TARGET all` does one case with as many threads as ONNX Runtime takes
by itself. Opset 9 is raised to 13 first and Constant nodes become initializers: as they are, ONNX
Runtime's quantizer relabels the opset and takes such weights for activations.
"""

import json
import pathlib
import resource
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper, version_converter
from onnxruntime import quantization
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry


class Reader(quantization.CalibrationDataReader):
    def __init__(self, arrays):
        self.arrays, self.at = arrays, 0

    def get_next(self):
        count = len(next(iter(self.arrays.values())))
        if self.at == count:
            return None
        self.at += 1
        return {name: values[self.at - 1 : self.at] for name, values in self.arrays.items()}


def raised(path):
    model = onnx.load(path)
    if model.opset_import[0].version < 13:
        model = version_converter.convert_version(model, 13)
    constants = [node for node in model.graph.node if node.op_type == "Constant"]
    for node in constants:
        tensor = onnx.TensorProto()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        model.graph.initializer.append(tensor)
        model.graph.node.remove(node)
    return model


def measure(folder, target, threads):
    source = str(target.with_suffix(".float.onnx"))
    onnx.save(raised(folder / "model.onnx"), source)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # As CalibraterBase.create_inference_session has it, but for the threads.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    types = list(QDQRegistry) + [t for t in QLinearOpsRegistry if t not in QDQRegistry]
    started, begun = time.process_time(), time.perf_counter()
    calibrator = quantization.create_calibrator(
        source, types, augmented_model_path=str(target.with_suffix(".augmented.onnx"))
    )
    calibrator.infer_session = onnxruntime.InferenceSession(calibrator.augmented_model_path, options)
    arrays = dict(np.load(folder / "calib.npz"))
    calibrator.collect_data(Reader(arrays))
    ranges = calibrator.compute_data()
    calibrated, seconds = time.process_time(), time.perf_counter() - begun
    model = onnx.load(source)
    quantizer = QDQQuantizer(
        model, True, False, QuantType.QInt8, QuantType.QUInt8, ranges, [], [], types, {"DedicatedQDQPair": False}
    )
    quantizer.quantize_model()
    rewritten = time.process_time()
    quantizer.model.save_model_to_file(str(target), False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {
        "calibrationSeconds": seconds,
        "calibrationCpuSeconds": calibrated - started,
        "rewriteSeconds": rewritten - calibrated,
        "peakMB": peak,
    }


def main():
    if len(sys.argv) == 4:
        threads = 1 if sys.argv[3] == "one" else 0
        print(json.dumps(measure(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), threads)))
        return
    cases, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    times = {}
    for folder in sorted(path.parent for path in cases.glob("*/model.onnx")):
        command = [sys.executable, __file__, str(folder), str(output / f"{folder.name}.onnx"), "one"]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            print(f"{folder.name}: {made.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        times[folder.name] = json.loads(made.stdout.splitlines()[-1])
        print(folder.name, times[folder.name], flush=True)
    (output / "times.json").write_text(json.dumps(times, indent=1) + "\n")


if __name__ == "__main__":
    main()
