import Database from 'libsql'

/** Deletes the requests of all accounts in the current minute, for tests that send more than a plan allows. */
export function clearMinutes(controlFile: string): void {
  const database = new Database(controlFile, { timeout: 5_000 })
  database.exec('DELETE FROM account_minutes')
  database.close()
}
