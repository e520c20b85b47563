/**
 * `netsh interface ipv4 show excludedportrange` in eleven languages: the fixed lines as they were seen on real machines
 * (ja: unverified), each with the OEM code page netsh writes in when its output is redirected.
 */
export interface NetshText {
  language: string;
  codePage: '437' | '850' | '866' | '932' | '936' | '949' | '950';
  title: string;
  header: string;
  dashes: string;
  footnote: string;
}

const dashes = '----------    ----------';

export const netshTexts: NetshText[] = [
  {
    language: 'en',
    codePage: '437',
    title: 'Protocol tcp Port Exclusion Ranges',
    header: 'Start Port    End Port',
    dashes: '----------    --------',
    footnote: '* - Administered port exclusions.',
  },
  {
    language: 'de',
    codePage: '850',
    title: 'Portausschlussbereiche für das Protokoll "tcp"',
    header: 'Startport      Endport',
    dashes,
    footnote: '* - Verwaltete Portausschlüsse.',
  },
  {
    language: 'es',
    codePage: '850',
    title: 'Protocolo tcp Intervalos de exclusión de puertos',
    header: 'Puerto de inicio    Puerto final',
    dashes,
    footnote: '* - Exclusiones de puertos administrados.',
  },
  {
    language: 'fr',
    codePage: '850',
    title: "Protocole tcp Plages d'exclusion de ports",
    header: 'Port de début    Port de fin',
    dashes: '-------------    -----------',
    footnote: '* - Exclusions de ports administrés.',
  },
  {
    language: 'ko',
    codePage: '949',
    title: '프로토콜 tcp 포트 제외 범위',
    header: '시작 포트    끝 포트',
    dashes,
    footnote: '* - 관리 포트 제외입니다.',
  },
  {
    language: 'zh-CN',
    codePage: '936',
    title: '协议 tcp 端口排除范围',
    header: '开始端口    结束端口',
    dashes,
    footnote: '* - 管理的端口排除。',
  },
  {
    language: 'zh-TW',
    codePage: '950',
    title: '通訊協定 tcp 連接埠排除範圍',
    header: '開始連接埠    結束連接埠',
    dashes,
    footnote: '* - 系統管理的連接埠排除。',
  },
  {
    language: 'ru',
    codePage: '866',
    title: 'Протокол tcp Диапазоны исключения портов',
    header: 'Начальный порт    Конечный порт',
    dashes,
    footnote: '* - управляемые исключения портов.',
  },
  {
    language: 'it',
    codePage: '850',
    title: 'Intervallo di esclusione porte protocollo tcp',
    header: 'Porta iniziale    Porta finale',
    dashes,
    footnote: '* - Esclusioni porte amministrate.',
  },
  {
    language: 'pt-BR',
    codePage: '850',
    title: 'Protocolo tcp Intervalos de Exclusao de Porta',
    header: 'Porta Inicial    Porta Final',
    dashes,
    footnote: '* - Exclusoes de porta administradas.',
  },
  {
    language: 'ja',
    codePage: '932',
    title: 'プロトコル tcp ポート除外範囲',
    header: '開始ポート    終了ポート',
    dashes,
    footnote: '* - 管理されている除外ポート。',
  },
];

/** A row as netsh prints it: both numbers in ten columns, five blanks and a star if administered. */
export const netshRow = (first: number, last: number, administered = false): string =>
  `${String(first).padStart(10)}  ${String(last).padStart(10)}${administered ? '     *' : ''}`;

/** The whole output. */
export function netshOutput({ title, header, dashes: line, footnote }: NetshText, rows: string[]): string {
  return ['', title, '', header, line, ...rows, '', footnote, ''].join('\r\n');
}

const labels = { '866': 'ibm866', '932': 'shift_jis', '936': 'gbk', '949': 'euc-kr', '950': 'big5' } as const;

/** The characters of code page 850 and 437 that the texts use. */
const western: Record<string, number> = { ü: 0x81, é: 0x82, ä: 0x84, ó: 0xa2 };

/** The text in the code page, one character a byte, as a reader that knows nothing of code pages gets it. */
export function inCodePage(text: string, codePage: NetshText['codePage']): string {
  const table = codePage === '437' || codePage === '850' ? undefined : encodings(labels[codePage]);
  const bytes = [...text].flatMap((character) => {
    if (character < '\x80') return [character.charCodeAt(0)];
    const encoded = table ? table.get(character) : western[character] && [western[character]];
    if (!encoded) throw new Error(`${character} is not in code page ${codePage}`);
    return encoded;
  });
  return Buffer.from(bytes).toString('latin1');
}

/** Every character of a double-byte code page, found by decoding every pair of bytes. */
function encodings(label: string): Map<string, number[]> {
  const decoder = new TextDecoder(label);
  const table = new Map<string, number[]>();
  const add = (...bytes: number[]) => {
    const text = decoder.decode(Uint8Array.from(bytes));
    if ([...text].length === 1 && text !== '\ufffd' && !table.has(text)) table.set(text, bytes);
  };
  for (let first = 0x80; first <= 0xff; first++) {
    add(first);
    for (let second = 0x40; second <= 0xff; second++) add(first, second);
  }
  return table;
}
