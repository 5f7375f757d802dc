/** Operators that exist only after lowering: no gradient is ever taken through them. */
export const notDifferentiated = { unsupported: 'take gradients before lowering' } as const
export const NCHWC = 'com.microsoft.nchwc'
export const MICROSOFT = 'com.microsoft'
