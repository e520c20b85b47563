import { portsForWorkers } from 'portreservation/jest';

export default portsForWorkers({ portsPerWorker: 3, protocol: ['tcp', 'udp'], name: 'jest-esm' });
