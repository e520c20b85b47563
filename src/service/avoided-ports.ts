/**
 * Ports that automatic choice skips though nobody may be using them now.
 *
 * Browsers refuse to connect to the first list ("port blocking" in the Fetch standard, fetch.spec.whatwg.org). The second
 * is where people expect a well-known service (IANA's registry, and the defaults of common servers): taking such a port
 * by chance makes somebody's service fail to start later.
 */
export const browserBlockedPorts: readonly number[] = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Default ports of common servers from 1024 up. */
export const wellKnownPorts: readonly number[] = [
  1080, 1194, 1433, 1434, 1521, 1883, 2181, 2375, 2376, 2379, 2380, 3000, 3128, 3260, 3268, 3306, 3389, 4000, 4200,
  4222, 4317, 4318, 4369, 4444, 5000, 5001, 5037, 5044, 5173, 5222, 5353, 5355, 5357, 5432, 5555, 5601, 5671, 5672,
  5800, 5900, 5984, 5985, 5986, 6006, 6379, 6443, 7000, 7001, 7474, 7687, 7777, 8000, 8001, 8008, 8009, 8080, 8081,
  8086, 8088, 8089, 8125, 8161, 8200, 8300, 8301, 8400, 8443, 8500, 8529, 8600, 8787, 8834, 8883, 8888, 9000, 9001,
  9042, 9090, 9092, 9093, 9100, 9160, 9200, 9229, 9300, 9411, 9418, 9443, 9600, 9999, 10000, 10050, 10051, 10250, 10255,
  11211, 11434, 15672, 16379, 16686, 18080, 19132, 20880, 24224, 25565, 25672, 26257, 27015, 27017, 27018, 27019, 28015,
  28017, 32400, 47001, 50000, 50051, 50070, 55555, 61613, 61616,
];
