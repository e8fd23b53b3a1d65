"""Scores Octet's files with native ONNX Runtime beside the score that Octet states.

    pip install onnxruntime==1.32.0 numpy==2.4.6
    python tests/peers/native_score.py CASES RESULTS

CASES: folders with eval.npz and case.json. RESULTS: for each case an output folder of `octet tune`.
"""

import json
import pathlib
import sys

import numpy
import onnxruntime


def predictions(path, feeds, name, batch):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    values = feeds[name]
    return numpy.concatenate(
        [session.run(None, {name: values[i : i + batch]})[0] for i in range(0, len(values), batch)]
    )


def top1(outputs, labels):
    return float((outputs.argmax(-1) == labels).mean())


def ctc_exact_match(outputs, labels, blank, space):
    def read(row):
        kept = [c for i, c in enumerate(row) if c != blank and (i == 0 or c != row[i - 1])]
        return strip(kept)

    def strip(row):
        row = list(row)
        while row and row[0] == space:
            row.pop(0)
        while row and row[-1] == space:
            row.pop()
        return row

    best = outputs.argmax(-1)
    return float(numpy.mean([read(b) == strip(c for c in l if c != 0) for b, l in zip(best, labels)]))


def main(cases, results):
    print("| case | stated | native | difference, points |\n| --- | --- | --- | --- |")
    for folder in sorted(pathlib.Path(results).iterdir()):
        case = pathlib.Path(cases) / folder.name
        if not (folder / "model.int8.onnx").exists() or not case.exists():
            continue
        spec = json.loads((case / "case.json").read_text())
        data = numpy.load(case / "eval.npz")
        outputs = predictions(folder / "model.int8.onnx", data, spec["input"], spec.get("batch_size", 50))
        ctc = spec.get("ctc")
        score = ctc_exact_match(outputs, data["labels"], ctc["blank"], ctc["space"]) if ctc else top1(outputs, data["labels"])
        history = json.loads((folder / "history.json").read_text())
        stated = next(t["score"] for t in history["trials"] if t["number"] == history["best"])
        print(f"| {folder.name} | {100 * stated:.2f} | {100 * score:.2f} | {100 * (score - stated):+.2f} |")


main(*sys.argv[1:3])
