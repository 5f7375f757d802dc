/** Time between two looks through the camera: often enough to follow a hand, seldom enough for a phone's battery. */
const INTERVAL_MS = 250

export interface Camera {
  readonly running: boolean
  start(): Promise<void>
  stop(): void
}

/** Looks through the camera again and again; the next look waits for the answer to the last. */
export function createCamera(video: HTMLVideoElement, look: (video: HTMLVideoElement) => Promise<void>): Camera {
  let stream: MediaStream | undefined
  const loop = async (own: MediaStream): Promise<void> => {
    while (stream === own) {
      if (video.videoWidth > 0) await look(video)
      await new Promise(resolve => setTimeout(resolve, INTERVAL_MS))
    }
  }
  return {
    get running() {
      return stream !== undefined
    },
    async start() {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
      stream = opened
      video.srcObject = opened
      video.hidden = false
      await video.play()
      void loop(opened)
    },
    stop() {
      for (const track of stream?.getTracks() ?? []) track.stop()
      stream = undefined
      video.srcObject = null
      video.hidden = true
    },
  }
}
