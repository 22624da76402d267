// The program behind `npm start`: the only file of the demo that accesses the process.
import { StartError } from '@zenovay/collector'
import { startDemo } from './start-demo.js'

// Installed first, so that a signal, or the end of `npm start`, during the start closes everything opened so far.
const stopped = new Promise((resolve) => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
  process.once('disconnect', resolve)
})

try {
  const demo = await startDemo(process.env, (line) => console.log(line))
  await stopped
  await demo.close()
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
