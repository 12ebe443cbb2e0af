import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { PAGE_SCRIPT } from '../../local/page/page-assets.ts';

/** What the page's script shows in a browser that gets this answer. */
async function shown(answer: () => Promise<unknown>) {
  const elements: Record<string, { textContent?: string; innerHTML?: string; hidden?: boolean }> = {};
  let refresh: (() => Promise<void>) | undefined;
  runInNewContext(PAGE_SCRIPT, {
    document: { getElementById: (id: string) => (elements[id] ??= {}) },
    setTimeout: (work: () => Promise<void>) => {
      refresh = work;
    },
    fetch: answer,
    getSelection: () => '',
    AbortSignal: { timeout: () => undefined },
  });
  await refresh?.();
  return elements;
}

it.each([
  ['nobody answers', () => Promise.reject(new Error('refused')), 'Nobody answers: is it still running?'],
  [
    'the page fails',
    async () => ({ ok: false, status: 500, text: async () => `no such table${'!'.repeat(500)}` }),
    /^It runs, and this page fails \(500\): no such table!{287}$/,
  ],
  [
    'the answer is of something else',
    async () => ({ ok: true, json: () => Promise.reject(new Error('no JSON')) }),
    'What it answers is none of this page: no JSON',
  ],
])('the page says what is wrong, where %s', async (_, answer, text) => {
  const { lost } = await shown(answer);
  expect(lost?.textContent).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
  expect(lost?.hidden).toBe(false);
});

it('the page shows its parts, and nothing wrong, where all is well', async () => {
  const elements = await shown(async () => ({ ok: true, json: async () => ({ parts: { people: 'alice' } }) }));
  expect(elements).toMatchObject({ people: { innerHTML: 'alice' }, lost: { hidden: true, textContent: '' } });
});
