/**
 * The settings that remedies speak of: the recipe's field and the flag that sets it. They stand in one place, so that
 * a renamed setting is renamed in every remedy.
 */
const knob = (field: string, flag: string): string => `\`${field}\` (${flag})`

export const knobs = {
  epochs: knob('epochs', '--epochs'),
  batchSize: knob('batchSize', '--batch-size'),
  learningRate: knob('optimizer.learningRate', '--learning-rate'),
  weightDecay: knob('optimizer.weightDecay', '--weight-decay'),
  clipNorm: knob('optimizer.clipNorm', '--clip-norm'),
  dropout: knob('model.dropout', '--dropout'),
  augmentation: knob('augmentation', '--augmentation'),
  labelSmoothing: knob('labelSmoothing', '--label-smoothing'),
  model: knob('model', '--model'),
  callbacks: knob('callbacks', '--callbacks'),
  device: knob('device', '--device'),
  threads: knob('threads', '--threads'),
  validation: knob('validation', '--validation'),
} as const
