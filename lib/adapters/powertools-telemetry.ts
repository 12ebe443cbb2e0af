import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { ERRORS, type ErrorCode } from '../error-codes.ts';
import { METRICS } from '../names.ts';
import type { Fields, Telemetry } from '../ports.ts';
import { VERSION } from '../version.ts';

/** What the library adds to each line although nothing here is sampled or traced: an eighth of all that is logged. */
const UNUSED = ['sampling_rate', 'xray_trace_id'];

const logger = new Logger({
  persistentKeys: { version: VERSION },
  jsonReplacerFn: (name, value) => (UNUSED.includes(name) ? undefined : value),
});
const metrics = new Metrics({ namespace: METRICS.namespace });

/**
 * Log lines as JSON, metrics as log lines of CloudWatch's embedded metric format. The service name,
 * which is also a dimension of every metric, comes from the environment (ENV.serviceName).
 */
export const powertoolsTelemetry: Telemetry = {
  begin(context: Fields) {
    logger.resetKeys();
    logger.appendKeys({ ...context });
  },
  info(message: string, fields: Fields = {}) {
    logger.info(message, { ...fields });
  },
  warn(message: string, fields: Fields = {}) {
    logger.warn(message, { ...fields });
  },
  error(code: ErrorCode, detail: string, fields: Fields = {}) {
    logger.error(ERRORS[code].name, { ...fields, code, detail });
    // One metric object for each: several codes of one invocation would overwrite each other's dimension.
    metrics.singleMetric().addDimension(METRICS.codeDimension, code).addMetric(METRICS.errors, MetricUnit.Count, 1);
  },
  metric(name, unit, value) {
    metrics.singleMetric().addMetric(name, MetricUnit[unit], value);
  },
};
