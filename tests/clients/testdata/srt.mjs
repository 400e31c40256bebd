// Reads a JSON array of {settings, names}, starts sandbox-runtime's proxy with the settings of each, and prints a line for each:
// {answers}, what connect.py printed of the names, or {refused} where the settings are not taken. Without names nothing is started.
import { spawn } from 'node:child_process';
import { json, text } from 'node:stream/consumers';

const { SandboxManager, SandboxRuntimeConfigSchema } = await import(process.env.SRT);

async function judge({ settings, names }) {
  const parsed = SandboxRuntimeConfigSchema.safeParse(settings);
  if (!parsed.success) return { refused: parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') };
  if (names.length === 0) return { answers: [] };
  await SandboxManager.initialize(parsed.data);
  await SandboxManager.waitForNetworkInitialization();
  const proxy = `http://srt:${SandboxManager.getProxyAuthToken()}@127.0.0.1:${SandboxManager.getProxyPort()}`;
  const asking = spawn('/usr/bin/python3', [process.env.CONNECT], { env: { HTTPS_PROXY: proxy }, stdio: ['pipe', 'pipe', 'inherit'] });
  asking.stdin.end(names.join('\n'));
  const answers = await text(asking.stdout);
  await SandboxManager.reset();
  return { answers: answers.split('\n').filter(Boolean).map(line => JSON.parse(line)) };
}

for (const policy of await json(process.stdin)) console.log(JSON.stringify(await judge(policy)));
process.stdout.write('', () => process.exit(0)); // what is still in the pipe's queue would be lost with a plain exit
