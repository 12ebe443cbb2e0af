/** What somebody who only saw what was accepted expects to be in the zone of one ACL. */
export class LiveGrants {
  /** `ip#id`, and its end in milliseconds since the epoch. */
  readonly #ends = new Map<string, number>();

  grant(ip: string, id: string, end: number): void {
    this.#ends.set(`${ip}#${id}`, end);
  }

  /** @param id undefined: all grants on the IP */
  revoke(ip: string, id?: string): void {
    if (id !== undefined) this.#ends.delete(`${ip}#${id}`);
    else for (const name of [...this.#ends.keys()]) if (name.startsWith(`${ip}#`)) this.#ends.delete(name);
  }

  flush(): void {
    this.#ends.clear();
  }

  /** @param now milliseconds since the epoch */
  ips(now: number): string[] {
    const live = [...this.#ends].filter(([, end]) => end > now).map(([name]) => name.slice(0, name.indexOf('#')));
    return [...new Set(live)].sort();
  }
}
