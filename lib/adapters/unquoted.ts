/**
 * The answer that holds a secret. Where it can't be read, the error of the reader of JSON quotes what stands there, which
 * nobody knows for a secret yet: it goes no further.
 */
export async function unquoted<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error('the answer of Secrets Manager is not JSON');
    throw error;
  }
}
