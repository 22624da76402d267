import ipaddr from 'ipaddr.js'

type Value = string | number | { [key: string]: Value } | Value[]
type TreeNode = [Branch, Branch]
type Branch = TreeNode | Buffer | undefined

const SEPARATOR = Buffer.alloc(16)
const METADATA_MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')

/** A database in MaxMind's format with a value for each CIDR range. Ranges must not contain each other. */
export function writeMmdb(ranges: Record<string, Value>): Buffer {
  const root: TreeNode = [undefined, undefined]
  for (const [range, value] of Object.entries(ranges)) insert(root, bitsOf(range), encode(value))

  const nodes: TreeNode[] = []
  const collect = (node: TreeNode) => {
    nodes.push(node)
    for (const branch of node) if (Array.isArray(branch)) collect(branch)
  }
  collect(root)

  const data: Buffer[] = []
  let dataLength = 0
  const tree = Buffer.alloc(nodes.length * 6)
  nodes.forEach((node, index) =>
    node.forEach((branch, side) => {
      let record = nodes.length
      if (Array.isArray(branch)) record = nodes.indexOf(branch)
      else if (branch) {
        record = nodes.length + SEPARATOR.length + dataLength
        data.push(branch)
        dataLength += branch.length
      }
      tree.writeUIntBE(record, index * 6 + side * 3, 3)
    }),
  )
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test',
    description: { en: 'Test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  }
  return Buffer.concat([tree, SEPARATOR, ...data, METADATA_MARK, encode(metadata)])
}

/** IPv4 addresses are stored in ::/96. */
function bitsOf(range: string): number[] {
  const [address, bits] = ipaddr.parseCIDR(range)
  const bytes = [...new Array<number>(16 - address.toByteArray().length).fill(0), ...address.toByteArray()]
  return bytes
    .flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >> shift) & 1))
    .slice(0, 128 - address.toByteArray().length * 8 + bits)
}

function insert(root: TreeNode, bits: number[], leaf: Buffer): void {
  let node = root
  for (const bit of bits.slice(0, -1)) node = (node[bit] ??= [undefined, undefined]) as TreeNode
  node[bits.at(-1)!] = leaf
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)])
  if (typeof value === 'number')
    return Buffer.from([(6 << 5) | 4, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 4]), ...value.map(encode)])
  return Buffer.concat([
    Buffer.from([(7 << 5) | Object.keys(value).length]),
    ...Object.entries(value).flatMap(([key, entry]) => [encode(key), encode(entry)]),
  ])
}
