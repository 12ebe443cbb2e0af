import type { Config } from '../config.ts';
import { failureDetail } from '../failure-detail.ts';
import type { ListRecord, ListRecords } from '../list-record.ts';
import type { Telemetry } from '../ports.ts';
import type { ListFailure } from './list-failure.ts';
import type { ParsedList } from './parse-list.ts';

/** What stays as it is is stored once in so many milliseconds: an item is paid by the write, and alarms count minutes. */
const STORE_EVERY_MS = 60_000;

export interface ReadLogDeps {
  readonly config: Config;
  readonly records: ListRecords;
  readonly telemetry: Telemetry;
}

/** Says how the reads of one ACL's list go, and keeps it for the alarm and for operators. */
export class ReadLog {
  readonly #acl: string;
  readonly #deps: ReadLogDeps;
  /** What this process stored last, and when in milliseconds since the epoch. */
  #stored: { readonly what: string; readonly at: number } | undefined;
  #skipped = '';
  #failingSince: number | undefined;

  constructor(acl: string, deps: ReadLogDeps) {
    this.#acl = acl;
    this.#deps = deps;
  }

  /** @param began when the read began, in milliseconds since the epoch */
  async succeeded({ ips, skipped }: ParsedList, began: number): Promise<void> {
    const { telemetry } = this.#deps;
    if (this.#failingSince !== undefined) telemetry.info('the list can be read again', { acl: this.#acl });
    this.#failingSince = undefined;
    const left = Object.values(skipped).reduce((sum, count) => sum + count, 0);
    const said = JSON.stringify(skipped);
    if (left > 0 && said !== this.#skipped) {
      telemetry.warn('entries of the list are left out', { acl: this.#acl, skipped: left, why: skipped });
    }
    this.#skipped = said;
    const counts = { entries: ips.size, skipped: left };
    await this.#store({ ...counts, readAt: began, failure: null }, `${ips.size} ${left}`, began);
  }

  /** @param began when the read began, in milliseconds since the epoch */
  async failed({ code, message, cause }: ListFailure, began: number): Promise<void> {
    const detail = failureDetail(message);
    const { telemetry } = this.#deps;
    telemetry.error(code, detail, { acl: this.#acl, ...(cause instanceof Error && { reason: cause.name }) });
    this.#failingSince ??= began;
    const failure = { code, detail, at: began, since: this.#failingSince };
    try {
      await this.#store({ failure }, code, began);
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown';
      telemetry.error('STORE001', 'it is not stored that a list cannot be read', { acl: this.#acl, reason });
    }
  }

  async #store(
    change: { readonly [Name in keyof ListRecord]?: ListRecord[Name] | null },
    what: string,
    now: number,
  ): Promise<void> {
    const { at, what: before } = this.#stored ?? { at: Number.NEGATIVE_INFINITY, what: '' };
    if (before === what && now >= at && now < at + STORE_EVERY_MS) return;
    await this.#deps.records.set(this.#acl, change);
    this.#stored = { what, at: now };
  }
}
