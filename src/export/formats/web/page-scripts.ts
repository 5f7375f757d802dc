import { readdir, readFile } from 'node:fs/promises'

/** A module of the page as a browser runs it. */
export interface PageScript {
  name: string
  script: string
}

/** The page's modules: compiled with the package, or in a checkout from their sources, now. */
export async function pageScripts(): Promise<PageScript[]> {
  const folder = new URL('./page/', import.meta.url)
  const names = (await readdir(folder)).filter(name => /^[a-z-]+\.(ts|js)$/.test(name)).sort()
  const compiled = names.filter(name => name.endsWith('.js'))
  const read = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8')
  if (compiled.length)
    return withCode(
      // The maps stay behind: they would be a request for a file that is not there.
      compiled.map(async name => ({ name, script: (await read(name)).replace(/^\/\/# sourceMappingURL=.*$/m, '') })),
    )
  const { transform } = await import('esbuild')
  return withCode(
    names.map(async name => ({
      name: name.replace(/\.ts$/, '.js'),
      script: (await transform(await read(name), { loader: 'ts', format: 'esm', target: 'es2022' })).code,
    })),
  )
}

/** A module of types alone is empty then, and nobody asks for it. */
const withCode = async (scripts: Promise<PageScript>[]): Promise<PageScript[]> =>
  (await Promise.all(scripts)).filter(({ script }) => script.replace(/export\s*\{\s*\};?/, '').trim() !== '')
