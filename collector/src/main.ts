// Entry of the command; the only file that reads arguments and environment and sets the exit code.
import { runCli } from './cli/run.js'
import { StartError } from './errors.js'

try {
  await runCli(process.argv.slice(2), process.env, (line) => console.log(line))
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
