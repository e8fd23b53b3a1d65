import { Fault } from '../../base/fault.ts';

export function notBegun(name: string): Fault {
  return new Fault('usage', {
    message: `The session ${name} was left before its files had been read`,
    next: 'Resume it, or delete it.',
  });
}

export function gone(name: string): Fault {
  return new Fault('usage', {
    message: `The session ${name} is no longer there`,
    next: 'Another tab has deleted it: reload the page to see what is left.',
  });
}

export function filesMissing(name: string): Fault {
  return new Fault('usage', {
    message: `The session ${name} was imported without its model and data`,
    next: 'Choose New session, drop the same model, data and configuration, open the session from the list and resume it.',
  });
}

export function busy(): Fault {
  return new Fault('usage', {
    message: 'A session is running',
    next: 'Stop it, or choose New session; then drop the files again.',
  });
}

export function elsewhere(name: string): Fault {
  return new Fault('usage', {
    message: `The session ${name} runs in another tab`,
    next: 'Go to that tab, or close it and resume here.',
  });
}
