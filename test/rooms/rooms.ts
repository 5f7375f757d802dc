/** Who may import whom, as data. A room that is not listed does not exist. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  core: [],
  onnx: ['core'],
  ops: ['core', 'onnx'],
  autodiff: ['core', 'onnx', 'ops'],
  lower: ['core', 'onnx', 'ops'],
  nn: ['core', 'onnx', 'ops'],
  optim: ['core', 'onnx', 'ops'],
  runtime: ['core', 'onnx'],
  host: ['core'],
  data: ['core', 'host'],
  classifier: ['core', 'onnx', 'ops', 'nn', 'lower', 'data', 'runtime', 'host'],
  train: ['core', 'onnx', 'ops', 'autodiff', 'lower', 'nn', 'optim', 'runtime', 'host', 'data', 'classifier'],
  evaluate: ['core', 'host', 'data', 'classifier', 'train'],
  compress: [
    'core',
    'onnx',
    'ops',
    'autodiff',
    'lower',
    'nn',
    'optim',
    'runtime',
    'host',
    'data',
    'classifier',
    'train',
    'evaluate',
  ],
  export: ['core', 'onnx', 'ops', 'lower', 'data', 'classifier', 'runtime', 'host', 'compress'],
  report: ['core', 'evaluate', 'train', 'compress'],
  runs: ['core', 'host', 'data', 'classifier', 'train', 'evaluate', 'compress', 'report', 'export'],
  cli: [
    'core',
    'host',
    'onnx',
    'lower',
    'nn',
    'optim',
    'runtime',
    'data',
    'classifier',
    'train',
    'evaluate',
    'compress',
    'report',
    'export',
    'runs',
  ],
}

/** Rooms that must also run in a browser: nothing of Node in them. */
export const browserRooms = ['core', 'onnx', 'ops', 'autodiff', 'lower', 'nn', 'optim'] as const

/** Files of other rooms that must also run in a browser. */
export const browserFiles = [
  'train/step-graph.ts',
  'train/state-layout.ts',
  'train/step-runner.ts',
  'train/fit.ts',
  'train/fit-host.ts',
  'train/weights.ts',
]

/** Source files stay readable in one sitting; a longer one is split by what it knows. */
export const SIZE_BUDGET_BYTES = 12_000

/** Names that say nothing about what is inside. */
export const drawers = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared']
