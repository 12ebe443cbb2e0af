import { formatMoment } from './duration.ts';

/** Lines of one kind in a row beyond these are counted, not shown. */
const SHOWN_IN_A_ROW = 4;
const LABEL_WIDTH = 12;

/** What happened and when, as lines for a reader. Long rows of the same kind are cut short. */
export class Timeline {
  readonly #now: () => number;
  readonly #lines: string[] = [];
  #row = { kind: '', count: 0, last: 0 };

  /** @param now milliseconds from the start */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param kind lines of one kind in a row are cut short; without it a line always stands */
  add(label: string, text: string, kind = ''): void {
    const at = this.#now();
    if (kind !== '' && kind === this.#row.kind) {
      this.#row.count += 1;
      this.#row.last = at;
      if (this.#row.count > SHOWN_IN_A_ROW) return;
    } else {
      this.#endRow();
      this.#row = { kind, count: 1, last: at };
    }
    this.#lines.push(`${formatMoment(at).padStart(13)}  ${label.padEnd(LABEL_WIDTH)} ${text}`);
  }

  /** More about the line before. */
  more(text: string): void {
    this.#endRow();
    this.#lines.push(`${' '.repeat(16 + LABEL_WIDTH)}${text}`);
  }

  lines(): readonly string[] {
    this.#endRow();
    return this.#lines;
  }

  #endRow(): void {
    const left = this.#row.count - SHOWN_IN_A_ROW;
    if (left > 0) {
      const until = formatMoment(this.#row.last);
      this.#lines.push(`${' '.repeat(15)}${''.padEnd(LABEL_WIDTH)} … ${left} more of these until ${until}`);
    }
    this.#row = { kind: '', count: 0, last: 0 };
  }
}
