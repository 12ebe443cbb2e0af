import { beforeEach, describe, expect, it } from 'vitest';
import { CachedSecret } from '../../lib/cached-secret.ts';
import { KnownSecrets } from '../../lib/known-secrets.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../helpers/events.ts';

class CountingSecret extends MemorySecret {
  reads = 0;
  override async read() {
    this.reads += 1;
    return super.read();
  }
}

let clock: VirtualClock;
let reader: CountingSecret;
let secret: CachedSecret;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  reader = new CountingSecret('one');
  secret = new CachedSecret(reader, clock);
});

describe('a secret', () => {
  it('is read once and kept for minutes, not for ever', async () => {
    for (const minutes of [0, 1, 2]) {
      await clock.advance(minutes * 60_000);
      expect(await secret.get()).toBe('one');
    }
    expect(reader.reads).toBe(1);
    reader.text = 'two';
    await clock.advance(7 * 60_000);
    expect(await secret.get()).toBe('two');
  });

  it('is kept for five minutes, to the millisecond', async () => {
    await secret.get();
    await clock.advance(5 * 60_000 - 1);
    await secret.get();
    expect(reader.reads).toBe(1);
    await clock.advance(1);
    await secret.get();
    expect(reader.reads).toBe(2);
  });

  it('comes without the white space around it', async () => {
    reader.text = ' \n one\t\r\n';
    expect(await secret.get()).toBe('one');
  });

  it.each([undefined, '', ' \n'])(
    'that has no value (%j) is none, and is asked for again after ten seconds',
    async (text) => {
      reader.text = text;
      expect(await secret.get()).toBeUndefined();
      reader.text = 'now';
      await clock.advance(9_999);
      expect([await secret.get(), await secret.getOtherThan('')]).toEqual([undefined, undefined]);
      expect(reader.reads).toBe(1);
      await clock.advance(1);
      expect(await secret.get()).toBe('now');
    },
  );

  it('that can’t be read rejects, and is asked for again the next time', async () => {
    reader.unreadable = true;
    await expect(secret.get()).rejects.toThrow('denied');
    reader.unreadable = false;
    expect(await secret.get()).toBe('one');
  });

  it('that becomes unreadable is used for as long as it is kept, and then rejects', async () => {
    await secret.get();
    reader.unreadable = true;
    await clock.advance(60_000);
    expect(await secret.get()).toBe('one');
    await clock.advance(5 * 60_000);
    await expect(secret.get()).rejects.toThrow('denied');
  });

  it('is read again after a clock was set back, however far', async () => {
    await secret.get();
    reader.text = 'two';
    const late = new CachedSecret(reader, { now: () => now, sleep: async () => {} });
    let now = NOW + 3_600_000;
    await late.get();
    now = NOW;
    reader.text = 'three';
    expect(await late.get()).toBe('three');
  });

  it('is made known, so that it can be kept out of what is said', async () => {
    const known = new KnownSecrets();
    reader.text = ' a-secret-of-some-length\n';
    await new CachedSecret(reader, clock, known).get();
    expect(known.redact('it is a-secret-of-some-length')).toBe('it is [secret]');
  });

  it('that was taken away is none once it is read again', async () => {
    await secret.get();
    reader.text = undefined;
    await clock.advance(6 * 60_000);
    expect(await secret.get()).toBeUndefined();
  });
});

describe('a secret that did not work', () => {
  it('is read again, and the new one is kept', async () => {
    await secret.get();
    await clock.advance(20_000);
    reader.text = 'two';
    expect(await secret.getOtherThan('one')).toBe('two');
    expect(await secret.get()).toBe('two');
    expect(reader.reads).toBe(2);
  });

  it('and is the same when read again is no other', async () => {
    await secret.get();
    await clock.advance(20_000);
    expect(await secret.getOtherThan('one')).toBeUndefined();
    expect(reader.reads).toBe(2);
  });

  it('is not read again right after it was read: a stranger’s bad signatures cost no reads', async () => {
    await secret.get();
    for (let i = 0; i < 50; i += 1) {
      await clock.advance(100);
      expect(await secret.getOtherThan('one')).toBeUndefined();
    }
    expect(reader.reads).toBe(1);
    await clock.advance(10_000);
    await secret.getOtherThan('one');
    expect(reader.reads).toBe(2);
  });

  it('is read again ten seconds after it was read, to the millisecond', async () => {
    await secret.get();
    await clock.advance(9_999);
    await secret.getOtherThan('one');
    expect(reader.reads).toBe(1);
    await clock.advance(1);
    await secret.getOtherThan('one');
    expect(reader.reads).toBe(2);
  });

  it('is read where nothing is known yet, and is no other where it has no value', async () => {
    expect(await secret.getOtherThan('none')).toBe('one');
    reader.text = ' ';
    await clock.advance(20_000);
    expect(await secret.getOtherThan('one')).toBeUndefined();
  });

  it('is not read where another one is known by now', async () => {
    reader.text = 'two';
    await secret.get();
    expect(await secret.getOtherThan('one')).toBe('two');
    expect(reader.reads).toBe(1);
  });

  it('stays known where reading it again fails', async () => {
    await secret.get();
    await clock.advance(20_000);
    reader.unreadable = true;
    await expect(secret.getOtherThan('one')).rejects.toThrow('denied');
    expect(await secret.get()).toBe('one');
  });
});
