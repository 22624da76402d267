import { closeSync, constants, existsSync, openSync, statSync } from 'node:fs'
import { DataType, load, open } from 'ffi-rs'

/** What a confined process may still use. */
export interface Allowance {
  /** Folders to read and write. */
  folders: readonly string[]
  /** Files and folders to read. Missing ones are ignored. */
  readable: readonly string[]
  /** TCP port to listen on. */
  port: number
}

// The system calls and constants of Linux's Landlock (linux/landlock.h). Their numbers are the same on every
// architecture.
const CREATE_RULESET = 444
const ADD_RULE = 445
const RESTRICT_SELF = 446
const VERSION = 1
const RULE_PATH_BENEATH = 1
const RULE_NET_PORT = 2
const PR_SET_NO_NEW_PRIVS = 38
const READ_FILE = 1n << 2n
const READ_DIR = 1n << 3n
const BIND_TCP = 1n << 0n
const CONNECT_TCP = 1n << 1n
const SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3n
// Version 1 cannot allow the renames between folders that the engine needs.
const MIN_VERSION = 2
const NET_VERSION = 4
const SCOPE_VERSION = 6

/**
 * Confines this thread, and all threads that it starts from then on, to some files and one TCP port, for the
 * rest of their life. Other files cannot be opened and no connection can be made, whatever an SQL statement
 * asks for. Returns false, without a change, if the system cannot do this (macOS, Linux before 5.19, or a
 * container whose seccomp profile forbids it).
 */
export function confineProcess({ folders, readable, port }: Allowance): boolean {
  if (process.platform !== 'linux') return false
  open({ library: 'libc', path: 'libc.so.6' })
  const version = call(CREATE_RULESET, 0, 0, VERSION)
  if (version < MIN_VERSION) return false

  const files = (1n << BigInt(countFileRights(version))) - 1n
  const net = version >= NET_VERSION ? BIND_TCP | CONNECT_TCP : undefined
  const scope = version >= SCOPE_VERSION ? SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS : undefined
  const attributes = toBuffer([files, net, scope].filter((value) => value !== undefined))
  const ruleset = call(CREATE_RULESET, attributes, attributes.length, 0)
  if (ruleset < 0) return false

  const allow = (path: string, rights: bigint) => {
    const descriptor = openSync(path, constants.O_RDONLY)
    // The second field has four bytes, and the structure has no padding.
    const rule = Buffer.concat([toBuffer([rights]), Buffer.alloc(4)])
    rule.writeInt32LE(descriptor, 8)
    const result = call(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0)
    closeSync(descriptor)
    if (result < 0) throw new Error(`Landlock does not accept a rule for ${path}`)
  }
  for (const path of folders) allow(path, files)
  for (const path of readable)
    if (existsSync(path)) allow(path, statSync(path).isDirectory() ? READ_FILE | READ_DIR : READ_FILE)
  if (net !== undefined) call(ADD_RULE, ruleset, RULE_NET_PORT, toBuffer([BIND_TCP, BigInt(port)]), 0)

  // Landlock requires that the process can no longer gain rights by running another program.
  load({
    library: 'libc',
    funcName: 'prctl',
    retType: DataType.I32,
    paramsType: Array<DataType>(5).fill(DataType.I64),
    paramsValue: [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0],
  })
  const result = call(RESTRICT_SELF, ruleset, 0)
  closeSync(ruleset)
  return result === 0
}

function countFileRights(version: number): number {
  if (version >= 5) return 16
  return version >= 3 ? 15 : 14
}

function toBuffer(values: readonly bigint[]): Buffer {
  const buffer = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => buffer.writeBigUInt64LE(value, 8 * index))
  return buffer
}

function call(number: number, ...args: (number | Buffer)[]): number {
  return Number(
    load({
      library: 'libc',
      funcName: 'syscall',
      retType: DataType.I64,
      paramsType: [
        DataType.I64,
        ...args.map((arg) => (typeof arg === 'number' ? DataType.I64 : DataType.U8Array)),
      ],
      paramsValue: [number, ...args],
    }),
  )
}
