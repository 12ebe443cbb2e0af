import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../names.ts';
import type { Condition, Item, Key, Value, Write } from '../ports.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
type Update = Extract<Write, { update: Key }>;
export type SingleWrite = Exclude<Write, { check: Key }>;

/** Placeholders: attribute names may be words that DynamoDB reserves. */
class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, Value> = {};

  name(attribute: string): string {
    const known = Object.entries(this.names).find(([, name]) => name === attribute);
    if (known) return known[0];
    const placeholder = `#n${Object.keys(this.names).length}`;
    this.names[placeholder] = attribute;
    return placeholder;
  }

  value(value: Value): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  /** What a request takes: DynamoDB refuses empty maps. */
  get used() {
    return {
      ...(Object.keys(this.names).length > 0 && { ExpressionAttributeNames: this.names }),
      ...(Object.keys(this.values).length > 0 && { ExpressionAttributeValues: this.values }),
    };
  }
}

/** The one item that is written, which needs no transaction. Undefined where several must agree, or one is only looked at. */
export function singleWrite(writes: readonly Write[]): SingleWrite | undefined {
  const [first, ...others] = writes;
  return first && others.length === 0 && !('check' in first) ? first : undefined;
}

/** Translates one write of the port into DynamoDB's terms. */
export function transactItem(TableName: string, write: Write): TransactItem {
  const placeholders = new Placeholders();
  if ('check' in write) {
    const ConditionExpression = conditions(write.when, placeholders);
    return { ConditionCheck: { TableName, Key: write.check, ConditionExpression, ...placeholders.used } };
  }
  const condition = write.when?.length ? { ConditionExpression: conditions(write.when, placeholders) } : {};
  if ('put' in write) return { Put: { TableName, Item: defined(write.put), ...condition, ...placeholders.used } };
  if ('update' in write) {
    const UpdateExpression = updateExpression(write, placeholders);
    return { Update: { TableName, Key: write.update, UpdateExpression, ...condition, ...placeholders.used } };
  }
  return { Delete: { TableName, Key: write.remove, ...condition, ...placeholders.used } };
}

/** The client leaves out what is undefined at the top of an item, and refuses it anywhere else. @throws {TypeError} */
function defined(item: Item): Item {
  const missing = Object.keys(item).find((attribute) => item[attribute] === undefined);
  if (missing !== undefined) throw new TypeError(`the attribute ${missing} is undefined`);
  return item;
}

function updateExpression(write: Update, placeholders: Placeholders): string {
  const set = Object.entries(write.set ?? {}).map(
    ([attribute, value]) => `${placeholders.name(attribute)} = ${placeholders.value(value)}`,
  );
  const setOnce = Object.entries(write.setOnce ?? {}).map(([attribute, value]) => {
    const name = placeholders.name(attribute);
    return `${name} = if_not_exists(${name}, ${placeholders.value(value)})`;
  });
  const add = Object.entries(write.add ?? {}).map(
    ([attribute, value]) => `${placeholders.name(attribute)} ${placeholders.value(value)}`,
  );
  const remove = (write.remove ?? []).map((attribute) => placeholders.name(attribute));
  const clause = (word: string, parts: readonly string[]) => (parts.length > 0 ? [`${word} ${parts.join(', ')}`] : []);
  return [...clause('SET', [...set, ...setOnce]), ...clause('REMOVE', remove), ...clause('ADD', add)].join(' ');
}

function conditions(when: readonly Condition[], placeholders: Placeholders): string {
  return when
    .map((condition) => {
      if ('absent' in condition) return `attribute_not_exists(${placeholders.name(TABLE.partitionKey)})`;
      const name = placeholders.name(condition.attribute);
      const test =
        'below' in condition
          ? `${name} < ${placeholders.value(condition.below)}`
          : `${name} = ${placeholders.value(condition.equals)}`;
      return condition.orAbsent ? `(attribute_not_exists(${name}) OR ${test})` : test;
    })
    .join(' AND ');
}
