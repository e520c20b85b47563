/**
 * The numbers of <linux/bpf.h> and <asm/socket.h> that we write down. test/kernel/gate/layout.test.ts holds them to the
 * headers.
 */

/** enum bpf_cmd */
export const command = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_ATTACH: 8,
  PROG_DETACH: 9,
  PROG_GET_FD_BY_ID: 13,
  OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16,
  BTF_LOAD: 18,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_DETACH: 34,
} as const;

/** enum bpf_map_type */
export const mapType = { ARRAY: 2, LPM_TRIE: 11, SK_STORAGE: 24 } as const;

/** A trie and a socket storage take no other. */
export const BPF_F_NO_PREALLOC = 1;

/** enum bpf_prog_type */
export const programType = { CGROUP_SOCK_ADDR: 18, CGROUP_SOCKOPT: 25 } as const;

/** enum bpf_attach_type */
export const attachType = { CGROUP_INET4_BIND: 8, CGROUP_INET6_BIND: 9, CGROUP_SETSOCKOPT: 22 } as const;

/** Several programs on one control group. */
export const BPF_F_ALLOW_MULTI = 2;
/** In the place of another. */
export const BPF_F_REPLACE = 4;

/** The helpers that our programs call, by their place in the kernel's list. */
export const helper = {
  map_lookup_elem: 1,
  get_current_uid_gid: 15,
  sk_storage_get: 107,
  get_netns_cookie: 122,
  set_retval: 187,
  skc_to_mptcp_sock: 196,
} as const;

/** Makes the storage where the socket has none. */
export const BPF_SK_STORAGE_GET_F_CREATE = 1;

/** union bpf_attr: where the fields of each command stand that we fill in. */
export const attr = {
  map_type: 0,
  key_size: 4,
  value_size: 8,
  max_entries: 12,
  map_flags: 16,
  map_name: 28,
  btf_fd: 48,
  btf_key_type_id: 52,
  btf_value_type_id: 56,

  map_fd: 0,
  key: 8,
  value: 16,
  flags: 24,

  prog_type: 0,
  insn_cnt: 4,
  insns: 8,
  license: 16,
  log_level: 24,
  log_size: 28,
  log_buf: 32,
  prog_name: 48,
  expected_attach_type: 68,

  pathname: 0,
  bpf_fd: 8,

  target_fd: 0,
  attach_bpf_fd: 4,
  attach_type: 8,
  attach_flags: 12,
  replace_bpf_fd: 16,

  prog_id: 0,

  'info.bpf_fd': 0,
  'info.info_len': 4,
  'info.info': 8,

  'query.target_fd': 0,
  'query.attach_type': 4,
  'query.attach_flags': 12,
  'query.prog_ids': 16,
  'query.prog_cnt': 24,

  btf: 0,
  btf_size: 16,

  'link_create.prog_fd': 0,
  'link_create.target_fd': 4,
  'link_create.attach_type': 8,

  'link_update.link_fd': 0,
  'link_update.new_prog_fd': 4,

  'link_detach.link_fd': 0,
} as const;

/** struct bpf_prog_info */
export const programInfo = { id: 4, tag: 8, name: 64 } as const;
/** struct bpf_map_info */
export const mapInfo = { type: 0, key_size: 8, value_size: 12 } as const;
/** struct bpf_link_info of a control group's link */
export const linkInfo = { prog_id: 8, 'cgroup.cgroup_id': 16 } as const;

/** struct bpf_sock_addr: what a program for bind is given. */
export const bindContext = { user_port: 24, protocol: 36, sk: 64 } as const;
/** struct bpf_sockopt: what a program for setsockopt is given. */
export const optionContext = { sk: 0, optval: 8, optval_end: 16, level: 24, optname: 28, optlen: 32 } as const;

/** BPF_OBJ_NAME_LEN, the zero at its end included. */
export const nameLength = 16;

export const SOL_SOCKET = 1;
/** Which network namespace a socket is in, a number that is never given twice until the next boot (Linux 5.14). */
export const SO_NETNS_COOKIE = 71;
