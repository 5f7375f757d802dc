/** Name of the file in its directory. */
export const FILE_NAME = 'model.tflite'
