// The CDK's own command, which only warns of an option that it does not know, and would deploy another configuration then.
const wrong = process.argv.slice(2).find((argument) => /^--config(=|$)/.test(argument));
if (wrong === undefined) {
  await import('aws-cdk/bin/cdk');
} else {
  const { length } = wrong.split('=', 1)[0] ?? '';
  const file = wrong.slice(length + 1) || process.argv[process.argv.indexOf(wrong) + 1] || 'FILE';
  console.error(
    `${wrong.slice(0, length)} is no option here, and nothing was done. Name the file so: -c config=${file}`,
  );
  process.exitCode = 64;
}
