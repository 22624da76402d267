import { createRequire } from 'node:module'
import { DataType, load, open } from 'ffi-rs'

// This file is the process of the embedded engine, a ClickHouse server from the npm package chdb. The process
// exits when its stdin closes, so it never outlives the collector, even if the collector is killed. Its
// arguments are the data folder, the HTTP port and the config file. The data folder must be an absolute path
// because the engine resolves a relative path twice.

const [dataDir, httpPort, configFile] = process.argv.slice(2)
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
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
})
