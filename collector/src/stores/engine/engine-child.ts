import { createRequire } from 'node:module'
import { DataType, load, open } from 'ffi-rs'

// The process of the embedded engine: a ClickHouse server from the npm package chdb. It exits when its stdin
// closes, so it never outlives the collector, even a killed one. Arguments: data folder (absolute, because
// the engine resolves a relative one twice), HTTP port, config file.

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
  // The last statement reads stdin to its end, which keeps the server running.
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
