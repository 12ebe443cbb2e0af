import type { OktaSimulator, ZoneEdit } from '../../local/okta-simulator/simulator.ts';
import { type Deployment, noticedMs, zonesOf } from './deployment.ts';
import { type Fault, HEALING_MS } from './faults.ts';
import { viewOf } from './inside.ts';
import type { Action, AdminEdit } from './plan.ts';
import type { Surroundings } from './sources.ts';
import type { World } from './world.ts';

/** What people and AWS do behind the system's back: edits in Okta's console, new tokens, TTL deletes. */
export class Administrator {
  readonly #world: World;
  readonly #okta: OktaSimulator;
  readonly #zoneIds: readonly string[];
  readonly #around: Surroundings;
  /** All that there are in this schedule. */
  readonly #deployments: readonly Deployment[];
  readonly #changed: (zoneId: string) => void;
  #tokens = 0;

  /** @param changed is told of every zone that is edited */
  constructor(
    world: World,
    deployments: readonly Deployment[],
    around: Surroundings,
    changed: (zoneId: string) => void,
  ) {
    this.#changed = changed;
    this.#world = world;
    this.#okta = world.okta.simulator;
    this.#zoneIds = zonesOf(deployments);
    this.#around = around;
    this.#deployments = deployments;
  }

  act(action: Action): void {
    const { faults, clock } = this.#around;
    if (action.do === 'turn lists round') this.#turnRound();
    if (action.do === 'admin') this.#edit(action.edit, this.#zoneIds[action.zone] ?? '', action.n);
    if (action.do === 'rotate token') this.#rotate(action.gapMs);
    if (action.do === 'sign-in') {
      faults.struck(action.fault);
      this.#world.okta.signIn?.happens(action.fault);
    }
    if (action.do === 'use quota') {
      this.#okta.setRateLimit(action);
      // A paced writer may wait for the end of the window.
      faults.struck('quota used by others', action.resetInSeconds * 1000 + HEALING_MS);
    }
    if (action.do !== 'ttl') return;
    if (this.#world.table.removeExpired(clock.now() - action.lateSeconds * 1000) > 0) faults.struck('TTL delete');
  }

  #edit(edit: AdminEdit, zoneId: string, n: number): void {
    const { fault, does } = editOf(edit, zoneId, n);
    if (fault) this.#around.faults.struck(fault, edit.startsWith('edits') ? 0 : this.#noticedMs() + HEALING_MS);
    else this.#around.faults.disturb(this.#noticedMs() + HEALING_MS);
    if (!viewOf(this.#okta, zoneId)) return;
    this.#okta.editZone(zoneId, does);
    this.#changed(zoneId);
  }

  /** The lists of each ACL's zones are put into the other order. */
  #turnRound(): void {
    this.#around.faults.struck('lists turned round', this.#noticedMs() + HEALING_MS);
    for (const { zoneIds } of this.#deployments[0]?.acls ?? []) {
      const lists = zoneIds.map((zoneId) => viewOf(this.#okta, zoneId)?.gateways?.map(({ value }) => value) ?? null);
      for (const [index, zoneId] of zoneIds.toReversed().entries()) {
        if (!viewOf(this.#okta, zoneId)) continue;
        this.#okta.editZone(zoneId, { gateways: lists[index] ?? null });
        this.#changed(zoneId);
      }
    }
  }

  #noticedMs(): number {
    return noticedMs(this.#deployments);
  }

  /** A new token, or a new key. With a gap, the old one is refused before the secret holds the new one. */
  #rotate(gapMs: number): void {
    const { clock, faults } = this.#around;
    const { signIn } = this.#world.okta;
    if (signIn) signIn.rotate();
    else this.#newToken();
    // A secret that was read just now is not read again for some seconds.
    faults.struck(signIn ? 'key rotated' : 'token rotated', gapMs + HEALING_MS + 10_000);
    clock.after(gapMs, () => {
      // Whoever set two new ones sets the later one last.
      this.#world.oktaCredentials.text = signIn ? signIn.app.text : `token-${this.#tokens}`;
    });
  }

  #newToken(): void {
    const old = `token-${this.#tokens}`;
    this.#tokens += 1;
    this.#okta.setToken(`token-${this.#tokens}`, 'ORG_ADMIN');
    this.#okta.revokeToken(old);
  }
}

function editOf(edit: AdminEdit, zoneId: string, n: number): { readonly fault?: Fault; readonly does: ZoneEdit } {
  const ips = [`203.0.113.${n}`, `198.51.100.${n}`];
  switch (edit) {
    case 'adds':
      return { fault: 'admin adds', does: { addGateways: ips } };
    case 'removes':
      return { fault: 'admin removes', does: { removeGateways: ips, addGateways: ['198.51.100.99'] } };
    case 'wipes':
      return { fault: 'admin wipes', does: { gateways: null } };
    case 'edits proxies':
      return { fault: 'admin edits proxies', does: { proxies: [`192.0.2.${n + 200}`] } };
    case 'edits name':
      return { fault: 'admin edits name', does: { name: `${zoneId} renamed ${n}` } };
    case 'deactivates':
      return { fault: 'admin deactivates', does: { status: 'INACTIVE' } };
    case 'activates':
      return { does: { status: 'ACTIVE' } };
    case 'blocklists':
      return { fault: 'admin blocklists', does: { usage: 'BLOCKLIST' } };
    case 'unblocks':
      return { does: { usage: 'POLICY' } };
  }
}
