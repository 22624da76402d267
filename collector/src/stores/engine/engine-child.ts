import { createRequire } from 'node:module'
import { DataType, load, open } from 'ffi-rs'
import { confineProcess } from './confine-process.js'

// This file is the process of the embedded engine, a ClickHouse server from the npm package chdb. The process
// exits when its stdin closes, so it never outlives the collector, even if the collector is killed. Its
// arguments are the data folder, the HTTP port, the config file, the users file and the folder for backups.
// The paths must be absolute because the engine resolves a relative path twice.

const [dataDir, httpPort, configFile, usersFile, backupsDir] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const { libchdbPath } = createRequire(import.meta.url)('chdb/libchdb') as { libchdbPath: () => string }
const args = [
  'clickhouse',
  `--path=${dataDir}`,
  `--http_port=${httpPort}`,
  '--listen_host=127.0.0.1',
  `--config-file=${configFile}`,
  '--structure=x String',
  '--input-format=LineAsString',
  // The last statement reads stdin until it closes, which keeps the server running.
  '--query=SYSTEM START LISTEN HTTP; SELECT count() FROM table',
]

open({ library: 'chdb', path: libchdbPath() })
// The engine measures the machine and its container.
const SYSTEM_FILES = ['/proc/self', '/proc/meminfo', '/proc/cpuinfo', '/proc/stat', '/proc/loadavg', '/sys']
// Grants alone are not enough: the function file() and FROM INFILE need none in this build of ClickHouse (0022).
const isConfined = confineProcess({
  folders: [dataDir, backupsDir],
  readable: [configFile, usersFile, ...SYSTEM_FILES],
  port: Number(httpPort),
})
if (!isConfined)
  console.error(
    'warning: the engine is not confined to its folder, because this system has no Landlock (Linux 5.19 or newer)',
  )
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
})
