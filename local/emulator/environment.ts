import { delimiter, join } from 'node:path';
import { NODE_PROGRAMS } from './paths.ts';

export const REGION = 'us-east-1';
/** The emulator's own, and it has no other. */
export const ACCOUNT = '000000000000';
/** The emulator takes any. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** What an AWS client needs to reach the emulator. */
export interface AwsClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Configuration of an AWS client for a system that runs on the emulator. */
export function awsClientConfig({ endpoint, region }: { readonly endpoint: string; readonly region: string }) {
  return { endpoint, region, credentials: CREDENTIALS } satisfies AwsClientConfig;
}

/** A variable of the caller that is good for any program; all others could lead to a real account, or elsewhere. */
const PASSED_ON = ['LANG', 'LC_ALL', 'LC_CTYPE', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE', 'USER'];

/** @param directory gets everything that would go to the home and temporary folders */
function baseEnvironment(directory: string): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(passedOn),
    // The pinned Node.js first: it is the version that Lambda runs, and the emulator takes what `node` is.
    PATH: [NODE_PROGRAMS, process.env.PATH ?? ''].join(delimiter),
    HOME: directory,
    TMPDIR: directory,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** For the emulator; the workers that run functions inherit it. */
export function emulatorEnvironment(directory: string, port: number): Record<string, string> {
  return {
    ...baseEnvironment(directory),
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    // In the addresses that it gives out, such as those of queues. Not `localhost`, which may be IPv6.
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: REGION,
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    PERSIST_STATE: '0',
    S3_PERSIST: '0',
    STATE_DIR: join(directory, 'state'),
    S3_DATA_DIR: join(directory, 's3'),
    LAMBDA_EXECUTOR: 'local',
    // Listeners on fixed ports that nothing here needs.
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    PYTHONUNBUFFERED: '1',
    // As on Lambda.
    TZ: 'UTC',
    // The emulator's own code in a worker uses it; the warning would stand in the functions' logs.
    NODE_OPTIONS: '--disable-warning=DEP0169',
  };
}

/** For the CDK's command line. */
export function cdkEnvironment(directory: string, endpoint: string): Record<string, string> {
  return {
    ...baseEnvironment(directory),
    AWS_ENDPOINT_URL: endpoint,
    CDK_HOME: directory,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: '1',
    // CDK's own rules are for what is deployed to AWS, and take most of a synthesis.
    CDK_VALIDATION: 'false',
  };
}
