// What the kernel's own headers say about each number of src/native/linux/bpf-layout.ts, printed as JSON.
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <asm/socket.h>
#include <asm/unistd.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>

#define FACT(name, value) printf("%s\n\"%s\": %lld", separator, name, (long long)(value)), separator = ","
#define COMMAND(name) FACT("command " #name, BPF_##name)
#define MAP(name) FACT("mapType " #name, BPF_MAP_TYPE_##name)
#define PROGRAM(name) FACT("programType " #name, BPF_PROG_TYPE_##name)
#define ATTACH(name) FACT("attachType " #name, BPF_##name)
#define HELPER(name) FACT("helper " #name, BPF_FUNC_##name)
#define ATTR(name) FACT("attr " #name, offsetof(union bpf_attr, name))
#define IN(table, type, name) FACT(table " " #name, offsetof(struct type, name))
#define SAME(name) FACT(#name, name)

int main(void) {
  const char *separator = "{";
  COMMAND(MAP_CREATE); COMMAND(MAP_LOOKUP_ELEM); COMMAND(MAP_UPDATE_ELEM); COMMAND(MAP_DELETE_ELEM);
  COMMAND(MAP_GET_NEXT_KEY); COMMAND(PROG_LOAD); COMMAND(OBJ_PIN); COMMAND(OBJ_GET); COMMAND(PROG_ATTACH);
  COMMAND(PROG_DETACH); COMMAND(PROG_GET_FD_BY_ID); COMMAND(OBJ_GET_INFO_BY_FD); COMMAND(PROG_QUERY);
  COMMAND(BTF_LOAD); COMMAND(LINK_CREATE); COMMAND(LINK_UPDATE); COMMAND(LINK_DETACH);
  MAP(ARRAY); MAP(LPM_TRIE); MAP(SK_STORAGE);
  PROGRAM(CGROUP_SOCK_ADDR); PROGRAM(CGROUP_SOCKOPT);
  ATTACH(CGROUP_INET4_BIND); ATTACH(CGROUP_INET6_BIND); ATTACH(CGROUP_SETSOCKOPT);
  HELPER(map_lookup_elem); HELPER(get_current_uid_gid); HELPER(sk_storage_get); HELPER(get_netns_cookie);
  HELPER(set_retval); HELPER(skc_to_mptcp_sock);
  ATTR(map_type); ATTR(key_size); ATTR(value_size); ATTR(max_entries); ATTR(map_flags); ATTR(map_name);
  ATTR(btf_fd); ATTR(btf_key_type_id); ATTR(btf_value_type_id);
  ATTR(map_fd); ATTR(key); ATTR(value); ATTR(flags);
  ATTR(prog_type); ATTR(insn_cnt); ATTR(insns); ATTR(license); ATTR(log_level); ATTR(log_size); ATTR(log_buf);
  ATTR(prog_name); ATTR(expected_attach_type);
  ATTR(pathname); ATTR(bpf_fd);
  ATTR(target_fd); ATTR(attach_bpf_fd); ATTR(attach_type); ATTR(attach_flags); ATTR(replace_bpf_fd);
  ATTR(prog_id);
  ATTR(info.bpf_fd); ATTR(info.info_len); ATTR(info.info);
  ATTR(query.target_fd); ATTR(query.attach_type); ATTR(query.attach_flags); ATTR(query.prog_ids); ATTR(query.prog_cnt);
  ATTR(btf); ATTR(btf_size);
  ATTR(link_create.prog_fd); ATTR(link_create.target_fd); ATTR(link_create.attach_type);
  ATTR(link_update.link_fd); ATTR(link_update.new_prog_fd); ATTR(link_detach.link_fd);
  IN("programInfo", bpf_prog_info, id); IN("programInfo", bpf_prog_info, tag); IN("programInfo", bpf_prog_info, name);
  IN("mapInfo", bpf_map_info, type); IN("mapInfo", bpf_map_info, key_size); IN("mapInfo", bpf_map_info, value_size);
  IN("linkInfo", bpf_link_info, prog_id); IN("linkInfo", bpf_link_info, cgroup.cgroup_id);
  IN("bindContext", bpf_sock_addr, user_port); IN("bindContext", bpf_sock_addr, protocol);
  IN("bindContext", bpf_sock_addr, sk);
  IN("optionContext", bpf_sockopt, sk); IN("optionContext", bpf_sockopt, optval); IN("optionContext", bpf_sockopt, optval_end);
  IN("optionContext", bpf_sockopt, level); IN("optionContext", bpf_sockopt, optname); IN("optionContext", bpf_sockopt, optlen);
  SAME(BPF_F_NO_PREALLOC); SAME(BPF_F_ALLOW_MULTI); SAME(BPF_F_REPLACE); SAME(BPF_SK_STORAGE_GET_F_CREATE);
  FACT("nameLength", BPF_OBJ_NAME_LEN);
  SAME(SOL_SOCKET); SAME(SO_NETNS_COOKIE);
  SAME(BPF_FS_MAGIC); SAME(RLIMIT_MEMLOCK); SAME(__NR_bpf); SAME(__NR_prlimit64); SAME(BPF_PSEUDO_MAP_FD);
  SAME(IPPROTO_TCP); SAME(IPPROTO_UDP); SAME(CAP_NET_ADMIN); SAME(CAP_SYS_ADMIN); SAME(CAP_BPF);
  FACT("sizeof(struct bpf_insn)", sizeof(struct bpf_insn));
  FACT("sizeof(struct bpf_lpm_trie_key)", sizeof(struct bpf_lpm_trie_key));
  puts("}");
  return 0;
}
