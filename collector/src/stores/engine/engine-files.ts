import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineAddress, EngineUser, Proof } from './engine-address.js'

/** Absolute paths of the files and folders that a process of the engine uses. */
export interface EngineFiles {
  dataDir: string
  configFile: string
  usersFile: string
  /** The only folder for backups. */
  backupsDir: string
}

// Queries that need more memory fail. Without these limits, four heavy GROUP BY queries used 5 GB.
const SERVER_MEMORY_BYTES = 2_000_000_000
const QUERY_MEMORY_BYTES = 1_000_000_000
const CONCURRENT_QUERIES = 50
const SECRET = { mode: 0o600 }

const READ_AND_WRITE = [
  // ALTER DELETE includes DROP PARTITION and KILL MUTATION, with which erasure removes files.
  'SELECT, INSERT, ALTER DELETE ON default.*',
  'SELECT ON system.parts',
  'SELECT ON system.mutations',
]

/**
 * The rights of each user. Everything else is denied: other databases, files, URLs, other servers, programs,
 * dictionaries, SYSTEM statements, users and grants. `collector` runs the statements of requests and jobs, and
 * cannot change the schema.
 */
const GRANTS: Record<EngineUser, readonly string[]> = {
  collector: READ_AND_WRITE,
  maintenance: [
    ...READ_AND_WRITE,
    'CREATE TABLE, DROP TABLE, TRUNCATE, OPTIMIZE, CHECK, BACKUP ON default.*',
    'ALTER ADD COLUMN, ALTER SETTINGS ON default.*',
    'TABLE ENGINE ON MergeTree',
    'TABLE ENGINE ON ReplacingMergeTree',
    'SELECT ON system.detached_parts',
    'SELECT ON system.processes',
  ],
}

/**
 * Writes the configuration of a process of the engine into `folder`.
 *
 * The engine's start-up query runs as the user `default`, which has no password and must be allowed to read
 * files, because stdin is a file. Over HTTP, this user could read every file that the process can read. HTTP
 * queries are therefore accepted only with the Authorization header of one of the collector's users.
 */
export async function writeEngineFiles(
  folder: string,
  { backupsDir, address }: { backupsDir: string; address: EngineAddress },
): Promise<EngineFiles> {
  const files = {
    dataDir: join(folder, 'store'),
    configFile: join(folder, 'config.xml'),
    usersFile: join(folder, 'users.xml'),
    backupsDir,
  }
  for (const path of [files.dataDir, backupsDir]) await mkdir(path, { recursive: true, mode: 0o700 })
  const users = Object.entries(address.passwords) as [EngineUser, string][]
  // Without the access control improvements, every user may read every system table and use every engine.
  await writeFile(
    files.configFile,
    `<clickhouse>
  <users_config>${escapeXml(files.usersFile)}</users_config>
  <max_server_memory_usage>${SERVER_MEMORY_BYTES}</max_server_memory_usage>
  <max_concurrent_queries>${CONCURRENT_QUERIES}</max_concurrent_queries>
  <backups><allowed_path>${escapeXml(backupsDir)}</allowed_path></backups>
  <access_control_improvements>
    <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
    <select_from_information_schema_requires_grant>true</select_from_information_schema_requires_grant>
    <table_engines_require_grant>true</table_engines_require_grant>
    <on_cluster_queries_require_cluster_grant>true</on_cluster_queries_require_cluster_grant>
  </access_control_improvements>
  <http_handlers>
    ${[{ path: '/ping', answer: 'Ok.' }, address.started, address.connected].map(staticRule).join('\n    ')}
    ${users.map(([user, password]) => queryRule(basicAuthorization(user, password))).join('\n    ')}
  </http_handlers>
</clickhouse>
`,
    SECRET,
  )
  // By default, a query uses one thread per GiB of the engine's free memory. The engine has only 2 GB, so
  // most queries would use a single thread. The value 0 disables this rule.
  await writeFile(
    files.usersFile,
    `<clickhouse>
  <profiles><default><max_memory_usage>${QUERY_MEMORY_BYTES}</max_memory_usage><max_threads_min_free_memory_per_thread>0</max_threads_min_free_memory_per_thread></default></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password><networks><ip>::1/128</ip></networks><profile>default</profile><quota>default</quota>
      ${grantsElement(['SYSTEM LISTEN ON *.*', 'CREATE TABLE, CREATE DATABASE, SELECT ON default.*', 'READ ON FILE', 'FILE ON *.*', 'TABLE ENGINE ON File'])}
    </default>
    ${users.map(([user, password]) => `<${user}><password>${password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>${grantsElement(GRANTS[user])}</${user}>`).join('\n    ')}
  </users>
</clickhouse>
`,
    SECRET,
  )
  // Set the file modes explicitly, because writeFile keeps the mode of an existing file.
  await Promise.all([chmod(files.configFile, SECRET.mode), chmod(files.usersFile, SECRET.mode)])
  return files
}

/**
 * Removes the configuration. The engine reads it once, at its start; queries could read the passwords in it
 * wherever the engine's process is not confined.
 */
export async function removeEngineFiles({ configFile, usersFile }: EngineFiles): Promise<void> {
  await Promise.all([rm(configFile, { force: true }), rm(usersFile, { force: true })])
}

function staticRule({ path, answer }: Proof): string {
  return `<rule><url>${path}</url><handler><type>static</type><response_content>${answer}</response_content></handler></rule>`
}

function queryRule(authorization: string): string {
  return `<rule><headers><Authorization>${authorization}</Authorization></headers><handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler></rule>`
}

function grantsElement(grants: readonly string[]): string {
  return `<grants>${grants.map((grant) => `<query>GRANT ${grant}</query>`).join('')}</grants>`
}

function basicAuthorization(user: EngineUser, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
