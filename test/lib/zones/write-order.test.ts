import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, blockOf, covers } from '../../../lib/addresses/address-block.ts';
import { writeOrder } from '../../../lib/zones/write-order.ts';

const anybody = () => true;
const [A, B, C] = ['203.0.113.1/32', '203.0.113.2/32', '203.0.113.3/32'];

describe('the order in which zones are written', () => {
  it.each([
    ['one zone', [[A]], [[B]], [0]],
    ['nothing moves', [[A], [B]], [[A], [B]], [0, 1]],
    ['only newcomers', [[A], [B]], [[A, C], [B]], [0, 1]],
    ['someone moves to the second zone', [[A, B], [C]], [[A], [B, C]], [1, 0]],
    ['someone moves to the first zone', [[A], [B, C]], [[A, B], [C]], [0, 1]],
    ['a host moves as part of a larger block', [[A], ['203.0.113.2/31']], [['203.0.113.2/31'], [A]], [0, 1]],
    ['a block falls apart and a half of it moves', [[A], ['203.0.113.2/31']], [[A], [C, B]], [0, 1]],
    ['two move to the third, one to the second', [[A, B, C], [], []], [[], [A], [B, C]], [2, 1, 0]],
    ['a newcomer merges with a neighbour who stays', [[A], [B]], [[A], ['203.0.113.2/31']], [0, 1]],
    [
      'some were in both zones',
      [
        [A, B, C],
        [A, B],
      ],
      [[A, B], [C]],
      [1, 0],
    ],
    ['nothing was known of the zones', [[], []], [[A], [B]], [0, 1]],
  ])('%s', (_, before, after, order) => {
    expect(writeOrder(before, after, anybody)).toEqual(order);
  });

  it('writes where a host comes to before where it leaves, when one merges into the other zone’s block', () => {
    expect(writeOrder([[C], [B]], [['192.0.2.0/32'], ['203.0.113.2/31']], anybody)).toEqual([1, 0]);
  });

  it('goes by those who hold a grant, not by what else stood in a zone', () => {
    const [network, foreign] = ['198.51.100.0/24', '198.51.100.3/32'];
    const holdsSomebody = (block: Block) => covers(block, blockOf(B));
    expect(writeOrder([[A, B], [foreign]], [[network, A], [B]], anybody)).toEqual([0, 1]);
    expect(writeOrder([[A, B], [foreign]], [[network, A], [B]], holdsSomebody)).toEqual([1, 0]);
  });

  it('is every zone, once', () => {
    const aList = fc.uniqueArray(fc.constantFrom(A, B, C, '203.0.113.2/31', '203.0.113.0/30'));
    const lists = fc.array(fc.tuple(aList, aList), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lists, (pairs) => {
        const order = writeOrder(
          pairs.map(([before]) => before),
          pairs.map(([, after]) => after),
          anybody,
        );
        expect([...order].sort()).toEqual(pairs.map((_, zone) => zone));
      }),
    );
  });
});
