/** Every dashboard, as text by file name. */
export const dashboards = (): Record<string, string> => ({ 'overview.json': '{}' });
