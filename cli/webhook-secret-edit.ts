import { repeatedKeys } from '../lib/webhook/strict-json.ts';
import { isObject, objectIn, PLACES, parseWebhookSecret, type WebhookSecret } from '../lib/webhook/webhook-secret.ts';
import { CliFailure } from './cli-failure.ts';

/** Which values of the webhook secret are meant: the keys of all, those of an ACL, or an ACL's bearer tokens. */
export type Slot =
  | { readonly kind: 'key'; readonly acl?: string | undefined }
  | { readonly kind: 'bearer token'; readonly acl: string };

export interface Pair {
  readonly current?: string;
  readonly previous?: string;
}

type Fields = Readonly<Record<string, unknown>>;

const BY_HAND = 'Correct it by hand in Secrets Manager. docs/webhook.md says how it is read.';

/** What the webhook secret holds, and texts of it with one slot changed. All else that it holds stays as it is. */
export class WebhookSecretEdit {
  readonly secret: WebhookSecret;
  /** It holds something that is no JSON object, and so nothing that could stay. */
  readonly isLost: boolean;
  readonly #fields: Fields;
  readonly #acls: Fields;

  /** @throws {CliFailure} where the text can be understood in two ways: writing it anew could open what is closed */
  constructor(text: string) {
    const fields = objectIn(text);
    this.secret = parseWebhookSecret(text);
    this.isLost = fields === undefined && text !== '';
    this.#fields = fields ?? {};
    const { acls = {} } = this.#fields;
    if (!isObject(acls)) throw new CliFailure('the webhook secret has an "acls" that is no object', BY_HAND);
    if (fields && repeatedKeys(text).length > 0) {
      throw new CliFailure('the webhook secret has a name twice in one object', BY_HAND);
    }
    this.#acls = acls;
  }

  /** Those of a slot that can be used. */
  pair({ kind, acl }: Slot): Pair {
    const usable = kind === 'key' ? this.secret.keys : this.secret.bearers;
    const entry = acl === undefined ? this.#fields : this.#entryOf(acl);
    const holder = kind === 'key' ? entry : entry?.bearer;
    const values = isObject(holder) ? holder : {};
    return Object.fromEntries(
      PLACES.filter((place) => usable.some((one) => one.acl === acl && one.place === place)).map((place) => [
        place,
        String(values[place]).trim(),
      ]),
    );
  }

  /** Whether the secret has an entry for an ACL. */
  has(acl: string): boolean {
    return Object.hasOwn(this.#acls, acl);
  }

  /**
   * @param pair empty to take the values out altogether
   * @returns the secret's new text
   * @throws {CliFailure}
   */
  with(slot: Slot, pair: Pair): string {
    if (slot.acl === undefined) {
      const { current, previous, ...others } = this.#fields;
      return JSON.stringify({ ...pair, ...others });
    }
    if (this.isLost) throw new CliFailure('the webhook secret is no JSON object', BY_HAND);
    const entry = slot.kind === 'key' ? this.#withKeys(slot.acl, pair) : this.#withTokens(slot.acl, pair);
    const { [slot.acl]: before, ...others } = this.#acls;
    const acls = Object.keys(entry).length === 0 ? others : { ...others, [slot.acl]: entry };
    const { acls: all, ...general } = this.#fields;
    return JSON.stringify({ ...general, ...(Object.keys(acls).length > 0 && { acls }) });
  }

  #withKeys(acl: string, pair: Pair): Fields {
    const bearer = this.#entryOf(acl)?.bearer;
    return { ...pair, ...(bearer !== undefined && { bearer }) };
  }

  #withTokens(acl: string, pair: Pair): Fields {
    const entry = this.#entryOf(acl);
    // To put an object in its place would let the keys of all speak for the ACL.
    if (!entry && this.has(acl)) {
      throw new CliFailure(`the entry of ${acl} in the webhook secret is no object`, BY_HAND);
    }
    const { bearer, ...keys } = entry ?? {};
    return Object.keys(pair).length === 0 ? keys : { ...keys, bearer: pair };
  }

  #entryOf(acl: string): Fields | undefined {
    const entry = this.has(acl) ? this.#acls[acl] : undefined;
    return isObject(entry) ? entry : undefined;
  }
}
