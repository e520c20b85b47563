import { expect, test } from 'vitest';
import { describeInLab, headerFacts } from './lab.ts';

describeInLab('facts of the real headers', () => {
  test('the ioctls are _WSAIOW(IOC_VENDOR, 100 to 102)', () => {
    const facts = headerFacts();
    const names = ['ACQUIRE', 'RELEASE', 'ASSOCIATE'];
    expect(names.map((name) => facts[`SIO_${name}_PORT_RESERVATION`])).toEqual([0x98000064, 0x98000065, 0x98000066]);
  });

  test('the instance has its token at an offset of 8, after four bytes of range and four of padding', () => {
    expect(headerFacts()).toMatchObject({
      'sizeof(INET_PORT_RESERVATION_INSTANCE)': 16,
      'offsetof(INET_PORT_RESERVATION_INSTANCE, StartPort)': 0,
      'offsetof(INET_PORT_RESERVATION_INSTANCE, NumberOfPorts)': 2,
      'offsetof(INET_PORT_RESERVATION_INSTANCE, Token)': 8,
    });
  });
});
