/** Ids of responses and their items: a prefix that tells the kind, and random letters and digits. */
import { randomUUID } from 'node:crypto';

export type IdPrefix = 'resp' | 'msg' | 'rs' | 'fc' | 'fco' | 'ctc' | 'ctco' | 'call' | 'item';

export type CreateId = (prefix: IdPrefix) => string;

export const createId: CreateId = (prefix) => `${prefix}_${randomUUID().replaceAll('-', '')}`;
