import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface EngineFiles {
  dataDir: string
  configFile: string
}

// Queries that need more memory fail. Without these limits, four heavy GROUP BY queries used 5 GB.
const SERVER_MEMORY_BYTES = 2_000_000_000
const QUERY_MEMORY_BYTES = 1_000_000_000
const CONCURRENT_QUERIES = 50
const SECRET = { mode: 0o600 }

/**
 * Writes the engine's configuration into `folder`.
 *
 * The engine's start-up query runs as the user `default`, which has no password and must be allowed to read
 * files, because stdin is a file. Over HTTP, this user could read every file that the process can read. HTTP
 * queries are therefore accepted only with the Authorization header of the application's user.
 *
 * The password of the application's user changes at every start. Only this user may write backups, into any
 * folder that the process can write to.
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
  // By default, a query uses one thread per GiB of the engine's free memory. The engine has only 2 GB, so
  // most queries would use a single thread. The value 0 disables this rule.
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
  // Set the file modes explicitly, because writeFile keeps the mode of an existing file.
  await Promise.all([chmod(files.configFile, SECRET.mode), chmod(usersFile, SECRET.mode)])
  return files
}

/** Returns the value of a basic Authorization header for a user and password. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
