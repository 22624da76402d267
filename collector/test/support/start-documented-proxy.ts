import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A first-party proxy of a site at `url`, under the path `/stats`. */
export interface RunningProxy {
  url: string
  close(): Promise<void>
}

export interface ProxyOptions {
  /** Port of the collector on 127.0.0.1. */
  collectorPort: number
  key: string
}

const DOCUMENT = readFileSync(new URL('../../../docs/proxy.md', import.meta.url), 'utf8')

/** Programs whose configuration docs/proxy.md contains, and how to run it. */
const PROGRAMS = {
  nginx: {
    version: ['-v'],
    configure([upstream, location]: string[], port: number, folder: string) {
      return `daemon off; error_log stderr warn; pid ${folder}/pid; worker_processes 1;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${upstream}
  server { listen 127.0.0.1:${port}; ${location} location / { return 404; } }
}`
    },
    run: (file: string) => ['-c', file],
  },
  caddy: {
    version: ['version'],
    configure([site]: string[], port: number) {
      return `{
  admin off
  auto_https off
}
${site!.replace('shop.example {', `http://127.0.0.1:${port} {\n    handle {\n        respond 404\n    }`)}`
    },
    run: (file: string) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
}
export type Program = keyof typeof PROGRAMS
export const PROXY_PROGRAMS = Object.keys(PROGRAMS) as Program[]

export const isInstalled = (program: Program): boolean =>
  spawnSync(program, PROGRAMS[program].version).error === undefined

/** Starts a program with the configuration of docs/proxy.md. */
export async function startDocumentedProxy(
  program: Program,
  { collectorPort, key }: ProxyOptions,
): Promise<RunningProxy> {
  const { configure, run } = PROGRAMS[program]
  const language = program === 'caddy' ? 'caddyfile' : program
  const blocks = [...DOCUMENT.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, block]) =>
      block!
        .replaceAll('collector.example:443', `127.0.0.1:${collectorPort}`)
        .replace('https://zenovay', 'http://zenovay')
        .replace('https://collector.example', `http://127.0.0.1:${collectorPort}`)
        .replace(/\bKEY\b/, key),
  )
  const folder = mkdtempSync(join(tmpdir(), `zenovay-${program}-`))
  const port = await findPort()
  const file = join(folder, 'config')
  writeFileSync(file, configure(blocks, port, folder))
  const child = spawn(program, run(file), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)))
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${program} has ended: ${output}`)
    if (await fetch(url).catch(() => undefined)) break
    await new Promise((done) => setTimeout(done, 50))
  }
  return {
    url,
    async close() {
      child.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function findPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
