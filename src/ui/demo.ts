import { Fault } from '../base/fault.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { SessionFiles } from '../history/session-database.ts';

/** The files in `public/demo`, which lie beside the page. */
export async function demoFiles(): Promise<SessionFiles> {
  const [model, calibration, evaluation, labels, config] = await Promise.all([
    demoFile('model.onnx', 'fashion-vit.onnx'),
    demoFile('calib.npz', 'calib.npz'),
    demoFile('eval.npz', 'eval.npz'),
    demoFile('labels.txt', 'labels.txt'),
    demoFile('config.yaml', 'config.yaml'),
  ]);
  return {
    model: [model],
    calibration: [calibration],
    evaluation: [evaluation, labels],
    config: { text: await config.blob.text(), fileName: config.path },
  };
}

async function demoFile(name: string, path: string): Promise<SourceFile> {
  const response = await fetch(`demo/${name}`);
  if (!response.ok) {
    throw new Fault('file-unreadable', {
      message: 'The demo could not be loaded',
      file: `demo/${name}`,
      found: `${response.status} ${response.statusText}`,
      next: 'Reload the page, or drop a model and data of your own.',
    });
  }
  return { path, blob: await response.blob() };
}
