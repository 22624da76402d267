import type { Job } from '../../src/jobs/job.js'

/** Runs a job once, as the runner does: failures do not reject. */
export async function runJob(
  job: Pick<Job, 'run'>,
  onFailure: (error: unknown) => void = () => {},
): Promise<void> {
  await job.run(new AbortController().signal).catch(onFailure)
}
