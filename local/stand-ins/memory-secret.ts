import type { SecretReader } from '../../lib/ports.ts';

/** A secret that can be set, emptied, and made unreadable. */
export class MemorySecret implements SecretReader {
  text: string | undefined;
  /** What waits to take its place. */
  next: string | undefined;
  unreadable = false;

  constructor(text?: string) {
    this.text = text;
  }

  async read(): Promise<string | undefined> {
    if (this.unreadable) throw new Error('access to the secret was denied');
    return this.text;
  }
}
