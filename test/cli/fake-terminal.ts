import type { Choice, Terminal } from '../../cli/terminal.ts';

/** A terminal that keeps what it was told, and answers as it was told to. */
export class FakeTerminal implements Terminal {
  readonly written: string[] = [];
  readonly noted: string[] = [];
  colours = false;
  coloursInNotes = false;
  canAsk = false;
  /** What the person types, one line for each question. */
  answers: string[] = [];
  /** What is piped in. */
  input = '';

  readonly out = (text: string) => void this.written.push(text);
  readonly note = (text: string) => void this.noted.push(text);
  readonly isRead = async () => true;
  readonly screens: string[] = [];
  readonly clear = () => {};
  width: number | undefined = undefined;
  timeZone = 'UTC';

  readonly openScreen = () => {
    this.screens.push('opened');
    return () => void this.screens.push('left');
  };

  readonly readInput = async () => this.input;

  readonly ask = async (question: string) => {
    this.noted.push(question);
    const answer = this.answers.shift();
    if (answer === undefined) throw new Error(`nobody expected the question: ${question}`);
    return answer;
  };

  /** The person types the value. */
  readonly choose = async (question: string, choices: readonly Choice[]) => {
    const answer = await this.ask([question, ...choices.map(({ label }) => label)].join('\n'));
    if (choices.some(({ value }) => value === answer)) return answer;
    throw new Error(`${answer} is not among the choices: ${choices.map(({ value }) => value).join(', ')}`);
  };

  readonly askSecretly = (question: string) => this.ask(question);
}
