// Reads a JSON array of {settings, names}, starts sandbox-runtime's proxy with the settings of each, and prints a line for each:
// {answers}, what connect.py printed of the names, or {refused} where the settings are not taken. Without names nothing is started.
import { spawn } from 'node:child_process';
import { json, text } from 'node:stream/consumers';

const { SandboxManager, SandboxRuntimeConfigSchema } = await import(process.env.SRT);

// Its bridges to bubblewrap, which are not used here, get five looks to come up in: a busy machine takes longer.
async function initialize(config) {
  for (let tries = 20; ; tries--) {
    try {
      return await SandboxManager.initialize(config);
    } catch (error) {
      if (tries === 0 || !error.message.includes('bridge sockets')) throw error;
      await SandboxManager.reset();
    }
  }
}

async function judge({ settings, names }) {
  const parsed = SandboxRuntimeConfigSchema.safeParse(settings);
  if (!parsed.success) return { refused: parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') };
  if (names.length === 0) return { answers: [] };
  await initialize(parsed.data);
  await SandboxManager.waitForNetworkInitialization();
  const proxy = `http://srt:${SandboxManager.getProxyAuthToken()}@127.0.0.1:${SandboxManager.getProxyPort()}`;
  const asking = spawn('/usr/bin/python3', [process.env.CONNECT], { env: { HTTPS_PROXY: proxy }, stdio: ['pipe', 'pipe', 'inherit'] });
  asking.stdin.end(names.join('\n'));
  const answers = await text(asking.stdout);
  await SandboxManager.reset();
  return { answers: answers.split('\n').filter(Boolean).map(line => JSON.parse(line)) };
}

for (const policy of await json(process.stdin)) console.log(JSON.stringify(await judge(policy)));
process.exit(0);
