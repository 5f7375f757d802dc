import { createCamera } from './camera.js'
import { type Card, createCard } from './card.js'
import type { PageConfig, Reply, Request } from './config.js'
import { bitmapOf, pixelsOf } from './pixels.js'

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const status = find('status')
const results = find('results')
const drop = find('drop')
const input = find<HTMLInputElement>('files')
const cameraButton = find<HTMLButtonElement>('camera')
const clear = find<HTMLButtonElement>('clear')

const say = (text: string): void => {
  status.textContent = text
}

const config = (await (await fetch('classifier.json')).json()) as PageConfig
const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' })
const waiting = new Map<number, { resolve(probabilities: Float32Array): void; reject(error: Error): void }>()
let next = 0

/** Probabilities of one image; the worker answers in the order of asking. */
function classify(pixels: Uint8Array): Promise<Float32Array> {
  const id = next++
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    worker.postMessage({ id, pixels } satisfies Request)
  })
}

worker.onmessage = ({ data }: MessageEvent<Reply>) => {
  if (data.kind === 'ready') {
    document.body.dataset.ready = 'true'
    return say('Ready. Nothing you give it leaves this device.')
  }
  if (data.kind === 'failed') return say(`The model could not be loaded: ${data.message}`)
  const { resolve, reject } = waiting.get(data.id)!
  waiting.delete(data.id)
  if (data.kind === 'probabilities') resolve(data.probabilities)
  else reject(new Error(data.message))
}
worker.onerror = ({ message }) => say(`The model could not be loaded: ${message}`)

async function classifyFile(file: File): Promise<Card> {
  const card = createCard(file.name, config)
  results.prepend(card.root)
  clear.hidden = false
  try {
    const bitmap = await bitmapOf(file).catch(() => {
      throw new Error('not an image that this browser can read')
    })
    const pixels = pixelsOf(bitmap, bitmap.width, bitmap.height, config)
    bitmap.close()
    card.look(pixels)
    card.answer(await classify(pixels))
  } catch (error) {
    card.refuse(error instanceof Error ? error.message : String(error))
  }
  return card
}

/** One after the other: a folder of images must not be decoded into memory at once. */
let queue: Promise<unknown> = Promise.resolve()
function take(files: Iterable<File>): void {
  const list = [...files]
  list.forEach((file, i) => {
    queue = queue.then(async () => {
      await classifyFile(file)
      const count = results.childElementCount
      say(
        i + 1 < list.length
          ? `Classified ${i + 1} of ${list.length}`
          : `Classified ${count} image${count === 1 ? '' : 's'}.`,
      )
    })
  })
}

input.onchange = () => {
  take(input.files ?? [])
  input.value = ''
}
// The whole page takes what is dropped: a miss would make the browser leave the page for the image.
document.ondragover = event => {
  event.preventDefault()
  drop.classList.add('over')
}
document.ondragleave = event => {
  if (event.relatedTarget === null) drop.classList.remove('over')
}
document.ondrop = event => {
  event.preventDefault()
  drop.classList.remove('over')
  take(event.dataTransfer?.files ?? [])
}
document.onpaste = event => take(event.clipboardData?.files ?? [])
clear.onclick = () => {
  results.replaceChildren()
  clear.hidden = true
  say('Ready.')
}

let live: Card | undefined
const camera = createCamera(find<HTMLVideoElement>('video'), async video => {
  const pixels = pixelsOf(video, video.videoWidth, video.videoHeight, config)
  if (!live) {
    live = createCard('camera', config)
    results.prepend(live.root)
  }
  live.look(pixels)
  live.answer(await classify(pixels))
})
cameraButton.hidden = !navigator.mediaDevices
cameraButton.onclick = async () => {
  try {
    if (camera.running) {
      camera.stop()
      live?.root.remove()
      live = undefined
    } else await camera.start()
  } catch (error) {
    say(`No camera: ${error instanceof Error ? error.message : String(error)}`)
  }
  cameraButton.textContent = camera.running ? 'Stop camera' : 'Use camera'
}
