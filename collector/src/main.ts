// The command's entry: the only file that touches the process.
import { runCli } from './cli/run.js'
import { StartError } from './errors.js'

try {
  await runCli(process.argv.slice(2), process.env, (line) => console.log(line))
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
