import { type Html, html } from '../html.js'
import { count, decimal, duration, moment, percent, short } from '../numbers.js'
import { viewsInWords } from '../views.js'
import type { Page } from './section.js'

const figure = (name: string, value: string, note?: string): Html =>
  html`<div class="figure"><dt>${name}</dt><dd>${value}${note && html`<small>${note}</small>`}</dd></div>`

const splitName = { test: 'test images', validation: 'validation images', train: 'training images' }

function accuracyFigure({ evaluation, summary }: Page): Html | undefined {
  if (evaluation) {
    const { accuracy, accuracyInterval, count: images, split, testTimeAugmentation } = evaluation
    return html`<div class="lead"><p class="big">${percent(accuracy, 2)}</p>
<p>of ${count(images)} ${splitName[split]} recognised${viewsInWords[testTimeAugmentation]}<br>
<span class="muted">95 % interval ${percent(accuracyInterval[0])} to ${percent(accuracyInterval[1])}</span></p></div>`
  }
  if (!summary.bestEpoch) return undefined
  return html`<div class="lead"><p class="big">${percent(summary.bestEpoch.validationAccuracy, 2)}</p>
<p>best validation accuracy, in epoch ${summary.bestEpoch.epoch}<br><span class="muted">not yet evaluated on test images</span></p></div>`
}

const endings = {
  completed: 'completed',
  'max-steps': 'ended at its step limit',
  'early-stopping': 'stopped early',
  interrupted: 'was interrupted',
  'not-a-number': 'ended because the loss was not a number',
}

/** What the run is and how it came out, before any detail. */
export function headline(page: Page): Html {
  const { title, summary, evaluation } = page
  const { model, data, machine } = summary
  const ending = summary.endReason ? endings[summary.endReason] : 'has not ended'
  const memory = summary.peakRssBytes ? `${(summary.peakRssBytes / 2 ** 30).toFixed(1)} GiB at peak` : undefined
  return html`<header>
<p class="eyebrow">Fovea report</p>
<h1>${title}</h1>
<p class="muted">${model.name} on ${data.name}, ${count(data.classNames.length)} classes, ${count(data.trainCount)} training images. Started ${moment(summary.startedAt)}; ${ending}${summary.epochs > 0 && ` after ${summary.epochs} epochs`}.${summary.resumes > 0 && ` Resumed ${summary.resumes} time${summary.resumes > 1 ? 's' : ''}.`}</p>
${accuracyFigure(page)}
<dl class="figures">
${evaluation && evaluation.classNames.length > 5 && figure('Top 5', percent(evaluation.top5, 2))}
${evaluation && figure('Loss', decimal(evaluation.loss), 'nats')}
${evaluation && figure('Calibration error', percent(evaluation.calibrationError))}
${summary.bestEpoch && figure('Best epoch', String(summary.bestEpoch.epoch), `${percent(summary.bestEpoch.validationAccuracy)} validation`)}
${figure('Parameters', short(model.parameters), `${short(model.multiplyAdds)} multiply-adds`)}
${summary.trainingSeconds > 0 && figure('Training time', duration(summary.trainingSeconds), memory)}
${summary.imagesPerSecond && figure('Speed', count(summary.imagesPerSecond), 'images/s')}
${figure('Device', machine.device, `${machine.threads} of ${machine.cores} cores`)}
</dl>
</header>`
}
