import { readFileSync } from 'node:fs'

/**
 * Each reader parses the runner's JSON report and returns `{ passed, failed, failures: [{ name, message }]
 * }`.
 */
export function readUnitResults(file) {
  const { numPassedTests, numFailedTests, testResults } = readJson(file)
  const failures = testResults.flatMap(({ name, message, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length > 0)
      return failed.map((test) => ({
        name: `${name}: ${test.fullName}`,
        message: test.failureMessages.join('\n'),
      }))
    // A file that could not be loaded, or a hook that failed, has no failed test.
    return status === 'failed' ? [{ name, message }] : []
  })
  return { passed: numPassedTests, failed: numFailedTests, failures }
}

export function readBrowserResults(file) {
  const { stats, suites, errors } = readJson(file)
  const failures = suites.flatMap(specsOf).flatMap(({ file, title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ projectName, results }) => ({
        name: `[${projectName}] ${file}: ${title}`,
        message: results.flatMap((result) => result.errors.map((error) => error.message)).join('\n'),
      })),
  )
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    failures: [...failures, ...errors.map(({ message }) => ({ name: 'run', message }))],
  }
}

const specsOf = ({ specs = [], suites = [] }) => [...specs, ...suites.flatMap(specsOf)]

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))
