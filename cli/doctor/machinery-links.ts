import { allErrorCodes } from '../../lib/error-codes.ts';
import { firstStep } from '../advice.ts';
import { moment } from '../moments.ts';
import type { AlarmOn, AlarmTopicFact, DeadLetterFact, PartFact, ScheduleFact } from '../target.ts';
import { type Finding, failure, ok, skipped, warning } from './finding.ts';

/** A verification may be this much later than it is due: two ticks, a pause, and the work itself. */
const LATE_MS = 180_000;
const MINUTE_MS = 60_000;

export function partLinks(parts: readonly PartFact[]): Finding[] {
  const broken = parts.filter(({ usable }) => !usable);
  const [first, ...others] = parts;
  if (first && broken.length === 0) {
    const more = others.length === 0 ? '' : `; ${others.length} more in order: functions and their triggers`;
    return [ok('resources', `${first.name}: ${first.state}${more}`)];
  }
  const mend = 'Look at it in the AWS console. A deploy (npm run cdk -- deploy) undoes changes by hand.';
  return broken.map(({ name, state }) => failure('resources', `${name}: ${state}`, mend));
}

export interface Checks {
  /** When each ACL was last checked, with success or not; undefined: never. Milliseconds since the epoch. */
  readonly lastChecks: readonly (number | undefined)[];
  readonly verifyMinutes: number;
  readonly now: number;
}

/** Whether the minute tick comes: by what the schedule says of itself, and by what the tick leads to. */
export function scheduleLink(schedule: ScheduleFact, { lastChecks, verifyMinutes, now }: Checks): Finding {
  const link = 'schedule';
  if (!schedule.enabled) {
    const detail = 'the minute schedule is disabled: grants do not end on time, and failed rebuilds are not repeated';
    return failure(link, detail, 'Enable the schedule again, or deploy (npm run cdk -- deploy).');
  }
  const mend = 'Read docs/errors.md#tick-missing: the log of the expiry function, and the role of the schedule.';
  const { recentInvocations: count } = schedule;
  if (count === 0) return failure(link, 'the expiry function was not invoked for ten minutes', mend);
  const ticks = count === undefined ? 'enabled' : `${count} invocations in ten minutes`;
  const known = lastChecks.filter((check) => check !== undefined);
  if (known.length === 0) {
    return warning(
      link,
      `${ticks}, but no zone has been checked yet`,
      'After a first deploy this takes up to two minutes.',
    );
  }
  // The ACL that was left alone for the longest: the tick sees to all of them.
  const oldest = Math.min(...known);
  if (now - oldest > verifyMinutes * MINUTE_MS + LATE_MS) {
    return failure(
      link,
      `${ticks}, but a zone was last checked at ${moment(oldest)}; it is due every ${verifyMinutes} min`,
      mend,
    );
  }
  return ok(link, `${ticks}; every zone was checked since ${moment(oldest)}`);
}

export function deadLetterLinks(queues: readonly DeadLetterFact[]): Finding[] {
  const full = queues.filter(({ messages }) => messages > 0);
  if (full.length === 0) return [ok('dead letters', `none (${queues.map(({ queue }) => queue).join(', ')})`)];
  return full.map(({ queue, messages }) => {
    const detail = `${messages} in the queue of ${queue}`;
    if (queue === 'events') {
      const meaning = 'events that were accepted but not applied';
      return failure('dead letters', `${detail}: ${meaning}`, 'Mend the cause, then run `npm run zone -- redrive`.');
    }
    const mend =
      'Mend the cause (docs/errors.md#dead-letter-queues), then purge the queue: the minute tick does their work without them.';
    return warning('dead letters', detail, mend);
  });
}

export function subscriptionLinks(topics: readonly AlarmTopicFact[] | undefined): Finding[] {
  return topics?.map(subscribers) ?? [skipped('alarms', 'this system has none')];
}

function subscribers({ output, alarms, subscriptions }: AlarmTopicFact): Finding {
  const about = alarms === undefined ? '' : ` to ${alarms}`;
  const names = (of: typeof subscriptions) => of.map(({ endpoint }) => endpoint).join(', ');
  const waiting = subscriptions.filter(({ confirmed }) => !confirmed);
  if (subscriptions.length === 0) {
    const mend = `Set alarmEmail in the configuration and deploy, or subscribe to the topic in the stack output ${output}.`;
    return warning('alarms', `nobody is subscribed${about}`, mend);
  }
  if (waiting.length > 0) {
    const mend = 'Follow the link in the mail that AWS sent there.';
    return warning('alarms', `not confirmed yet: ${names(waiting)}${about}`, mend);
  }
  return ok('alarms', `subscribed${about}: ${names(subscriptions)}`);
}

/** What to do first: by the catalogue for a code, else as the alarm's description says. */
export function alarmLinks(alarms: readonly AlarmOn[]): Finding[] {
  return alarms.map(({ name, description }) => {
    const code = allErrorCodes().find((one) => name.endsWith(`-${one}`));
    const [, first = description] = /First: (.*)$/s.exec(description) ?? [];
    const mend = code ? firstStep(code) : first;
    return warning('alarms', `${name} is on`, mend, code);
  });
}
