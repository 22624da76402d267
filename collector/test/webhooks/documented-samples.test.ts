import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { signDelivery, type UnsignedDelivery } from '../../src/webhooks/signing.js'

interface Runtime {
  language: string
  command: string
  file: string
  /**
   * Reads `[{ body, headers, secret }]` from standard input, bodies in base64, and writes a JSON array of
   * verification results.
   */
  runner: string
}

const RUNTIMES: Runtime[] = [
  {
    language: 'js',
    command: process.execPath,
    file: 'sample.mjs',
    runner: `
import { readFileSync } from 'node:fs'
const cases = JSON.parse(readFileSync(0, 'utf8'))
console.log(JSON.stringify(cases.map(({ body, headers, secret }) => isGenuine(Buffer.from(body, 'base64'), headers, secret))))`,
  },
  {
    language: 'python',
    command: 'python3',
    file: 'sample.py',
    runner: `
import json, sys
print(json.dumps([is_genuine(base64.b64decode(one["body"]), one["headers"], one["secret"]) for one in json.load(sys.stdin)]))`,
  },
  {
    language: 'php',
    command: 'php',
    file: 'sample.php',
    runner: `
$cases = json_decode(file_get_contents('php://stdin'), true);
echo json_encode(array_map(fn ($one) => is_genuine(base64_decode($one['body']), $one['headers'], $one['secret']), $cases));`,
  },
]

const [, page] = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8').split(
  '### Without a package',
)
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/webhooks/vectors.json', import.meta.url), 'utf8'),
) as { delivery: UnsignedDelivery }[]

describe.each(RUNTIMES)(
  'the sample in $language of docs/webhooks.md',
  ({ language, command, file, runner }) => {
    const isThere = spawnSync(command, ['--version']).status === 0
    it.skipIf(!isThere)(
      isThere ? 'accepts only authentic deliveries' : `is not run: there is no ${command} on this machine`,
      () => {
        const [, sample] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(page!)!
        const folder = mkdtempSync(join(tmpdir(), 'zenovay-sample-'))
        writeFileSync(join(folder, file), sample! + runner)
        const { cases, expected } = makeCases()
        const { stdout, stderr } = spawnSync(command, [join(folder, file)], {
          input: JSON.stringify(cases),
          encoding: 'utf8',
        })
        rmSync(folder, { recursive: true })
        expect(stderr).toBe('')
        expect(JSON.parse(stdout)).toEqual(expected)
      },
    )
  },
)

function makeCases() {
  const all = vectors.flatMap(({ delivery }) => {
    const sign = (ageS: number) => lowerCase(signDelivery({ ...delivery, at: Date.now() - ageS * 1000 }))
    const body = Buffer.from(delivery.body)
    const flipped = Buffer.from(body)
    flipped[flipped.length >> 1]! ^= 1
    const make = (isTrue: boolean, headers: Record<string, string>, text = body) => ({
      isTrue,
      one: { body: text.toString('base64'), headers, secret: delivery.secret },
    })
    return [
      make(true, sign(0)),
      make(true, sign(280)),
      make(false, sign(0), flipped),
      make(false, sign(310)),
      make(false, sign(-310)),
      make(false, { ...sign(0), 'webhook-id': 'evt_other' }),
      make(false, { ...sign(0), 'webhook-signature': 'v1,' }),
      make(false, {}),
    ]
  })
  return { cases: all.map(({ one }) => one), expected: all.map(({ isTrue }) => isTrue) }
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
