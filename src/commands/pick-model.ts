/** Picks the model to ask where none was named. */

/** The id of the first model that a worker serves; without a roster, of the first one. Undefined if there is none. */
export function pickModel(
  models: readonly { readonly id: string; readonly service?: string | null | undefined }[],
): string | undefined {
  return models.find(({ service }) => service == null || service === 'live')?.id;
}
