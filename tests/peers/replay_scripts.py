"""Runs the replay.py of finished tunings and compares the models with Octet's: scales, zero points, codes, outputs.

    pip install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
    python tests/peers/replay_scripts.py CASES RESULTS

CASES: folders with model.onnx and eval.npz. RESULTS: for each case an output folder of `octet tune`, named as the case, or
as the case, a dot and what was asked for.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

SAMPLES = 64


def parts(path):
    """What the model says in integers: activations by tensor (with shapes: one of [1] does not fuse as a scalar does), weights and biases by node and input, stored weights."""
    graph = onnx.load(path).graph
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    writers = {name: node for node in graph.node for name in node.output}
    found = {"activations": {}, "weights": {}, "stored": []}
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            found["activations"][node.name] = [(values[name].shape, values[name].tobytes()) for name in node.input[1:]]
        for index, name in enumerate(node.input):
            writer = writers.get(name)
            if writer is not None and writer.op_type == "DequantizeLinear" and writer.input[0] in values:
                scale = values[writer.input[1]].reshape(-1)
                found["weights"][node.name, index] = [values[writer.input[0]].tobytes(), scale.tobytes()]
        if node.op_type in ("MatMulInteger", "ConvInteger"):
            found["stored"].append(values[node.input[1]].tobytes())
        if node.op_type == "Cast" and node.input[0] in values and values[node.input[0]].dtype in (numpy.int8, numpy.float16):
            found["stored"].append(values[node.input[0]].tobytes())
    found["stored"] = {str(i): each for i, each in enumerate(sorted(found["stored"]))}
    return found


def same(ours, theirs):
    keys = ours.keys() | theirs.keys()
    return f"{sum(ours.get(key) == theirs.get(key) for key in keys)} of {len(keys)}"


def outputs(path, arrays):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {each.name: arrays[each.name][:SAMPLES] for each in session.get_inputs()}
    batches = [{name: values[i : i + 1] for name, values in feeds.items()} for i in range(len(next(iter(feeds.values()))))]
    return numpy.concatenate([session.run(None, batch)[0].reshape(1, -1) for batch in batches])


def main(cases, results):
    print("| tuning | activations alike | weights and biases alike | stored weights alike | largest output difference | bytes |")
    print("| --- | --- | --- | --- | --- | --- |")
    for folder in sorted(pathlib.Path(results).iterdir()):
        case = pathlib.Path(cases) / folder.name.split(".")[0]
        if not (folder / "replay.py").exists() or not case.exists():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            made = pathlib.Path(scratch) / "model.int8.onnx"
            command = [sys.executable, folder / "replay.py", case / "model.onnx", made]
            ended = subprocess.run(command, capture_output=True, text=True)
            if ended.returncode != 0:
                print(f"| {folder.name} | {ended.stderr.strip().splitlines()[0]} | | | | |")
                continue
            ours, theirs = parts(folder / "model.int8.onnx"), parts(made)
            arrays = numpy.load(case / "eval.npz")
            difference = numpy.abs(outputs(folder / "model.int8.onnx", arrays) - outputs(made, arrays)).max()
            sizes = f"{(folder / 'model.int8.onnx').stat().st_size} : {made.stat().st_size}"
            alike = " | ".join(same(ours[kind], theirs[kind]) for kind in ("activations", "weights", "stored"))
            print(f"| {folder.name} | {alike} | {difference:.2g} | {sizes} |")


main(*sys.argv[1:3])
