// Entry point of the command line. In this process, no other file reads arguments or environment variables or
// sets the exit code.
import { runCli } from './cli/run.js'
import { StartError } from './errors.js'

try {
  await runCli(process.argv.slice(2), process.env, (line) => console.log(line))
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
