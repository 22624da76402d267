#!/usr/bin/env -S node --max-semi-space-size=128
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) await import(main.href)
else {
  console.error('The collector is not built yet. Run npm start, or npm run build first.')
  process.exitCode = 1
}
