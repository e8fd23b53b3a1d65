import type { SessionHeader } from '../history/session-record.ts';
import type { JournalIdentity } from '../tuning/journal.ts';

/** What a session was made of, as its journal tells it apart from others. */
export function identityOf({
  model,
  data,
  settings,
  runtime,
  customStrategy,
}: Omit<SessionHeader, 'goal'>): JournalIdentity {
  return {
    modelSha256: model.sha256,
    calibrationSha256: data.calibration.sha256,
    evaluationSha256: evaluationIdentity(data),
    settings,
    strategySha256: customStrategy?.sha256 ?? null,
    runtime: `${runtime.provider} ${runtime.version}, ${runtime.device ?? `${runtime.threads} thread`}`,
  };
}

/** A file that is held out belongs to what the session is judged by; a share of the evaluation data follows from the settings. */
function evaluationIdentity({ evaluation, holdOut }: SessionHeader['data']): string {
  const isOwnFile = holdOut !== undefined && holdOut.sha256 !== evaluation.sha256;
  return isOwnFile ? `${evaluation.sha256} ${holdOut.sha256}` : evaluation.sha256;
}
