import { isRecord } from './named-fields.ts';
import type { Step } from './scenario.ts';
import type { Post } from './sender.ts';
import { shortened } from './zone-expectations.ts';

/** What a step does, for the timeline: a label and a line. */
export function describeStep(step: Exclude<Step, { kind: 'expect' }>): readonly [string, string] {
  switch (step.kind) {
    case 'post':
      return ['post', described(step)];
    case 'outcome':
      return [
        'ask',
        `what became of ${step.outcome}${step.wait === undefined ? '' : `, waiting up to ${step.wait} s`}`,
      ];
    case 'okta':
      return [
        'Okta',
        [step.okta.request, ...(step.okta.body === undefined ? [] : [JSON.stringify(step.okta.body)])].join(' '),
      ];
    case 'knocknoc': {
      const { acl } = step.knocknoc;
      if ('status' in step.knocknoc) return ['Knocknoc', `answers ${step.knocknoc.status} for ${acl}`];
      return ['Knocknoc', `publishes for ${acl}: ${oneLine(step.knocknoc.list) || 'nothing'}`];
    }
    case 'secret':
      return ['secret', `${Object.keys(step.secret).join(' and ')} changed`];
    case 'deploy':
      return ['deploy', `a new configuration: ${Object.keys(step.deploy).join(', ')}`];
    case 'adopt':
      return ['adopt', `an operator lets ${step.adopt} replace what others have put into its zones`];
    case 'queue':
      return ['queue', `a message onto the events queue: ${oneLine(step.queue)}`];
    case 'row':
      return ['row', `into the table: ${oneLine(step.row)}`];
    case 'table': {
      const { fault, ...rest } = step.table;
      return ['table', `from now on: ${fault}${Object.keys(rest).length > 0 ? ` ${oneLine(rest)}` : ''}`];
    }
    case 'lose':
      return ['lose', `the next ${step.lose}`];
    case 'crash':
      return ['crash', `the ${step.crash.function} function, ${step.crash.at === 'now' ? 'now' : 'at its next call'}`];
    case 'pause':
      return ['', ''];
  }
}

/** What is expected, in one line, as the file says it. */
export function describeExpectation({ source }: Extract<Step, { kind: 'expect' }>): string {
  const expectation = isRecord(source.expect) ? source.expect : {};
  const parts = Object.entries(expectation).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : oneLine(value)}`,
  );
  const until = source.until === undefined ? [] : [`until ${String(source.until)}`];
  return [...parts, ...until].join(', ');
}

function described({ post, id, ago, key, bearer }: Post): string {
  if (typeof post === 'string') return oneLine(post);
  const data = isRecord(post.data) ? Object.entries(post.data).map(([name, value]) => `${name}=${String(value)}`) : [];
  const extras = [
    ...(id === undefined ? [] : [`(${id})`]),
    ...(ago === undefined ? [] : [`of ${ago / 1000} s ago`]),
    ...(key === undefined ? [] : ['signed with another key']),
    ...(bearer === undefined ? [] : ['with a bearer token']),
  ];
  return [String(post.type), ...data, ...extras].join(' ');
}

function oneLine(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return shortened(value) || 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
