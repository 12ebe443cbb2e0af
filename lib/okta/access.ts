import type { Gateway } from '../addresses/address-block.ts';
import type { CachedSecret } from '../cached-secret.ts';
import type { Clock } from '../ports.ts';
import { CALL_TIMEOUT_MS, type OktaZone, type OktaZones, type ZoneAnswer } from './client.ts';
import { asToken, tokenProblem } from './credentials.ts';
import { OktaFailure } from './okta-failure.ts';
import type { Quota } from './rate-limit.ts';
import type { OktaRest } from './rest.ts';

/** One call to Okta, for the log. */
export interface OktaCall {
  readonly method: 'GET' | 'PUT';
  readonly zoneId: string;
  readonly oktaStatus: number | 'none';
  readonly tookMs: number;
  readonly quotaLimit?: number;
  readonly quotaRemaining?: number;
}

/** Left after the last call to save what it led to, in milliseconds. */
const TIME_TO_SAVE_MS = 3_000;

/**
 * Okta's zones with the token and the time that a rebuild has: no call goes out that could still be
 * under way when the function's time, and with it the lease, is over.
 */
export class OktaAccess {
  readonly #zones: OktaZones;
  readonly #token: CachedSecret;
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
    token: CachedSecret,
    clock: Clock,
    rest: OktaRest,
    deadline: number,
    tell: (call: OktaCall) => void = () => {},
  ) {
    this.#zones = zones;
    this.#rest = rest;
    this.#token = token;
    this.#clock = clock;
    this.#deadline = deadline;
    this.#tell = tell;
  }

  /** @throws {OktaFailure} */
  async get(zoneId: string): Promise<ZoneAnswer> {
    return this.#authorized((token) => this.#told('GET', zoneId, this.#zones.get(zoneId, token)));
  }

  /** @throws {OktaFailure} */
  async putGateways(zoneId: string, zone: OktaZone, gateways: readonly Gateway[]): Promise<ZoneAnswer> {
    return this.#authorized((token) =>
      this.#told('PUT', zoneId, this.#zones.putGateways(zoneId, zone, gateways, token)),
    );
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

  /** A refused token is fetched once more: it may have been rotated. */
  async #authorized(call: (token: string) => Promise<ZoneAnswer>): Promise<ZoneAnswer> {
    const token = await this.#usableToken();
    try {
      return await this.#inTime(() => call(token));
    } catch (error) {
      if (!(error instanceof OktaFailure) || error.code !== 'OKTA001') throw error;
      const other = await this.#read(() => this.#token.getOtherThan(token));
      if (other === undefined) throw error;
      const fresh = asToken(other);
      return this.#inTime(() => call(fresh));
    }
  }

  /** What can be no token is fetched once more as well, and goes no further. @throws {OktaFailure} ZONE006 */
  async #usableToken(): Promise<string> {
    const text = await this.#read(() => this.#token.get());
    if (text === undefined || tokenProblem(text) === undefined) return asToken(text);
    return asToken((await this.#read(() => this.#token.getOtherThan(text))) ?? text);
  }

  async #read(read: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await read();
    } catch (cause) {
      throw new OktaFailure('ZONE006', "the secret that holds the Okta token can't be read", {}, { cause });
    }
  }

  /** @throws {OktaFailure} instead of calling, where there is no time left or Okta wants no calls now */
  async #inTime(call: () => Promise<ZoneAnswer>): Promise<ZoneAnswer> {
    // Before every call: another ACL's rebuild may have met the limit while this one was under way.
    const rest = await this.#rest.get(this.#clock.now());
    const began = this.#clock.now();
    const retryInMs = Math.max(rest.until, this.#zones.restsUntil) - began;
    if (retryInMs > 0) throw new OktaFailure('OKTA005', 'Okta has refused calls until later', {}, { retryInMs });
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
}
