import { expect, test } from 'vitest'
import { parseStack } from '../../src/capture/parse-stack.js'

const V8 = `TypeError: Cannot read properties of undefined (reading 'total')
    at total (https://shop.example/assets/app-3f9a.js?v=2:10:5)
    at Cart.pay [as onClick] (https://cdn.example/npm/cart@1.2.3/cart.js:1:204)
    at async Promise.all (index 0)
    at Array.map (<anonymous>)
    at new Order (https://shop.example/assets/app-3f9a.js:30:7)
    at async Object.send (webpack-internal:///./src/send.js:5:1)
    at eval (eval at run (https://shop.example/a.js:1:2), <anonymous>:1:1)
    at HTMLButtonElement.<anonymous> (https://shop.example/cart?token=secret#top:12:3)
    at https://shop.example/assets/app-3f9a.js:99:1`

const SPIDERMONKEY = `total@https://shop.example/assets/app-3f9a.js?v=2:10:5
pay@https://cdn.example/npm/cart@1.2.3/cart.js:1:204
promise callback*send@webpack-internal:///./src/send.js:5:1
async*Order@https://shop.example/assets/app-3f9a.js:30:7
run/<@https://shop.example/cart?token=secret#top:12:3
map@[native code]
@https://shop.example/a.js line 5 > eval:1:1
@https://shop.example/assets/app-3f9a.js:99:1
`

const JAVASCRIPTCORE = `total@https://shop.example/assets/app-3f9a.js?v=2:10:5
pay@https://cdn.example/npm/cart@1.2.3/cart.js:1:204
map@[native code]
@https://shop.example/assets/app-3f9a.js:99:1
https://shop.example/a.js:8:1
global code@https://shop.example/cart:12:3`

const read = (stack: string) =>
  parseStack(stack).map(({ name, file, line, column }) => `${name}@${file}:${line}:${column}`)

test('reads a stack of V8', () => {
  expect(read(V8)).toEqual([
    'total@https://shop.example/assets/app-3f9a.js:10:5',
    'pay@https://cdn.example/npm/cart@1.2.3/cart.js:1:204',
    'Order@https://shop.example/assets/app-3f9a.js:30:7',
    'send@webpack-internal:///./src/send.js:5:1',
    '@https://shop.example/cart:12:3',
    '@https://shop.example/assets/app-3f9a.js:99:1',
  ])
})

test('reads a stack of SpiderMonkey', () => {
  expect(read(SPIDERMONKEY)).toEqual([
    'total@https://shop.example/assets/app-3f9a.js:10:5',
    'pay@https://cdn.example/npm/cart@1.2.3/cart.js:1:204',
    'send@webpack-internal:///./src/send.js:5:1',
    'Order@https://shop.example/assets/app-3f9a.js:30:7',
    '@https://shop.example/cart:12:3',
    '@https://shop.example/assets/app-3f9a.js:99:1',
  ])
})

test('reads a stack of JavaScriptCore', () => {
  expect(read(JAVASCRIPTCORE)).toEqual([
    'total@https://shop.example/assets/app-3f9a.js:10:5',
    'pay@https://cdn.example/npm/cart@1.2.3/cart.js:1:204',
    '@https://shop.example/assets/app-3f9a.js:99:1',
    '@https://shop.example/a.js:8:1',
    '@https://shop.example/cart:12:3',
  ])
})

test('reads at most ten frames', () => {
  expect(read('f@https://shop.example/a.js:1:2\n'.repeat(100))).toHaveLength(10)
})

test.each([
  ['5 MB of frames', 'f@https://shop.example/a.js:1:2\n'.repeat(160_000)],
  ['one line of 5 MB', `at ${'a'.repeat(5_000_000)}`],
  ['schemes without end', `${'a://'.repeat(70)}\n`.repeat(60)],
  ['letters that may be a scheme', `${'a'.repeat(299)}\n`.repeat(60)],
  ['spaces', `${' '.repeat(299)}\n`.repeat(60)],
  ['brackets', `${'((@ '.repeat(75)}\n`.repeat(60)],
  ['numbers', `a://${':1'.repeat(148)}x\n`.repeat(60)],
])('takes less than 25 ms for %s', (_name, stack) => {
  // The quickest of some: the machine may do other work.
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    parseStack(stack)
    return performance.now() - start
  })
  expect(Math.min(...times)).toBeLessThan(25)
})
