import { describe, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector } from '../support/start-test-collector.js'

const readCountries = async (collector: Awaited<ReturnType<typeof startTestCollector>>) =>
  (await collector.select<{ country: string }>('SELECT DISTINCT country FROM events ORDER BY country')).map(
    (row) => row.country,
  )

describe('the country of an event', () => {
  it('derives the country of an event from the connection and ignores client headers', async () => {
    const collector = await startTestCollector({ COUNTRY_HEADER: 'CF-IPCountry' })
    for (let i = 0; i < 40; i++) {
      const forged = `${(i % 200) + 1}.${i}.8.8`
      expect(
        (
          await collector.post(makeEvent({}), {
            headers: {
              'x-forwarded-for': forged,
              'x-real-ip': forged,
              forwarded: `for=${forged}`,
              'cf-ipcountry': 'CH',
            },
          })
        ).status,
      ).toBe(200)
    }
    expect(await readCountries(collector)).toEqual([''])
    await collector.close()
  })

  it('derives the country of an event from the client address that a trusted proxy sends', async () => {
    const collector = await startTestCollector({
      COUNTRY_HEADER: 'CF-IPCountry',
      TRUSTED_PROXIES: '127.0.0.1',
    })
    await collector.post(makeEvent({ title: 'by address' }), { headers: { 'x-forwarded-for': '8.8.8.8' } })
    await collector.post(makeEvent({ title: 'by header' }), {
      headers: { 'x-forwarded-for': '8.8.8.8', 'cf-ipcountry': 'CH' },
    })
    await collector.post(makeEvent({ title: 'private' }), { headers: { 'x-forwarded-for': '192.168.1.20' } })
    const rows = await collector.select<{ title: string; country: string }>('SELECT * FROM events')
    expect(Object.fromEntries(rows.map(({ title, country }) => [title, country]))).toEqual({
      'by address': 'US',
      'by header': 'CH',
      private: '',
    })
    for (const address of ['8.8.8.8', '192.168.1.20', '127.0.0.1'])
      expect(JSON.stringify(rows)).not.toContain(address)
    await collector.close()
  })
})
