import { networkInterfaces } from 'node:os'

/**
 * Hosts of URLs that lead to this machine, to its neighbours or to a cloud's metadata service, in spellings
 * that have bypassed real filters.
 */
export const INNER_HOSTS = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '017700000001',
  '１２７．０．０．１',
  '①②⑦.⓪.⓪.①',
  '%31%32%37.0.0.1',
  '127.0.0.1.',
  '127.255.255.254',
  '0.0.0.0',
  '0',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  '[fd00::1]',
  '[fec0::1]',
  '169.254.169.254',
  '2852039166',
  '[::ffff:a9fe:a9fe]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '100.100.100.200',
  '168.63.129.16',
  '[100:0:0:1::1]',
  '192.0.0.192',
  '224.0.0.1',
  '255.255.255.255',
  'localhost',
  'LOCALHOST.',
  'hooks.localhost',
  'printer.local',
  'metadata.google.internal',
  'metadata',
  ...ownAddresses(),
]

/** The network addresses of this machine, which may be public. */
function ownAddresses(): string[] {
  const entries = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return entries
    .filter(({ internal }) => !internal)
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
}
