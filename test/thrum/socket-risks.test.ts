import { describe, expect, it } from 'vitest';
import { findRisks } from '../../src/thrum/link/socket-risks.js';

const user = { uid: 1000, gid: 1000 };
const file = (fields: { uid?: number; gid?: number; mode?: number; link?: boolean } = {}) => ({
  uid: 1000,
  gid: 1000,
  mode: 0o700,
  isSymbolicLink: () => fields.link ?? false,
  ...fields,
});

describe('the risks of a socket', () => {
  it.each([
    ['none where all is ours', file(), file(), []],
    ["none where it is root's", file({ uid: 0, gid: 0, mode: 0o755 }), file({ uid: 0, mode: 0o755 }), []],
    ['a link', file({ link: true, mode: 0o777 }), file(), ['it is a symbolic link']],
    ["another user's", file({ uid: 1001 }), file(), ['it belongs to another user']],
    ['open to all', file({ mode: 0o777 }), file(), ['others may write to it']],
    ['none where only our own group may write', file({ mode: 0o770 }), file({ mode: 0o770 }), []],
    ['open to a group', file({ mode: 0o770, gid: 50 }), file(), ['others may write to it']],
    ["a folder of another user's", file(), file({ uid: 1001 }), ['its folder belongs to another user']],
    ['a folder open to all', file(), file({ mode: 0o777 }), ['others may write in its folder']],
    ['none in a sticky folder of root', file(), file({ uid: 0, mode: 0o1777 }), []],
  ])('%s', (_, socket, folder, risks) => {
    expect(findRisks(socket, folder, user)).toEqual(risks);
  });
});
