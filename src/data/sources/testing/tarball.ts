import { gzipSync } from 'node:zlib'

export interface TarEntry {
  name: string
  /** '0' file, '1' hard link, '2' symbolic link, '3' device, '5' directory. */
  type?: '0' | '1' | '2' | '3' | '5'
  link?: string
  content?: Uint8Array
}

/** A ustar header: names that a well-behaved tar writer would refuse are the point. */
function header({ name, type = '0', link = '', content }: TarEntry): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  block.write(name, 0)
  block.write(octal(0o644, 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(content?.length ?? 0, 12), 124)
  block.write(octal(0, 12), 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write(link, 157)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** A .tar.gz for tests, byte by byte. */
export function tarball(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(entry => {
    const content = entry.content ?? new Uint8Array(0)
    return [header(entry), content, Buffer.alloc((512 - (content.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 1 })
}
