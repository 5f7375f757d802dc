/**
 * ONNX Runtime reports to its maker from version 1.29 on, on Linux and macOS too: an identifier is kept under the home
 * directory, models and machines are described to a server, /tmp gets a log for each process. Nobody asked for that
 * here. Read when the runtime starts, so this module comes before it; whoever wants reports sets the variable to 0.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1'
