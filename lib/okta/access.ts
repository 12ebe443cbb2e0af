import type { Gateway } from '../addresses/address-block.ts';
import type { CachedSecret } from '../cached-secret.ts';
import type { Clock } from '../ports.ts';
import type { Authorization } from './authorization.ts';
import { CALL_TIMEOUT_MS } from './call-timeout.ts';
import { isAsRead, type OktaZone, type OktaZones, type WriteAnswer, type ZoneAnswer } from './client.ts';
import type { OktaCredentials } from './credentials.ts';
import { OktaFailure } from './okta-failure.ts';
import type { Quota } from './rate-limit.ts';
import type { OktaRest, Rest } from './rest.ts';

/** One call to Okta, for the log. */
export interface OktaCall {
  readonly method: 'GET' | 'PUT';
  readonly zoneId: string;
  readonly oktaStatus: number | 'none';
  readonly tookMs: number;
  readonly quotaLimit?: number;
  readonly quotaRemaining?: number;
}

/** A call with what proves who calls. `isNew`: Okta was asked for that, or refused another, a moment ago. */
type Call<Answer> = (by: Authorization, isNew: boolean) => Promise<Answer>;

/** Left after the last call to save what it led to, in milliseconds. */
const TIME_TO_SAVE_MS = 3_000;

/**
 * Okta's zones with the credentials and the time that a rebuild has: no call goes out that could still be
 * under way when the function's time, and with it the lease, is over.
 */
export class OktaAccess {
  readonly #zones: OktaZones;
  readonly #secret: CachedSecret;
  readonly #clock: Clock;
  readonly #rest: OktaRest;
  readonly #deadline: number;
  readonly #tell: (call: OktaCall) => void;

  /**
   * @param deadline milliseconds since the epoch
   * @param tell is told of every call once it is over
   */
  constructor(
    zones: OktaZones,
    secret: CachedSecret,
    clock: Clock,
    rest: OktaRest,
    deadline: number,
    tell: (call: OktaCall) => void = () => {},
  ) {
    this.#zones = zones;
    this.#rest = rest;
    this.#secret = secret;
    this.#clock = clock;
    this.#deadline = deadline;
    this.#tell = tell;
  }

  /** @throws {OktaFailure} */
  async get(zoneId: string): Promise<ZoneAnswer> {
    return this.#authorized((by) => this.#read(zoneId, by));
  }

  /**
   * Where signing in came between the reading and this, the zone is read again: what others have changed meanwhile would
   * be undone.
   * @param zone the zone as just read
   * @throws {OktaFailure}
   */
  async putGateways(zoneId: string, zone: OktaZone, gateways: readonly Gateway[]): Promise<WriteAnswer> {
    return this.#authorized(async (by, isNew) => {
      if (isNew) {
        const found = await this.#read(zoneId, by);
        if (!isAsRead(found.zone, zone)) return { ...found, written: false };
      }
      const answer = await this.#called('PUT', zoneId, by, () => this.#zones.putGateways(zoneId, zone, gateways, by));
      return { ...answer, written: true };
    });
  }

  async #read(zoneId: string, by: Authorization): Promise<ZoneAnswer> {
    return this.#called('GET', zoneId, by, () => this.#zones.get(zoneId, by));
  }

  async #called(method: OktaCall['method'], zoneId: string, by: Authorization, call: () => Promise<ZoneAnswer>) {
    return this.#inTime(async () => {
      // Another ACL's rebuild may have learned it since this one took the token up.
      if (this.#zones.signIn.isRefused(by)) throw new OktaFailure('OKTA001', 'Okta has just refused the token');
      return this.#told(method, zoneId, call());
    });
  }

  async #told(method: OktaCall['method'], zoneId: string, answer: Promise<ZoneAnswer>): Promise<ZoneAnswer> {
    const began = this.#clock.now();
    const tell = (oktaStatus: OktaCall['oktaStatus'], quota?: Quota) =>
      this.#tell({
        ...{ method, zoneId, oktaStatus, tookMs: this.#clock.now() - began },
        ...(quota && { quotaLimit: quota.limit, quotaRemaining: quota.remaining }),
      });
    try {
      const { quota } = await answer;
      tell(200, quota);
    } catch (error) {
      const status = error instanceof OktaFailure ? error.fields.oktaStatus : undefined;
      tell(typeof status === 'number' ? status : 'none');
    }
    return answer;
  }

  /** What Okta refuses is tried once more: with other credentials, if there are any, or with another token for the same. */
  async #authorized<Answer>(call: Call<Answer>): Promise<Answer> {
    const held = await this.#usable();
    let by: Authorization | undefined;
    try {
      const current = this.#zones.signIn.current(held.credentials);
      by = current ?? (await this.#fetched(held.credentials));
      return await call(by, current === undefined);
    } catch (error) {
      this.#renewIfForbidden(error, by, held.credentials);
      // Refused by Okta, or signed by no key.
      if (!(error instanceof OktaFailure) || !['OKTA001', 'ZONE006'].includes(error.code)) throw error;
      // First, so that it is not shown again where the secret can't be read.
      const canRenew = by !== undefined && this.#zones.signIn.forget(by, held.credentials);
      const other = await this.#secretText(() => this.#secret.getOtherThan(held.text));
      if (other === undefined && !canRenew) throw error;
      return this.#lastTry(call, other === undefined ? held.credentials : this.#zones.signIn.credentials(other));
    }
  }

  async #lastTry<Answer>(call: Call<Answer>, credentials: OktaCredentials): Promise<Answer> {
    const by = this.#zones.signIn.current(credentials) ?? (await this.#fetched(credentials));
    try {
      return await call(by, true);
    } catch (error) {
      this.#renewIfForbidden(error, by, credentials);
      // The next call need not learn it again.
      if (error instanceof OktaFailure && error.code === 'OKTA001') this.#zones.signIn.forget(by, credentials);
      throw error;
    }
  }

  #renewIfForbidden(error: unknown, by: Authorization | undefined, credentials: OktaCredentials): void {
    const isForbidden = error instanceof OktaFailure && error.code === 'OKTA002';
    if (isForbidden && by) this.#zones.signIn.renew(by, credentials);
  }

  /** @throws {OktaFailure} */
  async #fetched(credentials: OktaCredentials): Promise<Authorization> {
    return this.#inTime(() => this.#zones.signIn.fetch(credentials, () => this.#assertNoRest()));
  }

  /** What can be no credentials is fetched once more as well, and goes no further. @throws {OktaFailure} ZONE006 */
  async #usable(): Promise<{ readonly text: string; readonly credentials: OktaCredentials }> {
    const text = (await this.#secretText(() => this.#secret.get())) ?? '';
    try {
      return { text, credentials: this.#zones.signIn.credentials(text) };
    } catch (error) {
      const other = text === '' ? undefined : await this.#secretText(() => this.#secret.getOtherThan(text));
      if (other === undefined) throw error;
      return { text: other, credentials: this.#zones.signIn.credentials(other) };
    }
  }

  async #secretText(read: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await read();
    } catch (cause) {
      throw new OktaFailure('ZONE006', "the secret that holds the Okta credentials can't be read", {}, { cause });
    }
  }

  /** @throws {OktaFailure} instead of calling, where there is no time left or Okta wants no calls now */
  async #inTime<T>(call: () => Promise<T>): Promise<T> {
    // Before every call: another ACL's rebuild may have met the limit while this one was under way.
    const rest = await this.#assertNoRest();
    const began = this.#clock.now();
    if (began + CALL_TIMEOUT_MS + TIME_TO_SAVE_MS > this.#deadline) {
      throw new OktaFailure('ZONE003', 'no time is left for another call; the rebuild goes on in a new run');
    }
    try {
      const answer = await call();
      if (rest.refusals > 0) await this.#rest.succeeded(this.#clock.now());
      return answer;
    } catch (error) {
      if (!(error instanceof OktaFailure) || error.code !== 'OKTA005') throw error;
      const now = this.#clock.now();
      const { until, refusals } = await this.#rest.refused(error.retryInMs ?? 0, began, now);
      throw error.resting(until - now, { refusals });
    }
  }

  /** @throws {OktaFailure} where Okta wants no calls now */
  async #assertNoRest(): Promise<Rest> {
    const rest = await this.#rest.get(this.#clock.now());
    const retryInMs = rest.until - this.#clock.now();
    if (retryInMs > 0) throw new OktaFailure('OKTA005', 'Okta has refused calls until later', {}, { retryInMs });
    return rest;
  }
}
