const [endpoint, session_id, urlField = 'url'] = process.argv.slice(2)
const server = { device_type: 'server', browser: 'server', os: 'Linux', user_agent: 'Shop-Server/2.0' }

for (const event of [
  { event_type: 'custom', event_name: 'from_node', properties: { order: 'A-1', value: 9.5, paid: true } },
  { event_type: 'custom', event_name: 'empty_from_node', properties: {} },
  { event_type: 'pageview', referrer: '' },
]) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...event, [urlField]: 'https://example.com/from-node', session_id, ...server }),
  })
  console.log(`${await answer.text()} ${answer.status}`)
}
