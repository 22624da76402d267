// @ts-check
// Does time reveal how much of a secret is right? 100,000 checks each of API keys, tokens and Stripe
// signatures, and of comparisons that exit early.
//   node bench/timing-leaks.mjs [--samples 100000]
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createApiKey, isKeyOf } from '../collector/dist/control/keys/api-key.js'
import { createTokenCheck } from '../collector/dist/http/bearer-token.js'
import { verifyStripeSignature } from '../collector/dist/control/integrations/stripe.js'
import { compareClasses } from './timing/compare-classes.mjs'

const { values } = parseArgs({ options: { samples: { type: 'string', default: '100000' } } })
const SAMPLES = Number(values.samples)
const LEAK = 4.5

// All inputs are new and random in both classes: they differ only in how much of them is right. Both texts
// are always created, and a copy is passed, so that neither work nor memory before the check differ.
const copy = (text) => Buffer.from(text).toString('latin1')
const choose = (isFirst, first, second) => copy(isFirst ? first : second)
const randomHex = () => randomBytes(32).toString('hex')
const newKey = () => createApiKey({ name: 'bench', siteId: null }, 0)
const stripeSecret = `whsec_${randomHex()}`

function makeKey(isRight) {
  const { secret, record } = newKey()
  return { given: choose(isRight, secret, newKey().secret), record }
}

function makeToken(isRight) {
  const token = randomHex()
  return {
    given: choose(isRight, `Bearer ${token}`, `Bearer ${randomHex()}`),
    check: createTokenCheck(token),
  }
}

/** Both are rejected: time must not reveal whether only the last digit or all of them are wrong. */
function makeSignature(isNear) {
  const now = Date.now()
  const body = randomBytes(200)
  const time = Math.floor(now / 1000)
  const right = createHmac('sha256', stripeSecret).update(`${time}.`).update(body).digest('hex')
  const near = right.slice(0, -1) + (right.endsWith('0') ? '1' : '0')
  return {
    header: choose(isNear, `t=${time},v1=${near}`, `t=${time},v1=${randomHex()}`),
    body,
    secret: stripeSecret,
    now,
  }
}

/** A comparison in a loop; `===` of texts does the same in larger steps. */
function endsEarly(given, expected) {
  for (let place = 0; place < expected.length; place++)
    if (given.charCodeAt(place) !== expected.charCodeAt(place)) return false
  return true
}

const subjects = [
  { name: 'API key', make: makeKey, run: ({ given, record }) => isKeyOf(given, record) },
  { name: 'token of a monitor', make: makeToken, run: ({ given, check }) => check(given) },
  { name: "Stripe's signature", make: makeSignature, run: verifyStripeSignature },
  {
    name: 'control: digests of keys, to the first difference',
    make: makeKey,
    run: ({ given, record }) => endsEarly(createHash('sha256').update(given).digest('hex'), record.hash),
    leaks: true,
  },
  {
    name: 'control: signatures, to the first difference',
    make: makeSignature,
    run: ({ header, body, secret }) =>
      endsEarly(
        header.slice(16),
        createHmac('sha256', secret)
          .update(`${header.slice(2, 12)}.`)
          .update(body)
          .digest('hex'),
      ),
    leaks: true,
  },
]

for (const { name, leaks = false, ...subject } of subjects) {
  const { t, nanoseconds, mean } = compareClasses({ ...subject, samples: SAMPLES })
  const isAsExpected = Math.abs(t) > LEAK === leaks
  if (!isAsExpected) process.exitCode = 1
  console.log(
    `${isAsExpected ? 'ok ' : 'NOT'} ${name}: |t| ${Math.abs(t).toFixed(2)}, ${nanoseconds.toFixed(1)} ns apart of ${(mean / 1000).toFixed(2)} µs${leaks ? ', must be found' : ''}`,
  )
}
