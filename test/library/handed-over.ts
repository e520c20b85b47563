/** What projects/hand-over.mjs prints where nothing is lost and nobody gets in. */
export const handedOver = {
  address: true,
  lostConnections: 0,
  lostDatagrams: 0,
  intruders: [['EADDRINUSE'], ['EADDRINUSE']],
  afterRelease: { intruders: [['EADDRINUSE'], ['EADDRINUSE']], lostConnections: 0, lostDatagrams: 0 },
};

/** The same on a runtime whose datagram sockets take no descriptor: it says so. */
export const withoutDatagrams = {
  ...handedOver,
  lostDatagrams: 'NotSupported',
  afterRelease: { intruders: [['EADDRINUSE']], lostConnections: 0, lostDatagrams: 'NotSupported' },
};
