import { ERRORS, type ErrorCode } from '../../lib/error-codes.ts';
import { METRICS } from '../../lib/names.ts';
import type { Fields, Telemetry } from '../../lib/ports.ts';

/** The log lines that the functions write on AWS, handed over as objects: the metrics' lines among them. */
export function logTelemetry(functionName: string, now: () => number, write: (line: Fields) => void): Telemetry {
  let context: Fields = {};
  const log = (level: string, message: string, fields: Fields = {}) => {
    const timestamp = new Date(now()).toISOString();
    // Through JSON and back: what a log line can't hold is not there, as on AWS.
    const line: Fields = JSON.parse(
      JSON.stringify({ level, message, timestamp, function: functionName, ...context, ...fields }),
    );
    write(line);
  };
  const metric = (name: string, unit: string, value: number, dimensions: Readonly<Record<string, string>>) => {
    const all = { [METRICS.serviceDimension]: 'local', ...dimensions };
    const directive = {
      Namespace: METRICS.namespace,
      Dimensions: [Object.keys(all)],
      Metrics: [{ Name: name, Unit: unit }],
    };
    write({ _aws: { Timestamp: now(), CloudWatchMetrics: [directive] }, ...all, [name]: value });
  };
  return {
    begin: (fields) => {
      context = fields;
    },
    info: (message, fields) => log('INFO', message, fields),
    warn: (message, fields) => log('WARN', message, fields),
    error: (code: ErrorCode, detail, fields) => {
      log('ERROR', ERRORS[code].name, { ...fields, code, detail });
      metric(METRICS.errors, 'Count', 1, { [METRICS.codeDimension]: code });
    },
    metric: (name, unit, value) => metric(name, unit, value, {}),
  };
}
