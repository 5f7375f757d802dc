import ansis from 'ansis'
import type { EpochEvent, NoticeEvent, StartEvent } from '../train/events.js'
import type { Progress } from '../train/fit-host.js'

/** Shows a training as it goes. */
export interface TrainDisplay {
  note(message: string): void
  start(event: StartEvent, title: string): void
  progress(progress: Progress): void
  epoch(event: EpochEvent, epochs: number): void
  notice(event: NoticeEvent): void
  end(): void
}

export interface Screen {
  write(text: string): void
  /** Present on a terminal: repaints a block of lines, and ends it. */
  repaint?: { (text: string): void; clear(): void; done(): void }
}

const BAR = 28
const SPARK = 60

export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

export function bar(share: number, width = BAR): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)
  return ansis.cyan('━'.repeat(filled)) + ansis.dim('─'.repeat(width - filled))
}

/** The last values as a row of bars, scaled to their own range. */
export function sparkline(values: readonly number[], width = SPARK): string {
  const shown = values.slice(-width).filter(Number.isFinite)
  const low = Math.min(...shown)
  const range = Math.max(...shown) - low || 1
  return shown.map(value => '▁▂▃▄▅▆▇█'[Math.round(((value - low) / range) * 7)]).join('')
}

const percent = (share: number | undefined): string => (share === undefined ? '-' : `${(100 * share).toFixed(2)} %`)
const rate = (value: number): string => String(Number(value.toPrecision(3)))

/** One line for a finished epoch, the same on a terminal and in a log. */
export function epochLine(event: EpochEvent, epochs: number): string {
  const number = String(event.epoch).padStart(String(epochs).length)
  const validation =
    event.validationLoss === undefined
      ? ''
      : `  validation ${event.validationLoss.toFixed(4)} ${percent(event.validationAccuracy)}`
  return (
    `epoch ${number}/${epochs}  loss ${event.trainLoss.toFixed(4)}  accuracy ${percent(event.trainAccuracy)}${validation}` +
    `  rate ${rate(event.learningRate)}  ${Math.round(event.imagesPerSecond)} images/s  ${duration(event.seconds)}`
  )
}

/** For logs, pipes and CI: one plain line per epoch and per notice. */
export function plainDisplay(screen: Screen): TrainDisplay {
  const line = (text: string): void => screen.write(`${text}\n`)
  let noted = ''
  return {
    note(message) {
      if (message !== noted) line((noted = message))
    },
    start: (_, title) => line(title),
    progress: () => undefined,
    epoch: (event, epochs) => line(epochLine(event, epochs)),
    notice: event => line(`  ${event.message}`),
    end: () => undefined,
  }
}

/** For people at a terminal: a block that is repainted; finished epochs scroll away above it. */
export function terminalDisplay(screen: Screen & Required<Pick<Screen, 'repaint'>>): TrainDisplay {
  const { repaint } = screen
  const losses: number[] = []
  let stepMs = 0
  let title = ''
  let batchSize = 0
  const above = (text: string): void => {
    repaint.clear()
    screen.write(`${text}\n`)
  }
  return {
    note: message => repaint(ansis.dim(message)),
    start(event, text) {
      title = text
      batchSize = Number(event.recipe.batchSize)
      repaint(`${ansis.bold(title)}\n${ansis.dim('the first step is the slowest ...')}`)
    },
    progress(p) {
      stepMs = stepMs === 0 ? p.stepMs : 0.95 * stepMs + 0.05 * p.stepMs
      losses.push(p.loss)
      const left = ((p.epochs * p.stepsPerEpoch - p.step) * stepMs) / 1000
      const share = p.stepInEpoch / p.stepsPerEpoch
      repaint(
        [
          ansis.bold(title),
          `epoch ${p.epoch}/${p.epochs} ${bar(share)} ${String(Math.floor(100 * share)).padStart(3)} %  ` +
            ansis.dim(`${duration(left)} left at most  ${Math.round((1000 * batchSize) / stepMs)} images/s`),
          `loss ${ansis.yellow(p.loss.toFixed(4))}  accuracy ${ansis.green(percent(p.accuracy))}  rate ${rate(p.learningRate)}`,
          ansis.magenta(sparkline(losses)),
        ].join('\n'),
      )
    },
    epoch: (event, epochs) => above(`${ansis.green('✔')} ${epochLine(event, epochs)}`),
    notice: event => above(ansis.yellow(`  ${event.message}`)),
    end() {
      repaint.clear()
      repaint.done()
    },
  }
}
