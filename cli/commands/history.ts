import { aclConfig } from '../../lib/config.ts';
import { usageFailure } from '../cli-failure.ts';
import { type Command, chosenAcls } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { chosenBy, type GrantChoice } from '../grant-choice.ts';
import { chosenEntries } from '../history/chosen-entries.ts';
import { type Entry, entriesOf } from '../history/entries.ts';
import { countsOf, entriesText, grantsText, summaryText } from '../history/history-text.ts';
import { verdictOn } from '../history/verdict.ts';
import { type GrantThen, whoWasIn } from '../history/who-was-in.ts';
import { momentOf } from '../local-time.ts';
import { moment, rfc3339 } from '../moments.ts';
import type { Target } from '../target.ts';
import { harmless, jsonText, painter } from '../terminal.ts';

export interface HistoryOptions extends GrantChoice {
  readonly acl?: readonly string[];
  /** A moment, as a person writes it: who was in then? */
  readonly at?: string;
  /** From when on; `deploy` is the last deploy. */
  readonly since?: string;
  readonly json: boolean;
}

const HOW = 'Such as 8h or 2d ago, 14:05, yesterday 14:05, 2026-11-24 14:05, or 2026-11-24T13:05Z.';
const DAY_MS = 86_400_000;
/** An event is stored some time after it was accepted, and a line comes after that. */
const LATE_MS = 900_000;

/** What happened, by the audit: to a person, an IP or an ACL, since when, or who was in at a moment. */
export const history: Command<HistoryOptions> = async (target, options, here) => {
  const { terminal } = here;
  const now = here.clock.now();
  const acls = chosenAcls(target, options.acl);
  const chosen = chosenBy(options);
  const at = options.at === undefined ? undefined : told('--at', options.at, now, terminal.timeZone);
  const longest = longestGrant(target);
  const until = at ?? now;
  // Whoever is in then may have come so long before, whatever is to be shown.
  const earliest = until - longest - LATE_MS;
  const since = at === undefined ? sinceOf(options.since, now, target, terminal.timeZone) : earliest;
  const who = options.user ?? options.ip;
  const from = who === undefined ? since : Math.min(since, earliest);
  terminal.note(`reading the log from ${moment(from)} to ${moment(until)} …`);
  const record = await target.record.lines(from, until);
  const kept = now - target.config.logRetentionDays * DAY_MS;
  if (record.since > since)
    terminal.note(`there is more than anybody waits for: what follows begins at ${moment(record.since)}`);
  else if (since < kept)
    terminal.note(`log lines are kept for ${target.config.logRetentionDays} days (logRetentionDays)`);
  const all = entriesOf(record.lines);
  const page = { ...terminal, paint: painter(terminal) };
  const shownSince = Math.max(since, record.since);
  const about = { target: target.name, since: rfc3339(shownSince), until: rfc3339(until) };
  if (at !== undefined) {
    const grants = whoWasIn(all, at).filter((grant) => acls.includes(grant.acl) && (chosen?.(grant) ?? true));
    if (options.json) terminal.out(jsonText({ ...about, at: rfc3339(at), in: grants.map(grantJson) }, 2));
    else {
      const heading = page.paint('bold', `${grants.length} in at ${moment(at, terminal.timeZone)}`);
      terminal.out([`${heading}  ${target.name}`, ...(grants.length > 0 ? [grantsText(grants, page)] : [])].join('\n'));
    }
    return EXIT.fine;
  }
  const entries = chosenEntries(entriesOf(record.lines, since), options);
  const judged = { all, own: chosenEntries(all, options), isWhole: Math.max(record.since, kept) <= now - longest };
  const verdict = who === undefined ? undefined : verdictOn(harmless(who), judged, now, terminal.timeZone);
  if (options.json) {
    const counts = Object.fromEntries(countsOf(entries));
    terminal.out(
      jsonText({ ...about, ...(verdict !== undefined && { verdict }), counts, entries: entries.map(entryJson) }, 2),
    );
    return EXIT.fine;
  }
  terminal.out(`${page.paint('bold', `since ${moment(shownSince, terminal.timeZone)}`)}  ${target.name}`);
  if (entries.length > 0) terminal.out(entriesText(entries, page));
  terminal.out(`\n${summaryText(entries)}${verdict === undefined ? '' : `\n${verdict}`}`);
  return EXIT.fine;
};

function told(option: string, text: string, now: number, timeZone: string): number {
  const ms = momentOf(text, now, timeZone);
  if (ms === undefined || ms < 0) throw usageFailure(`${option} ${text} is no moment`, HOW);
  if (ms > now) throw usageFailure(`${option} ${text} is not over yet`, HOW);
  return ms;
}

function sinceOf(text: string | undefined, now: number, { record }: Target, timeZone: string): number {
  if (text === 'deploy') return record.deployedAt;
  return text === undefined ? now - DAY_MS : told('--since', text, now, timeZone);
}

/** Whoever is in has a grant that is no older than this, in milliseconds. */
function longestGrant({ config }: Target): number {
  const minutes = Object.keys(config.acls).map((acl) => aclConfig(config, acl)?.maxGrantMinutes ?? 0);
  return Math.max(...minutes) * 60_000;
}

function entryJson({ at, lastAt, expiresAt, ...entry }: Entry): unknown {
  return {
    ...{ at: rfc3339(at), ...entry },
    ...(lastAt !== undefined && { lastAt: rfc3339(lastAt) }),
    ...(expiresAt !== undefined && { expiresAt: rfc3339(expiresAt) }),
  };
}

function grantJson({ since, inZoneSince, expiresAt, ...grant }: GrantThen): unknown {
  return {
    ...{ ...grant, since: rfc3339(since), expiresAt: rfc3339(expiresAt) },
    ...(inZoneSince !== undefined && { inZoneSince: rfc3339(inZoneSince) }),
  };
}
