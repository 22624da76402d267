const RATE_HZ = 8_000
const SECONDS = 3
const HEADER_BYTES = 44
/** The middle of the range of a sample of 8 bits. */
const SILENCE = 128

/** Makes the sound of a kettle as a WAV file (mono, 8 bits): a tone that rises and grows louder. */
export function makeKettleSound(): Buffer {
  const samples = RATE_HZ * SECONDS
  const file = Buffer.alloc(HEADER_BYTES + samples)
  file.write('RIFF')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16) // size of the format that follows
  file.writeUInt16LE(1, 20) // PCM
  file.writeUInt16LE(1, 22) // one channel
  file.writeUInt32LE(RATE_HZ, 24)
  file.writeUInt32LE(RATE_HZ, 28) // bytes per second
  file.writeUInt16LE(1, 32) // bytes per sample
  file.writeUInt16LE(8, 34) // bits per sample
  file.write('data', 36)
  file.writeUInt32LE(samples, 40)
  let phase = 0
  for (let index = 0; index < samples; index++) {
    const part = index / samples
    phase += (2 * Math.PI * (600 + 900 * part)) / RATE_HZ
    file.writeUInt8(Math.round(SILENCE + 40 * part * Math.sin(phase)), HEADER_BYTES + index)
  }
  return file
}
