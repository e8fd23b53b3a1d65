import type { TunerApi } from '../engine/tuner-api.ts';
import type { SpareMemory } from '../history/spare-shelves.ts';
import { callback, shared, type Remote, type WorkerHandle } from './remote.ts';
import { Supervisor } from './supervisor.ts';
import { webWorker } from './web-worker.ts';

/** The page's way to the tuner worker. A hard stop ends the worker at once; the next call starts another. */
export interface Tuner extends Omit<Remote<TunerApi>, 'keepIn'> {
  terminate(): void;
}

/** `memory`: of the page, for what the disk refuses; a worker's own would end with it. */
export function createTuner(memory: SpareMemory, spawn: () => WorkerHandle = tunerWorker): Tuner {
  const supervisor = new Supervisor<TunerApi>('The tuner', spawn, (tuner) => tuner.keepIn(shared(memory)));
  const { api } = supervisor;
  return {
    tune: (request, onEvents) => api.tune(request, callback(onEvents)),
    measureSensitivity: (request, onEvents) => api.measureSensitivity(request, callback(onEvents)),
    tryMove: (request, move, onEvents) => api.tryMove(request, move, callback(onEvents)),
    forecast: (request, move) => api.forecast(request, move),
    opValues: (request, op) => api.opValues(request, op),
    endWhatIf: () => api.endWhatIf(),
    preview: (request, onShare) => api.preview(request, callback(onShare)),
    listArrays: (request) => api.listArrays(request),
    pause: () => api.pause(),
    resume: () => api.resume(),
    stop: () => api.stop(),
    readConfig: (config) => api.readConfig(config),
    configText: (settings) => api.configText(settings),
    configOutline: () => api.configOutline(),
    strategies: () => api.strategies(),
    presets: () => api.presets(),
    unpack: (files) => api.unpack(files),
    inspect: (model) => api.inspect(model),
    rebuild: (recipe, model) => api.rebuild(recipe, model),
    terminate: () => supervisor.terminate(),
  };
}

function tunerWorker(): WorkerHandle {
  return webWorker(new Worker(new URL('../../workers/tuner.worker.ts', import.meta.url), { type: 'module' }));
}
