import { expect, it } from 'vitest'
import { readConfig } from '../../src/config.js'
import { createAttempt } from '../../src/egress/attempt.js'
import { createEgressGuard, isPublicAddress } from '../../src/egress/guard.js'
import { INNER_HOSTS } from '../support/inner-hosts.js'
import { startDecoy } from '../support/start-decoy.js'
import { startReceiver, TEST_CA } from '../support/start-receiver.js'

const guard = createEgressGuard({ allowLoopback: [] })
const delivery = { body: '{}', headers: {}, signal: new AbortController().signal }

it('sends no request to any spelling of an internal address', async () => {
  const decoy = await startDecoy()
  expect(INNER_HOSTS.length).toBeGreaterThan(17)
  const attempt = createAttempt({ guard, ca: TEST_CA })
  for (const host of INNER_HOSTS) {
    const url = `https://${host}:${decoy.port}/`
    expect(guard.checkUrl(url), host).toHaveProperty('refusal')
    expect(await attempt({ url, ...delivery }), host).toMatchObject({
      status: undefined,
      error: 'refused-address',
      answer: '',
    })
  }
  expect(decoy.connections()).toBe(0)
  await decoy.close()
})

it('answers a host name with any internal address like an unknown name', async () => {
  const decoy = await startDecoy()
  for (const inner of [
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    '::ffff:127.0.0.1',
    '169.254.169.254',
    'fe80::1%eth0',
    'nonsense',
  ])
    for (const addresses of [[inner], ['127.0.0.2', inner], [inner, '127.0.0.2']]) {
      const attempt = createAttempt({
        guard: createEgressGuard({ allowLoopback: ['127.0.0.2'], lookUp: async () => addresses }),
        ca: TEST_CA,
      })
      expect(
        await attempt({ url: `https://hooks.example:${decoy.port}/`, ...delivery }),
        String(addresses),
      ).toMatchObject({ error: 'dns' })
    }
  expect(decoy.connections()).toBe(0)
  await decoy.close()
})

// 127.0.0.2 stands for the public address: the guard allows it.
it('connects to the checked address even if the DNS answers change repeatedly', async () => {
  const receiver = await startReceiver({ host: '127.0.0.2' })
  const decoy = await startReceiver({ host: '127.0.0.1', port: receiver.port })
  let asked = 0
  const lookUp = async () => [asked++ % 2 === 0 ? '127.0.0.2' : '127.0.0.1']
  const attempt = createAttempt({
    guard: createEgressGuard({ allowLoopback: ['127.0.0.2'], lookUp }),
    ca: TEST_CA,
  })
  const errors: unknown[] = []
  for (let tries = 0; tries < 200; tries++)
    errors.push(
      (await attempt({ url: `https://hooks.receiver.example:${receiver.port}/`, ...delivery })).error,
    )
  expect(errors.filter((error) => error === undefined)).toHaveLength(100)
  expect(errors.filter((error) => error === 'dns')).toHaveLength(100)
  expect(asked).toBe(200)
  expect(receiver.received).toHaveLength(100)
  expect(decoy.connections()).toBe(0)
  await Promise.all([receiver.close(), decoy.close()])
})

it('accepts only short HTTPS URLs on allowed ports, without credentials or fragment', () => {
  const refusals: [string, string][] = [
    ['http://hooks.example/', 'URL must use HTTPS'],
    ['ftp://hooks.example/', 'URL must use HTTPS'],
    ['javascript:alert(1)', 'URL must use HTTPS'],
    ['hooks.example', 'URL must use HTTPS'],
    ['', 'URL must use HTTPS'],
    ['https://', 'URL is not valid'],
    ['https://hooks.example:99999/', 'URL is not valid'],
    ['https://user@hooks.example/', 'URL must not contain a username or password'],
    ['https://:password@hooks.example/', 'URL must not contain a username or password'],
    ['https://hooks.example/#part', 'URL must not contain a fragment'],
    ['https://hooks.example/#', 'URL must not contain a fragment'],
    ['https://hooks.example:22/', 'URL must use port 443, 8443 or one from 1024 up'],
    ['https://hooks.example:80/', 'URL must use port 443, 8443 or one from 1024 up'],
    [`https://hooks.example/${'a'.repeat(2_048)}`, 'URL must be at most 2048 characters'],
    [`https://hooks.example/${'é'.repeat(700)}`, 'URL must be at most 2048 characters'],
  ]
  for (const [url, refusal] of refusals) expect(guard.checkUrl(url), url).toEqual({ refusal })
  for (const url of [
    'https://hooks.example',
    'https://hooks.example:8443/a?b=c',
    'https://hooks.example.:1024/',
    'HTTPS://Bücher.example/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ])
    expect(guard.checkUrl(url), url).toHaveProperty('url')
})

it('accepts an internationalized host name after V8 has optimised the check', () => {
  for (let calls = 0; calls < 20_000; calls++)
    if (!('url' in guard.checkUrl('https://Bücher.example/'))) throw new Error(`rejected by call ${calls}`)
})

it('recognizes public IP addresses', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    expect(isPublicAddress(address), address).toBe(true)
  for (const address of [
    '',
    '1.2.3',
    '8.8.8.8:53',
    '[::1]',
    '203.0.113.1',
    '198.18.0.1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    '::8.8.8.8',
    '4000::1',
  ])
    expect(isPublicAddress(address), address).toBe(false)
})

it('allows only the configured loopback addresses', async () => {
  const { webhookLoopback } = readConfig({ WEBHOOK_ALLOW_LOOPBACK: '127.0.0.1, ::1' })
  const named = createEgressGuard({ allowLoopback: webhookLoopback })
  for (const host of ['127.0.0.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]'])
    expect(named.checkUrl(`https://${host}:8443/`), host).toHaveProperty('url')
  for (const host of ['127.0.0.2', 'localhost', '10.0.0.1'])
    expect(named.checkUrl(`https://${host}:8443/`), host).toHaveProperty('refusal')
  expect(named.checkUrl('http://127.0.0.1:8443/')).toEqual({ refusal: 'URL must use HTTPS' })
  expect(readConfig({}).webhookLoopback).toEqual([])
  for (const value of ['10.0.0.1', 'localhost', '0.0.0.0', '127.0.0.0/8'])
    expect(() => readConfig({ WEBHOOK_ALLOW_LOOPBACK: value })).toThrow(`such as 127.0.0.1, not "${value}"`)
})
