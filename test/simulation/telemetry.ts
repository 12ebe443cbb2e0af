import type { Telemetry } from '../../lib/ports.ts';
import type { Note } from './faults.ts';

/** Keeps the codes that a function emits; log lines go to the trace alone. */
export function codeTelemetry(
  name: string,
  note: Note,
  code: (code: string, detail: string, acl: string | undefined) => void,
): Telemetry {
  return {
    begin: () => {},
    info: (message, fields) => note?.(`${name}: ${message} ${fields?.acl ?? ''} ${fields?.ip ?? ''}`),
    warn: (message, fields) => note?.(`${name}: ${message} ${fields?.reason ?? ''}`),
    error: (which, detail, fields) => {
      note?.(`${name}: ${which} ${detail} ${fields?.reason ?? ''}`);
      code(which, detail, typeof fields?.acl === 'string' ? fields.acl : undefined);
    },
    metric: () => {},
  };
}
