import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab, headerFacts } from './lab.ts';
import { ModuleLab, type WindowsSession } from './module.ts';

// The module's own numbers and layouts, as the Windows engine has them, against the real headers.
describeInLab('what the module knows of the Windows headers', () => {
  let lab: ModuleLab;
  let session: WindowsSession;
  beforeAll(async () => {
    lab = await ModuleLab.open();
    session = await lab.session(lab.machine());
  });
  afterAll(() => lab.close());

  test('the control codes', async () => {
    const codes = await session.run(
      `& (Get-Module PortReservation) {
        Report @{ ACQUIRE = [ReservationSocket]::AcquireCode; RELEASE = [ReservationSocket]::ReleaseCode
          ASSOCIATE = [ReservationSocket]::AssociateCode }
      }`,
    );
    const facts = headerFacts();
    expect(Object.keys(codes)).toHaveLength(3);
    for (const [name, code] of Object.entries(codes as Record<string, number>))
      expect(code >>> 0, name).toBe(facts[`SIO_${name}_PORT_RESERVATION`]);
  });

  test.each([
    [0x1234, 0x0a0b],
    [65_534, 2],
    [1, 65_535],
    [0, 3],
  ])('INET_PORT_RANGE of %i and %i: the port in network order, the count in its own', async (startPort, count) => {
    const { bytes } = await session.run(
      `& (Get-Module PortReservation) { Report @{ bytes = [ReservationSocket]::Range($startPort, $count) } }`,
      { startPort, count },
    );
    const facts = headerFacts();
    const range = Buffer.from(bytes.map(Number));
    expect(range).toHaveLength(facts['sizeof(INET_PORT_RANGE)']!);
    expect(range.readUInt16BE(facts['offsetof(INET_PORT_RANGE, StartPort)'])).toBe(startPort);
    expect(range.readUInt16LE(facts['offsetof(INET_PORT_RANGE, NumberOfPorts)'])).toBe(count);
  });

  test('INET_PORT_RESERVATION_INSTANCE: its size, and where its token is', async () => {
    const { size, token } = await session.run(
      `& (Get-Module PortReservation) {
        Report @{ size = [ReservationSocket]::InstanceSize; token = [ReservationSocket]::TokenOffset }
      }`,
    );
    const facts = headerFacts();
    expect(size).toBe(facts['sizeof(INET_PORT_RESERVATION_INSTANCE)']);
    expect(token).toBe(facts['offsetof(INET_PORT_RESERVATION_INSTANCE, Token)']);
  });
});
