import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A mail as received by the server. */
export interface ReceivedMail {
  /** From the envelope. */
  from: string
  to: string[]
  /** Headers and body as received. */
  data: string
}

/** A mail server on loopback that accepts everything. */
export interface MailServer {
  /** `smtp://127.0.0.1:…` */
  url: string
  received: ReceivedMail[]
  /** Answers to the next recipients, such as `451 later`; all others are accepted. */
  refusals: string[]
  close(): Promise<void>
}

/** Implements as much SMTP as a client needs to deliver a mail. */
export async function startMailServer(): Promise<MailServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => void sockets.delete(socket))
    let mail: ReceivedMail = { from: '', to: [], data: '' }
    let isData = false
    let rest = ''
    const say = (line: string) => socket.write(`${line}\r\n`)
    say('220 test ESMTP')
    socket.on('data', (chunk) => {
      rest += chunk.toString()
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (isData && line !== '.') mail.data += `${line.replace(/^\./, '')}\r\n`
        else if (isData) {
          isData = false
          started.received.push(mail)
          mail = { from: '', to: [], data: '' }
          say('250 taken')
        } else if (/^EHLO/i.test(line)) say('250 test')
        else if (/^MAIL FROM:/i.test(line)) {
          mail.from = line.slice(10)
          say('250 ok')
        } else if (/^RCPT TO:/i.test(line)) {
          const refusal = started.refusals.shift()
          if (!refusal) mail.to.push(line.slice(8))
          say(refusal ?? '250 ok')
        } else if (/^DATA/i.test(line)) {
          isData = true
          say('354 go on')
        } else if (/^QUIT/i.test(line)) {
          say('221 bye')
          socket.end()
        } else say('502 not here')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const started: MailServer = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    refusals: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return started
}
