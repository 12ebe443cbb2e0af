import dynalite from 'dynalite';
import { afterAll } from 'vitest';
import { tableContract } from '../stand-ins/table-contract.ts';
import { madeTable } from './made-table.ts';

const server = dynalite({ createTableMs: 0 });
afterAll(() => server.close());

tableContract(
  'dynalite',
  async () => {
    table ??= start();
    return table;
  },
  {
    transactions: false,
    otherwise: [
      'below a text, by the bytes of UTF-8',
      'a sort key of too many bytes, in few characters',
      'values too deep inside one another',
      'truth values in an order',
      'what begins with nothing',
    ],
  },
);

let table: ReturnType<typeof madeTable> | undefined;

async function start() {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return madeTable(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
}
