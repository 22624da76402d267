// The program behind `npm start`: the only file of the demo that touches the process.
import { StartError } from '@zenovay/collector'
import { startDemo } from './start-demo.js'

// Listened for from the beginning: told to stop while it starts, it closes what it opened.
const stopped = new Promise((resolve) => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
})

try {
  const demo = await startDemo(process.env, (line) => console.log(line))
  await stopped
  await demo.close()
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
