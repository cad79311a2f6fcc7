// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The packets of home addresses, in and out of IP-in-IP tunnels (RFC 2003). One agent, home or foreign, loads this once; what
 * differs between the two is in struct agent.
 *
 * The agent's device (mip-ha, mip-fa) is a TUN device that nobody reads. What the kernel routes to it meets `encapsulate` at its
 * egress and leaves from there; what `decapsulate` takes out of a tunnel goes on as if the device had received it. So routing,
 * netfilter and TTL are the kernel's own, as with an ipip device.
 *
 *     home agent      HoA/32 dev mip-ha -> encapsulate -> uplink        uplink -> decapsulate -> mip-ha -> routing
 *     foreign agent   visitor link -> mark_visitor -> table 435: default dev mip-fa -> encapsulate -> uplink
 *                     uplink -> decapsulate -> mip-fa -> HoA/32 dev link
 *
 * While a guest changes sites, what comes for it may have to wait: uplink -> decapsulate -> mip-fa-old or mip-fa-new, TUN devices whose
 * packets the agent reads. What it writes back goes on by `release` -> mip-fa.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define ICMP_ECHO 8
#define TCP_OPTIONS 40 /* octets, at most */
#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_MSS 2
#define TUNNEL_TTL 64
#define REGISTRATION_PORT 434
#define TUNNEL_MARK 0x1b3 /* the routing rule for it leads to the foreign agent's device */

#define ECN_MASK 3
#define ECN_NOT_ECT 0
#define ECN_ECT_1 1
#define ECN_ECT_0 2
#define ECN_CE 3

/* As org.mooring.datapath.Drop. */
enum drop {
	DROP_UNLISTED,
	DROP_FOREIGN_TUNNEL,
	DROP_MALFORMED,
	DROP_EXPIRED,
	DROP_CONGESTION,
	DROP_LOOP,
	DROP_NO_ROUTE,
	DROP_TOO_BIG,
	DROP_REFUSED,
	DROP_NO_ROOM,
	DROPS
};

enum role { HOME_AGENT, FOREIGN_AGENT };

/* As org.mooring.datapath.Path. */
enum paths { OLD, NEW, PATHS };

/* But for `held`, this doesn't change while the agent runs. */
struct agent {
	__be32 address;	     /* the tunnels' end here */
	__u32 device;	     /* interface index of the agent's TUN device */
	__u32 rooms[PATHS];  /* of those where packets wait */
	__u32 held;	     /* how many entries `waits` has */
	__u32 role;
	__u32 encap_flags; /* for bpf_skb_adjust_room: BPF_F_ADJ_ROOM_FIXED_GSO, unless segments may be made smaller */
	__be16 keep;	   /* what the outer header keeps of the inner one's frag_off */
	__u16 mss;	   /* that TCP sessions may agree on at most; zero if that is theirs to find out */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct agent);
} agent SEC(".maps");

#define TUNNELS 4

/* A zero address is none. Replaced as a whole, so that a packet sees all of it or nothing. */
struct forwarding {
	__be32 to_home;		/* packets for the home address are encapsulated to here */
	__be32 from_home;	/* packets from the home address are encapsulated to here */
	__be32 accept[TUNNELS]; /* outer sources that packets are taken from; the last one repeated */
	__u32 link;		/* where the visitor is */
	__u8 mac[ETH_ALEN];
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, __be32); /* home address */
	__type(value, struct forwarding);
} forwardings SEC(".maps");

#define HELD (1 << 14) /* home addresses at a time */
#define ALL_WAIT (~0ULL)
#define NONE_WAIT (~0ULL - 1)

/* Which packets for a home address wait. Replaced as a whole. */
struct waits {
	__be32 old; /* outer source of what comes by the old path */
	__u32 pad;
	/*
	 * A packet needn't wait if so many have gone to wait before: then all of them have gone on, too. Or one of the two
	 * values above.
	 */
	__u64 passes_after[PATHS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HELD);
	__type(key, __be32); /* home address */
	__type(value, struct waits);
} waits SEC(".maps");

/* What has gone to wait. */
struct entered {
	__u64 packets[PATHS];
	__u32 cpu; /* where the last one came in */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HELD);
	__type(key, __be32); /* home address */
	__type(value, struct entered);
} entered SEC(".maps");

/* Apart from struct forwarding, so that replacing one loses no count. */
struct traffic {
	__u64 packets_encapsulated;
	__u64 octets_encapsulated;
	__u64 packets_decapsulated;
	__u64 octets_decapsulated;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, __be32); /* home address */
	__type(value, struct traffic);
} traffic SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DROPS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

static __always_inline int drop(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&drops, &reason);

	if (count)
		__sync_fetch_and_add(count, 1);
	return TC_ACT_SHOT;
}

static __always_inline const struct agent *this_agent(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&agent, &zero);
}

static __always_inline __u16 checksum(const struct iphdr *ip)
{
	const __u16 *words = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < (int)(sizeof(*ip) / 2); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return ~sum;
}

/* Segments that travel as one count as what they will be. */
static __always_inline __u64 packets(const struct __sk_buff *skb)
{
	return skb->gso_size ? (skb->len + skb->gso_size - 1) / skb->gso_size : 1;
}

/* Lowers the maximum segment size that a SYN, whose IP header is at `network`, announces (RFC 9293 §3.7.1). */
static __always_inline void clamp(struct __sk_buff *skb, const struct agent *self, __u32 network)
{
	__be16 most = bpf_htons(self->mss);
	__u32 transport, at, end;
	struct tcphdr tcp;
	struct iphdr ip;
	struct {
		__u8 kind;
		__u8 length;
		__be16 mss;
	} option;

	if (!self->mss || bpf_skb_load_bytes(skb, network, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
	    ip.frag_off & bpf_htons(IP_OFFSET))
		return;
	transport = network + ip.ihl * 4;
	if (bpf_skb_load_bytes(skb, transport, &tcp, sizeof(tcp)) || !tcp.syn)
		return;

	at = transport + sizeof(tcp);
	end = transport + tcp.doff * 4;
	for (int i = 0; i < TCP_OPTIONS && at + sizeof(option) <= end; i++) {
		if (bpf_skb_load_bytes(skb, at, &option, sizeof(option)) || option.kind == TCP_OPTION_END)
			return;
		if (option.kind == TCP_OPTION_NOP) {
			at++;
			continue;
		}
		if (option.kind == TCP_OPTION_MSS) {
			if (bpf_ntohs(option.mss) > self->mss &&
			    !bpf_l4_csum_replace(skb, transport + offsetof(struct tcphdr, check), option.mss, most, 2))
				bpf_skb_store_bytes(skb, at + offsetof(typeof(option), mss), &most, sizeof(most), 0);
			return;
		}
		if (option.length < 2)
			return;
		at += option.length;
	}
}

/* --- into the tunnel ---------------------------------------------------------------------------------------------------- */

/* RFC 2003 §3.1. The ECN field is copied with the rest of the octet: RFC 6040's normal mode. */
static __always_inline struct iphdr outer_header(const struct agent *self, const struct iphdr *inner, __be32 remote,
						 __u32 length)
{
	struct iphdr outer = {
		.version = 4,
		.ihl = sizeof(outer) / 4,
		.tos = inner->tos,
		/* Too long for the field: segments, whose own lengths the kernel will write. */
		.tot_len = length <= 0xffff ? bpf_htons(length) : 0,
		.frag_off = inner->frag_off & self->keep,
		.ttl = TUNNEL_TTL,
		.protocol = IPPROTO_IPIP,
		.saddr = self->address,
		.daddr = remote,
	};

	if (!outer.frag_off)
		outer.id = bpf_get_prandom_u32();
	outer.check = checksum(&outer);
	return outer;
}

/* Sends an encapsulated packet, which still begins with its IP header, to the next hop towards the tunnel's exit. */
static __always_inline int transmit(struct __sk_buff *skb, const struct agent *self, const struct iphdr *outer)
{
	struct bpf_fib_lookup fib = {
		.family = AF_INET,
		.l4_protocol = IPPROTO_IPIP,
		.ipv4_src = outer->saddr,
		.ipv4_dst = outer->daddr,
		/* As if received there: BPF_FIB_LOOKUP_OUTPUT would only take routes out of the TUN device itself. */
		.ifindex = skb->ifindex,
	};
	__u32 length = skb->len;
	bool fits;

	switch (bpf_fib_lookup(skb, &fib, sizeof(fib), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		/* That of the device: a path MTU that the kernel remembers may be older than what the agent told the senders. */
		fits = !bpf_check_mtu(skb, fib.ifindex, &length, 0, 0);
		break;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		fits = false;
		break;
	default:
		return drop(DROP_NO_ROUTE);
	}
	if (!fits && outer->frag_off & bpf_htons(IP_DF))
		return drop(DROP_TOO_BIG);
	/* The stack fragments what it forwards; so the packet goes around once more, as if the device had received it. */
	if (!fits)
		return bpf_redirect(self->device, BPF_F_INGRESS);
	if (fib.ifindex == skb->ifindex)
		return drop(DROP_LOOP);
	/* Room for a link-layer header: bpf_redirect_neigh refuses packets of a device that has none. */
	if (bpf_skb_change_head(skb, ETH_HLEN, 0))
		return drop(DROP_REFUSED);
	/*
	 * The kernel looks for the next hop once more. If we told it, the packet would keep its route to the TUN device, and if it
	 * had to wait for ARP it would then leave without a link-layer header.
	 */
	return bpf_redirect_neigh(fib.ifindex, NULL, 0, 0);
}

static __always_inline bool make_room(struct __sk_buff *skb, const struct agent *self)
{
	/*
	 * The kernel refuses to mark a packet as encapsulated twice, and nothing takes the mark away when we decapsulate. The
	 * second time, the mark and the inner headers' offsets that came with it are right again.
	 */
	return !bpf_skb_adjust_room(skb, sizeof(struct iphdr), BPF_ADJ_ROOM_MAC,
				    BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | self->encap_flags) ||
	       !bpf_skb_adjust_room(skb, sizeof(struct iphdr), BPF_ADJ_ROOM_MAC, self->encap_flags);
}

/* What agents send beside registration. Only a marker comes out of a tunnel. */
static __always_inline bool is_marker(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	struct udphdr udp;

	return ip->protocol == IPPROTO_UDP && !(ip->frag_off & bpf_htons(IP_MF | IP_OFFSET)) &&
	       !bpf_skb_load_bytes(skb, network + ip->ihl * 4, &udp, sizeof(udp)) &&
	       udp.source == bpf_htons(REGISTRATION_PORT) && udp.dest == bpf_htons(REGISTRATION_PORT);
}

SEC("tc/encapsulate")
int encapsulate(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();
	const struct forwarding *forwarding;
	__u64 count = packets(skb), octets = skb->len;
	struct iphdr inner, outer;
	struct traffic *used;
	__be32 home, remote = 0;
	bool visits = false;
	int verdict;

	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, 0, &inner, sizeof(inner)))
		return TC_ACT_SHOT;

	home = inner.daddr;
	forwarding = bpf_map_lookup_elem(&forwardings, &home);
	if (forwarding) {
		remote = forwarding->to_home;
		visits = forwarding->link;
	}
	if (!remote) {
		home = inner.saddr;
		forwarding = bpf_map_lookup_elem(&forwardings, &home);
		if (forwarding)
			remote = forwarding->from_home;
	}
	/* It was redirected when it was routed to here, and isn't now: once more, to the visitor's link. */
	if (!remote && visits) {
		skb->mark = 0;
		return bpf_redirect(self->device, BPF_F_INGRESS);
	}
	if (!remote)
		return drop(DROP_UNLISTED);
	/* RFC 2003 §3.2, RFC 3344 §4.2.3: it came out of the tunnel that it would go into. Only a marker comes back to who sent it. */
	if (inner.saddr == remote && !is_marker(skb, 0, &inner))
		return drop(DROP_LOOP);

	clamp(skb, self, 0);
	outer = outer_header(self, &inner, remote, octets + sizeof(outer));
	if (!make_room(skb, self) || bpf_skb_store_bytes(skb, 0, &outer, sizeof(outer), 0))
		return drop(DROP_REFUSED);
	if (skb->mark == TUNNEL_MARK)
		skb->mark = 0;
	verdict = transmit(skb, self, &outer);
	used = bpf_map_lookup_elem(&traffic, &home);
	if (used && verdict != TC_ACT_SHOT) {
		__sync_fetch_and_add(&used->packets_encapsulated, count);
		__sync_fetch_and_add(&used->octets_encapsulated, octets);
	}
	return verdict;
}

/* --- out of the tunnel -------------------------------------------------------------------------------------------------- */

/* Whether congestion can be told to the inner transport (RFC 6040 §4.2, figure 4); if so, `tos` is the octet to go on with. */
static __always_inline bool combine_ecn(const struct iphdr *outer, const struct iphdr *inner, __u8 *tos)
{
	__u8 outside = outer->tos & ECN_MASK, inside = inner->tos & ECN_MASK;

	*tos = inner->tos;
	if (outside == ECN_CE) {
		*tos |= ECN_CE;
		return inside != ECN_NOT_ECT;
	}
	if (outside == ECN_ECT_1 && inside == ECN_ECT_0)
		*tos = (inner->tos & ~ECN_MASK) | ECN_ECT_1;
	return true;
}

static __always_inline bool is_echo_request(struct __sk_buff *skb, __u32 l2, const struct iphdr *inner)
{
	__u8 type;

	return inner->protocol == IPPROTO_ICMP && !(inner->frag_off & bpf_htons(IP_OFFSET)) &&
	       !bpf_skb_load_bytes(skb, l2 + sizeof(*inner) + inner->ihl * 4, &type, sizeof(type)) && type == ICMP_ECHO;
}

/* Takes off the outer header, leaving the inner one with `tos`. */
static __always_inline bool strip(struct __sk_buff *skb, __u32 l2, const struct iphdr *inner, __u8 tos)
{
	if (bpf_skb_adjust_room(skb, -(__s32)sizeof(*inner), BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
		return false;
	if (tos == inner->tos)
		return true;
	/* The checksum's words are big-endian: the octet is the low half of its word. */
	return !bpf_l3_csum_replace(skb, l2 + offsetof(struct iphdr, check), bpf_htons(inner->tos), bpf_htons(tos), 2) &&
	       !bpf_skb_store_bytes(skb, l2 + offsetof(struct iphdr, tos), &tos, sizeof(tos), 0);
}

static __always_inline bool accepts(const struct forwarding *forwarding, __be32 source)
{
	bool found = false;

#pragma unroll
	for (int i = 0; i < TUNNELS; i++)
		found |= forwarding->accept[i] == source;
	return found;
}

/* Goes on as if the agent's device had received it. At a home agent, `forwarding` may be null. */
static __always_inline int arrive(struct __sk_buff *skb, const struct agent *self, const struct forwarding *forwarding)
{
	/* The visitor has left: its packets follow it. */
	if (self->role == FOREIGN_AGENT && forwarding && forwarding->to_home)
		skb->mark = TUNNEL_MARK;
	return bpf_redirect(self->device, BPF_F_INGRESS);
}

/* --- waiting ------------------------------------------------------------------------------------------------------------- */

/* TC_ACT_UNSPEC if nobody is there to let it go on. */
static __always_inline int enter(struct __sk_buff *skb, const struct agent *self, __u32 path)
{
	/* By now, not when the program is over: so the packet is there, or known to be lost, before it is counted. */
	int refused = bpf_clone_redirect(skb, path == OLD ? self->rooms[OLD] : self->rooms[NEW], 0);

	if (refused > 0)
		return drop(DROP_NO_ROOM);
	return refused ? TC_ACT_UNSPEC : TC_ACT_STOLEN;
}

/* TC_ACT_UNSPEC if the packet needn't wait. */
static __always_inline int wait(struct __sk_buff *skb, const struct agent *self, __be32 home, const struct waits *held,
				__u32 path)
{
	struct entered *all = bpf_map_lookup_elem(&entered, &home);
	volatile __u64 *count;
	__u64 passes_after;
	int verdict;

	if (!all)
		return TC_ACT_UNSPEC;
	count = path == OLD ? &all->packets[OLD] : &all->packets[NEW];
	passes_after = path == OLD ? held->passes_after[OLD] : held->passes_after[NEW];
	if (passes_after == NONE_WAIT || *count == passes_after)
		return TC_ACT_UNSPEC;
	verdict = enter(skb, self, path);
	if (verdict == TC_ACT_STOLEN) {
		all->cpu = bpf_get_smp_processor_id();
		__sync_fetch_and_add(count, 1);
	}
	return verdict;
}

/* A packet that came out of the tunnel from `source`. TC_ACT_UNSPEC if it needn't wait. */
static __always_inline int wait_behind_tunnel(struct __sk_buff *skb, const struct agent *self, __u32 network,
					      const struct iphdr *ip, __be32 source)
{
	__be32 home = ip->daddr;
	const struct waits *held = bpf_map_lookup_elem(&waits, &home);
	__u32 path;

	if (!held)
		return TC_ACT_UNSPEC;
	path = source == held->old ? OLD : NEW;
	if (is_marker(skb, network, ip))
		return enter(skb, self, path);
	return wait(skb, self, home, held, path);
}

/* A packet that is in no tunnel, at the home agent. TC_ACT_UNSPEC if it needn't wait. */
static __always_inline int wait_at_home(struct __sk_buff *skb, const struct agent *self, __be32 home)
{
	const struct waits *held = bpf_map_lookup_elem(&waits, &home);

	return held ? wait(skb, self, home, held, NEW) : TC_ACT_UNSPEC;
}

static __always_inline int from_uplink(struct __sk_buff *skb, __u32 l2)
{
	const struct agent *self = this_agent();
	const struct forwarding *forwarding;
	__u64 count = packets(skb), octets = skb->len - l2 - sizeof(struct iphdr);
	struct iphdr outer, inner;
	struct traffic *used;
	__be32 home;
	int verdict;
	__u8 tos;

	/* A frame with a VLAN tag is the VLAN device's, one for another's MAC nobody's. */
	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present || skb->pkt_type != PACKET_HOST ||
	    bpf_skb_load_bytes(skb, l2, &outer, sizeof(outer)))
		return TC_ACT_UNSPEC;
	if (outer.protocol != IPPROTO_IPIP || outer.daddr != self->address) {
		/* On the agent's own device are those that have waited. */
		if (self->held && self->role == HOME_AGENT && skb->ifindex != self->device)
			return wait_at_home(skb, self, outer.daddr);
		return TC_ACT_UNSPEC;
	}
	/* The kernel puts fragments together, and knows options; then the agent's raw socket gets the packet. */
	if (outer.frag_off & bpf_htons(IP_MF | IP_OFFSET) || outer.ihl != sizeof(outer) / 4)
		return TC_ACT_UNSPEC;

	/* From here on the packet is this agent's or nobody's: the stack would answer "protocol unreachable". */
	if (checksum(&outer) || bpf_skb_load_bytes(skb, l2 + sizeof(outer), &inner, sizeof(inner)) ||
	    inner.version != 4 || inner.ihl < sizeof(inner) / 4)
		return drop(DROP_MALFORMED);
	if (!inner.ttl)
		return drop(DROP_EXPIRED);
	if (!combine_ecn(&outer, &inner, &tos))
		return drop(DROP_CONGESTION);

	/* Whoever tests the way here may tunnel an ordinary ping to itself. */
	if (inner.saddr == outer.saddr && inner.daddr == self->address && is_echo_request(skb, l2, &inner))
		return strip(skb, l2, &inner, tos) ? TC_ACT_OK : drop(DROP_REFUSED);

	/* RFC 3024 §4.3.2 at home; the visitor list of RFC 3344 §4.2.2 abroad. */
	home = self->role == HOME_AGENT ? inner.saddr : inner.daddr;
	forwarding = bpf_map_lookup_elem(&forwardings, &home);
	/* A foreign agent sends back what came late for a mobile node that has come home. */
	if (self->role == HOME_AGENT && !(forwarding && accepts(forwarding, outer.saddr))) {
		const struct forwarding *late = bpf_map_lookup_elem(&forwardings, &inner.daddr);

		if (late && accepts(late, outer.saddr)) {
			home = inner.daddr;
			forwarding = late;
		}
	}
	if (!forwarding)
		return drop(DROP_UNLISTED);
	if (!accepts(forwarding, outer.saddr))
		return drop(DROP_FOREIGN_TUNNEL);

	if (!strip(skb, l2, &inner, tos))
		return drop(DROP_REFUSED);
	clamp(skb, self, l2);
	used = bpf_map_lookup_elem(&traffic, &home);
	if (used) {
		__sync_fetch_and_add(&used->packets_decapsulated, count);
		__sync_fetch_and_add(&used->octets_decapsulated, octets);
	}
	if (self->held) {
		verdict = wait_behind_tunnel(skb, self, l2, &inner, outer.saddr);
		if (verdict != TC_ACT_UNSPEC)
			return verdict;
	}
	return arrive(skb, self, forwarding);
}

SEC("tc/decapsulate")
int decapsulate(struct __sk_buff *skb)
{
	return from_uplink(skb, ETH_HLEN);
}

/*
 * For uplinks without a link-layer header, such as ppp0, and for the agent's own device: there arrive the packets that the kernel has
 * put together.
 */
SEC("tc/decapsulate_raw")
int decapsulate_raw(struct __sk_buff *skb)
{
	return from_uplink(skb, 0);
}

/* What waited, and now goes on. */
SEC("tc/release")
int release(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();
	const struct forwarding *forwarding;
	struct iphdr ip;

	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return TC_ACT_SHOT;
	forwarding = bpf_map_lookup_elem(&forwardings, &ip.daddr);
	/* Without one, the mobile node is at home. */
	if (!forwarding && self->role == FOREIGN_AGENT)
		return drop(DROP_UNLISTED);
	return arrive(skb, self, forwarding);
}

/* --- from a visitor ------------------------------------------------------------------------------------------------------ */

static __always_inline bool same_mac(const __u8 *a, const __u8 *b)
{
	__u8 difference = 0;

#pragma unroll
	for (int i = 0; i < ETH_ALEN; i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

/*
 * Marks what a visitor sends if it shall go through the reverse tunnel (RFC 3024 §5.1). The mark's routing table comes after
 * the local one, so what is meant for the router itself stays here; broadcasts are not tunnelled in this delivery style.
 */
SEC("tc/mark_visitor")
int mark_visitor(struct __sk_buff *skb)
{
	const struct forwarding *visitor;
	struct ethhdr eth;
	struct iphdr ip;

	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present || skb->pkt_type != PACKET_HOST ||
	    bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)) || bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	visitor = bpf_map_lookup_elem(&forwardings, &ip.saddr);
	if (visitor && visitor->from_home && visitor->link == skb->ifindex &&
	    same_mac(visitor->mac, eth.h_source))
		skb->mark = TUNNEL_MARK;
	return TC_ACT_UNSPEC;
}

/* --- on the home link ----------------------------------------------------------------------------------------------------- */

/* In both directions, so that sessions that are opened at home use segments that will fit into the tunnel. */
SEC("tc/clamp_at_home")
int clamp_at_home(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();

	if (self && skb->protocol == bpf_htons(ETH_P_IP))
		clamp(skb, self, ETH_HLEN);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
