import type { Fields, Telemetry } from '../../lib/ports.ts';
import type { Note } from './faults.ts';

export interface Said {
  /** @param acl where it is about one */
  readonly code: (code: string, detail: string, acl: string | undefined) => void;
  /** A line of the audit. */
  readonly audit: (fields: Fields) => void;
  /** These entries are in no zone for one update, since full zones change places. */
  readonly parted: (acl: string, entries: readonly string[]) => void;
}

/** Keeps what the promises are about; other log lines go to the trace alone. */
export function codeTelemetry(name: string, note: Note, { code, parted, audit }: Said): Telemetry {
  return {
    begin: () => {},
    info: (message, fields) => {
      note?.(`${name}: ${message} ${fields?.acl ?? ''} ${fields?.ip ?? ''}`);
      if (fields?.action !== undefined) audit(fields);
    },
    warn: (message, fields) => {
      note?.(`${name}: ${message} ${fields?.reason ?? ''}`);
      if (Array.isArray(fields?.parted)) parted(String(fields.acl), fields.parted.map(String));
    },
    error: (which, detail, fields) => {
      note?.(`${name}: ${which} ${detail} ${fields?.reason ?? ''}`);
      code(which, detail, typeof fields?.acl === 'string' ? fields.acl : undefined);
    },
    metric: () => {},
  };
}
