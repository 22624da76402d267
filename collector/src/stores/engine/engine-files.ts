import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface EngineFiles {
  dataDir: string
  configFile: string
}

// Larger queries fail; without limits four heavy GROUP BYs took 5 GB.
const SERVER_MEMORY_BYTES = 2_000_000_000
const QUERY_MEMORY_BYTES = 1_000_000_000
const CONCURRENT_QUERIES = 50
const SECRET = { mode: 0o600 }

/**
 * Writes the engine's configuration into `folder`.
 *
 * The engine's start-up query runs as `default`, without a password, and must read stdin, which is a file:
 * over HTTP that user could read every file of the process. So HTTP has a handler only for requests with the
 * Authorization header of the application's user, whose password changes with every start. Only that user may
 * write a backup, into any folder that the process may write.
 */
export async function writeEngineFiles(
  folder: string,
  { user, password }: { user: string; password: string },
): Promise<EngineFiles> {
  const files = { dataDir: join(folder, 'store'), configFile: join(folder, 'config.xml') }
  const usersFile = join(folder, 'users.xml')
  await mkdir(files.dataDir, { recursive: true, mode: 0o700 })
  await writeFile(
    files.configFile,
    `<clickhouse>
  <users_config>${escapeXml(usersFile)}</users_config>
  <max_server_memory_usage>${SERVER_MEMORY_BYTES}</max_server_memory_usage>
  <max_concurrent_queries>${CONCURRENT_QUERIES}</max_concurrent_queries>
  <backups><allowed_path>/</allowed_path></backups>
  <http_handlers>
    <rule><url>/ping</url><handler><type>static</type><response_content>Ok.</response_content></handler></rule>
    <rule>
      <headers><Authorization>${basicAuthorization(user, password)}</Authorization></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>
</clickhouse>
`,
    SECRET,
  )
  // By default a query gets one thread for each free GiB of the engine's memory. It has two, so that is
  // mostly one thread.
  await writeFile(
    usersFile,
    `<clickhouse>
  <profiles><default><max_memory_usage>${QUERY_MEMORY_BYTES}</max_memory_usage><max_threads_min_free_memory_per_thread>0</max_threads_min_free_memory_per_thread></default></profiles>
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
    SECRET,
  )
  // writeFile keeps the mode of an existing file.
  await Promise.all([chmod(files.configFile, SECRET.mode), chmod(usersFile, SECRET.mode)])
  return files
}

/** The Authorization header of a user and password. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
