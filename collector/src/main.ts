// Entry point of the command line. Only this file reads arguments and environment variables and sets the exit
// code.
import { runCli } from './cli/run.js'
import { StartError } from './errors.js'

try {
  await runCli(process.argv.slice(2), process.env, (line) => console.log(line))
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
