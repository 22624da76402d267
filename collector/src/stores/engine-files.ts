import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface EngineFiles {
  dataDir: string
  configFile: string
}

// A query that wants more is refused; without limits four heavy GROUP BYs took 5 GB.
const SERVER_MEMORY_BYTES = 2_000_000_000
const QUERY_MEMORY_BYTES = 1_000_000_000
const CONCURRENT_QUERIES = 50

/**
 * Writes the engine's configuration into `folder`.
 *
 * By default any local user may connect to the engine. Here the application's user has a password that is new
 * with every start, and `default`, which the engine's own start-up query runs as, may only listen and read stdin.
 */
export async function writeEngineFiles(folder: string, { user, password }: { user: string; password: string }): Promise<EngineFiles> {
  const files = { dataDir: join(folder, 'store'), configFile: join(folder, 'config.xml') }
  const usersFile = join(folder, 'users.xml')
  await mkdir(files.dataDir, { recursive: true, mode: 0o700 })
  await writeFile(
    files.configFile,
    `<clickhouse>
  <users_config>${escapeXml(usersFile)}</users_config>
  <max_server_memory_usage>${SERVER_MEMORY_BYTES}</max_server_memory_usage>
  <max_concurrent_queries>${CONCURRENT_QUERIES}</max_concurrent_queries>
</clickhouse>
`,
  )
  await writeFile(
    usersFile,
    `<clickhouse>
  <profiles><default><max_memory_usage>${QUERY_MEMORY_BYTES}</max_memory_usage></default></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password><networks><ip>::1/128</ip></networks><profile>default</profile><quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TABLE, CREATE DATABASE, SELECT ON default.*</query>
        <query>GRANT READ ON FILE</query>
        <query>GRANT FILE ON *.*</query>
        <query>GRANT TABLE ENGINE ON File</query>
      </grants>
    </default>
    <${user}><password>${password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></${user}>
  </users>
</clickhouse>
`,
    { mode: 0o600 },
  )
  // writeFile keeps the mode of a file that was there before.
  await chmod(usersFile, 0o600)
  return files
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
