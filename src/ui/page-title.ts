import type { SessionState } from './state/session.svelte.ts';

/** What the tab says while the page is out of sight. */
export function pageTitle(session: SessionState | null): string {
  if (!session) return 'Octet';
  const { name, phase, trials, opened, stage } = session;
  const most = opened ? `/${opened.maxTrials}` : '';
  const state =
    phase === 'running'
      ? stage === 'tuning'
        ? `${Math.max(0, trials.length - 1)}${most}`
        : stage
      : phase === 'finished'
        ? 'Done'
        : phase;
  return `${state} · ${name} · Octet`;
}
