import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'prettier'
import { afterAll, describe, expect, it } from 'vitest'
import { answerTracker } from '../../bench/tracker/answer-tracker.mjs'
import { countEvents } from '../../bench/tracker/count-events.mjs'
import { createScriptPeers, describeMissing, readScripts } from '../../bench/tracker/script-peers.mjs'
import { findMark, findPage, sumMainThread } from '../../bench/tracker/sum-main-thread.mjs'
import { findQuartiles, summarize } from '../../bench/tracker/summarize.mjs'
import { formatTable, TABLES } from '../../bench/tracker/tables.mjs'

describe('scripts of trackers that are not on npm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zenovay-bench-test-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const path = join(folder, 'script.js')
  writeFileSync(path, 'umami = {}')
  const peers = createScriptPeers('http://site.example', 'http://collector.example')

  it('are read from the path in their variable, with a hash as version', () => {
    expect(readScripts(peers, { UMAMI_SCRIPT: path })).toEqual([
      expect.objectContaining({
        name: 'Umami',
        script: 'umami = {}',
        version: expect.stringMatching(/^[\da-f]{8}$/) as string,
      }),
    ])
  })

  it('are reported with their variable if it is not set', () => {
    const missing = describeMissing(peers, { UMAMI_SCRIPT: path, VERCEL_SCRIPT: '' })
    expect(missing).toHaveLength(peers.length - 1)
    expect(missing.join('\n')).toMatch(/^GoatCounter was not measured: set GOATCOUNTER_SCRIPT to/)
    expect(missing.join('\n')).not.toContain('UMAMI_SCRIPT')
  })

  it('stop the benchmark if the file is missing', () => {
    expect(() => readScripts(peers, { UMAMI_SCRIPT: join(folder, 'none.js') })).toThrow('ENOENT')
  })
})

describe('the server of the benchmark', () => {
  it.each([
    ['/e/ZV_BENCHBENCH1', '{"success":true}'],
    ['/api/event', 'ok'],
    ['/cache', '{"ht":1}'],
    ['/_vercel/insights/script.js', ''],
    ['/_vercel/insights/view', 'OK'],
    ['/unknown', '{"success":true}'],
  ])('answers %s as the server of that tracker', (requestPath, text) => {
    expect(answerTracker(requestPath)).toMatchObject({ text })
  })

  it('counts the events in a request', () => {
    expect(countEvents('/e/ZV_A[{"event_name":"bought"},{"event_name":"bought"}]')).toBe(2)
    expect(countEvents('/count?p=bought&e=true')).toBe(1)
    expect(countEvents('/e/ZV_A[{"url":"http://site.example/"}]')).toBe(0)
  })
})

describe('the sums of a trace', () => {
  const slice = (name: string, ts: number, dur: number, tid = 1) => ({
    ...{ ph: 'X', pid: 7, tid, name, ts, dur, tdur: dur },
    args: {},
  })
  const events = [
    slice('ThreadControllerImpl::RunTask', 0, 100),
    { ...slice('ParseHTML', 5, 10), args: { beginData: { url: 'http://site.example/a' } } },
    slice('EvaluateScript', 20, 50),
    slice('FunctionCall', 30, 10),
    slice('FunctionCall', 20, 1000, 2),
    slice('ThreadControllerImpl::RunTask', 200, 40),
    slice('TimerFire', 210, 20),
    { ...slice('burst', 215, 0), ph: 'R' },
  ]

  it('count nested script once, without other threads', () => {
    const page = findPage(events, 'http://site.example/a')
    expect(sumMainThread(events, page)).toEqual({ script: 70, tasks: 140, task: 50 })
  })

  it('contain the script in the task of a mark', () => {
    expect(sumMainThread(events, findMark(events, 'burst'))).toMatchObject({ task: 20 })
    expect(() => findMark(events, 'other')).toThrow('the trace does not show other')
  })
})

describe('the tables', () => {
  const result = (script: number) => ({
    script,
    tasks: 2000,
    task: script,
    requests: 1,
    arrived: 30,
    heap: script,
    shared: 1,
  })
  const names = ['empty script', 'one-line fetch', 'z.js', 'A 1.0']
  const subjects = names.map((name) => ({
    name,
    bytes: 1234,
    note: name === 'A 1.0' ? 'only a loader' : undefined,
  }))
  const rounds = [1000, 2000, 9000].map(
    (time) => new Map(names.map((name, index) => [name, result(time * (index + 1))])),
  )
  const rows = summarize(subjects, rounds)

  it('have medians and quartiles, which are measured values', () => {
    expect(findQuartiles([5, 1, 9, 3, 7])).toEqual([3, 5, 7])
    expect(rows[0]).toMatchObject({ name: 'empty script', figures: { script: [2000, 2000, 9000] } })
  })

  it.each(Object.keys(TABLES))('are formatted as Prettier does it: %s', async (kind) => {
    const table = formatTable(TABLES[kind]!, rows)
    expect(await format(table, { parser: 'markdown' })).toBe(`${table}\n`)
  })

  it('show times, ratios and notes', () => {
    const table = formatTable(TABLES['load']!, rows)
    expect(table).toMatch(
      /^\| A 1\.0 +\| +8\.0 \| +8\.0–36\.0 \| +2\.00 \| +1\.33 \| +1\.00 \| +1 \| +1,234 \|$/m,
    )
    expect(table).toMatch(/\n- A 1\.0: only a loader\.$/)
  })
})
