import { failureDetail, readable } from './failure-detail.ts';
import type { KnownSecrets } from './known-secrets.ts';
import type { Fields, Telemetry } from './ports.ts';

/** Fields that hold the text of an error, which anybody may have written. */
const DETAILS: readonly string[] = ['detail', 'reason', 'setAside'];
/** No field is nested deeper. */
const DEEPEST = 4;

/**
 * Telemetry through which nothing goes that was read from a secret, and no character that steers a terminal or hides
 * in a text. Details of failures are cut besides.
 */
export function guardedTelemetry(telemetry: Telemetry, secrets: KnownSecrets): Telemetry {
  const text = (name: string, value: string) => {
    const said = secrets.redact(value);
    return DETAILS.includes(name) ? failureDetail(said) : readable(said);
  };
  const safe = (name: string, value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(name, value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth === DEEPEST) return '…';
    if (Array.isArray(value)) return value.map((one) => safe(name, one, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, safe(key, one, depth + 1)]));
  };
  const guarded = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safe(name, value, 0)]));
  return {
    begin: (context) => telemetry.begin(guarded(context)),
    info: (message, fields = {}) => telemetry.info(text('message', message), guarded(fields)),
    warn: (message, fields = {}) => telemetry.warn(text('message', message), guarded(fields)),
    error: (code, detail, fields = {}) => telemetry.error(code, text('detail', detail), guarded(fields)),
    metric: (name, unit, value) => telemetry.metric(name, unit, value),
  };
}
