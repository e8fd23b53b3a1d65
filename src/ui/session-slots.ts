import type { SessionFiles } from '../history/session-database.ts';
import type { SessionHeader } from '../history/session-record.ts';
import type { Slots } from './sort-files.ts';

/** The files of a session as the start view holds them; `settingsName`: of a configuration that came from the page's form. */
export function slotsOf({ config, strategy, ...files }: SessionFiles, settingsName: string): Slots {
  const text = (file: SessionFiles['config'], name = file?.fileName ?? ''): Slots['config'] =>
    file ? [{ path: name, blob: new Blob([file.text]) }] : [];
  return {
    model: files.model,
    calibration: files.calibration,
    evaluation: files.evaluation,
    holdOut: files.holdOut ?? [],
    config: text(config, config?.fileName === settingsName ? 'tune-config.yaml' : config?.fileName),
    strategy: text(strategy),
  };
}

/** Names of what a session ran on and did not bring along. */
export function missingFiles({ model, data, customStrategy }: SessionHeader, slots: Slots): string[] {
  const { calibration, evaluation, holdOut, splitSeed } = data;
  const isOwn = splitSeed === undefined && calibration.sha256 !== evaluation.sha256;
  return [
    ...(slots.model.length === 0 ? [model.name] : []),
    ...(slots.evaluation.length === 0 ? [evaluation.name] : []),
    ...(slots.evaluation.length === 0 && isOwn ? [calibration.name] : []),
    ...(slots.evaluation.length === 0 && holdOut && holdOut.name !== evaluation.name ? [holdOut.name] : []),
    ...(slots.strategy.length === 0 && customStrategy ? [customStrategy.fileName] : []),
  ];
}
