// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The packets of home addresses, in and out of tunnels: IP in IP (RFC 2003), GRE (RFC 2784), minimal encapsulation (RFC 2004) and
 * UDP (RFC 3519). One agent, home or foreign, loads this once; what differs between the two is in struct agent.
 *
 * The agent's device (mip-ha, mip-fa) is a TUN device that nobody reads. What the kernel routes to it meets `encapsulate` at its
 * egress and leaves from there; what `decapsulate` takes out of a tunnel goes on as if the device had received it. So routing,
 * netfilter and TTL are the kernel's own, as with an ipip device.
 *
 *     home agent      HoA/32 dev mip-ha -> encapsulate -> uplink        uplink -> decapsulate -> mip-ha -> routing
 *     foreign agent   visitor link -> mark_visitor -> table 435: default dev mip-fa -> encapsulate -> uplink
 *                     uplink -> decapsulate -> mip-fa -> HoA/32 dev link
 *
 * What has come in fragments, with options or with a GRE checksum is the kernel's first, and then the agent's, which puts it on its device:
 *
 *     uplink or visitor link -> raw socket -> mip-ha, mip-fa -> decapsulate -> as above
 *
 * While a guest changes sites, what comes for it may have to wait: uplink -> decapsulate -> mip-fa-old or mip-fa-new, TUN devices whose
 * packets the agent reads. What it writes back goes on by `release` -> mip-fa.
 *
 * Segments that travel as one can't be encapsulated so that their device knows how to cut them, if that is minimally, or if they came
 * out of another encapsulation. They are cut before: mip-fa -> encapsulate -> mip-fa-gso, which takes none longer than its MTU, and whose
 * other end is mip-fa-seg -> segmented -> mip-fa -> encapsulate.
 *
 * With a fast path, packets in no need of the stack don't see it, nor the agent's device: where they come in they are encapsulated, or
 * taken out of their tunnel, and sent out of the device that they leave by. All others go as above, and so have everything done to them
 * that is done there: `encapsulate_at_once` and `send_on` answer TC_ACT_UNSPEC before they have changed anything.
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
#define ICMP_ECHOREPLY 0
#define ICMP_ECHO 8
#define TCP_OPTIONS 40 /* octets, at most */
#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_MSS 2
#define TUNNEL_TTL 64
#define IPPROTO_MINIMAL 55
#define REGISTRATION_PORT 434
#define KEEPALIVE_ID 434
#define TUNNEL_DATA 4 /* type of message (RFC 3519 §3.3) */
#define EALREADY 114
#define TUNNEL_MARK 0x1b3 /* the routing rule for it leads to the foreign agent's device */
#define MARK_NUMBER_SHIFT 16 /* where the mark of what the agent shall put together has the number of the visitor that has sent it */

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

struct gre {
	__be16 flags;
	__be16 protocol;
};

#define GRE_CHECKSUM 0x8000
#define GRE_NOT_FOR_US 0x7807 /* bits 1 to 4, as in RFC 2784 §2.3 after erratum 3719, and the version */

/* RFC 2004 §3.1. */
struct minimal {
	__u8 protocol;
	__u8 flags;
	__sum16 check;
	__be32 daddr;
	__be32 saddr; /* if flags have MINIMAL_SOURCE */
};

#define MINIMAL_SOURCE 0x80

/* RFC 3519 §3.3. */
struct tunnel_data {
	__u8 type;
	__u8 next_header;
	__be16 reserved;
};

/* The longest that one of them has, and what may follow an outer IP header. */
struct headers {
	struct iphdr ip;
	union {
		struct gre gre;
		struct minimal minimal;
		struct {
			struct udphdr udp;
			struct tunnel_data data;
		};
	};
};

/* As org.mooring.datapath.Path. */
enum paths { OLD, NEW, PATHS };

/* But for `held` and the segmenter, this doesn't change while the agent runs. */
struct agent {
	__be32 address;	     /* the tunnels' end here */
	__u32 device;	     /* interface index of the agent's TUN device */
	__u32 rooms[PATHS];  /* of those where packets wait */
	__u32 segmenter;     /* of mip-ha-gso or mip-fa-gso; zero if nothing needs it */
	__u32 segmented;     /* of its other end */
	__u32 held;	     /* how many entries `waits` has */
	__u32 role;
	__u32 encap_flags; /* for bpf_skb_adjust_room: BPF_F_ADJ_ROOM_FIXED_GSO, unless segments may be made smaller */
	__be16 keep;	   /* what the outer header keeps of the inner one's frag_off */
	__u16 mss;	   /* that TCP sessions may agree on at most; zero if that is theirs to find out */
	__u32 fast_path;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct agent);
} agent SEC(".maps");

struct tunnel {
	__be32 remote;
	__be16 port; /* of the remote, in UDP */
	__u8 protocol; /* outer IP header's, which tells the encapsulation */
	__u8 uses;
};

#define TO_HOME 1   /* a copy of packets for the home address is encapsulated into it */
#define FROM_HOME 2 /* packets from the home address are encapsulated into it; no second tunnel has this */
#define ACCEPTED 4  /* packets are taken from it */
#define LATE 8	    /* those for the home address are, too, at a home agent: its mobile node has come home */

#define TUNNELS 6

/* Never changed. With 64 octets an entry takes 128 of the kernel's memory, with more 192. */
struct forwarding {
	struct tunnel tunnels[TUNNELS];
	__be32 encapsulates_to; /* where the visitor encapsulates packets to that go to from_home; zero: all it sends do */
	__u32 link; /* where the visitor is */
	__u8 mac[ETH_ALEN];
	__u16 mtu; /* of what is encapsulated; zero if the kernel's routes alone know */
};

#define WAY_BITS 20
#define WAY_MASK ((1 << WAY_BITS) - 1)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << WAY_BITS); /* at most: as many as home addresses */
	__type(key, __u32); /* way */
	__type(value, struct forwarding);
} ways SEC(".maps");

/*
 * Of a home address: which forwarding is its own, or which it shares with others, and what it has used its tunnels for. With 32 octets an
 * entry takes 96 of the kernel's memory, with more 128. It is never replaced, so no count is lost: `point` changes the way where it is.
 */
struct binding {
	__u64 way; /* the number of packets encapsulated is in front of it: what is added to one of the two leaves the other alone */
	__u64 octets_encapsulated;
	__u64 packets_decapsulated;
	__u64 octets_decapsulated;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20); /* at most: the agent says how many */
	__type(key, __be32); /* home address */
	__type(value, struct binding);
} bindings SEC(".maps");

/* A visitor whose home address another one has that is in `bindings`, or others (RFC 3024 §A.2, §A.3). */
struct namesake {
	struct forwarding forwarding;
	__u8 link_mac[ETH_ALEN]; /* of the visitor link's own device */
	__u8 pad[2];
};

struct namesake_key {
	__be32 home;
	__u32 number; /* of those with this home address, from one */
};

#define NAMESAKES 7 /* that one home address has, at most */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, struct namesake_key);
	__type(value, struct namesake);
} namesakes SEC(".maps");

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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DROPS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

/* Of home addresses in `bindings` only, and of those only from the first drop on: whoever forges others has no place here. */
struct binding_drops {
	__u64 packets[DROPS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16); /* at most: the agent says how many */
	__type(key, __be32); /* home address */
	__type(value, struct binding_drops);
} binding_drops SEC(".maps");

/* @home whose packet it is; zero if nobody knows */
static __always_inline int drop(__u32 reason, __be32 home)
{
	struct binding_drops *own = NULL;
	__u64 *count;

	if (home && bpf_map_lookup_elem(&bindings, &home)) {
		own = bpf_map_lookup_elem(&binding_drops, &home);
		if (!own) {
			struct binding_drops none = {};

			bpf_map_update_elem(&binding_drops, &home, &none, BPF_NOEXIST);
			own = bpf_map_lookup_elem(&binding_drops, &home);
		}
	}
	if (own && reason < DROPS)
		__sync_fetch_and_add(&own->packets[reason], 1);
	count = bpf_map_lookup_elem(&drops, &reason);
	if (count)
		__sync_fetch_and_add(count, 1);
	return TC_ACT_SHOT;
}

/*
 * One, unless the word is zero. Without a branch: the verifier would follow both ways, for each tunnel, and whatever comes behind as often as
 * there are sets of tunnels.
 */
static __always_inline __u64 not_zero(__u64 word)
{
	__u64 negative = -word;

	asm volatile("" : "+r"(negative)); /* or the compiler sees what this comes to, and branches */
	return (word | negative) >> 63;
}

/* Bit i for the tunnel with index i. */
static __always_inline __u8 used_for(const struct forwarding *forwarding, __u8 use)
{
	__u8 found = 0;

#pragma unroll
	for (int i = 0; i < TUNNELS; i++)
		found |= not_zero(forwarding->tunnels[i].uses & use) << i;
	return found;
}

static __always_inline const struct agent *this_agent(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&agent, &zero);
}

/* Whose packet it is that comes out of a tunnel: RFC 3024 §4.3.2 at home; the visitor list of RFC 3344 §4.2.2 abroad. */
static __always_inline __be32 home_address(const struct agent *self, const struct iphdr *inner)
{
	return self->role == HOME_AGENT ? inner->saddr : inner->daddr;
}

static __always_inline __u32 way_of(const struct binding *binding)
{
	return *(const volatile __u64 *)&binding->way & WAY_MASK;
}

/* Null if the home address has none. */
static __always_inline struct binding *binding_of(__be32 home)
{
	return bpf_map_lookup_elem(&bindings, &home);
}

/* Null if there is no binding. */
static __always_inline const struct forwarding *forwarding_by(const struct binding *binding)
{
	const struct forwarding *found;
	__u32 way;

	if (!binding)
		return NULL;
	way = way_of(binding);
	found = bpf_map_lookup_elem(&ways, &way);
	if (found)
		return found;
	/* It has just been pointed to another way, and nobody used the old one any more. */
	way = way_of(binding);
	return bpf_map_lookup_elem(&ways, &way);
}

static __always_inline const struct forwarding *forwarding_of(__be32 home)
{
	return forwarding_by(binding_of(home));
}

/* Is run by the agent, on a frame that has the home address and its new way for a payload. */
SEC("tc/point")
int point(struct __sk_buff *skb)
{
	struct {
		__be32 home;
		__u32 way;
	} to;
	struct binding *binding;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &to, sizeof(to)))
		return TC_ACT_SHOT;
	binding = binding_of(to.home);
	if (!binding)
		return TC_ACT_SHOT;
	/* Only the agent changes the way, so what is there can't change meanwhile; the packets can. */
	__sync_fetch_and_add(&binding->way, (__u64)to.way - way_of(binding));
	return TC_ACT_OK;
}

/* RFC 1071, of a header. */
static __always_inline __u16 checksum(const void *header, __u32 length)
{
	const __u16 *words = header;
	__u32 sum = 0;

#pragma unroll
	for (__u32 i = 0; i < length / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return ~sum;
}

/* RFC 1624: what a checksum becomes when one of its words does. */
static __always_inline __u16 updated(__u16 checksum, __u16 from, __u16 to)
{
	__u32 sum = (__u16)~checksum + (__u16)~from + to;

	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return ~sum;
}

/* Too long for the field: segments, whose own lengths the kernel will write. */
static __always_inline __be16 length_field(__u32 length)
{
	return length <= 0xffff ? bpf_htons(length) : 0;
}

/*
 * Length of the headers that each of the segments will have that travel as one, of which `ip`, at `network`, is the first. Zero if it
 * isn't known.
 */
static __always_inline __u32 segment_headers(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	struct tcphdr tcp;

	if (ip->protocol == IPPROTO_UDP)
		return ip->ihl * 4 + sizeof(struct udphdr);
	if (ip->protocol != IPPROTO_TCP || bpf_skb_load_bytes(skb, network + ip->ihl * 4, &tcp, sizeof(tcp)))
		return 0;
	return ip->ihl * 4 + tcp.doff * 4;
}

/* What is counted. */
struct amount {
	__u64 packets;
	__u64 octets;
};

/* Segments that travel as one count as what they will be. */
static __always_inline struct amount amount_of(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	__u64 octets = skb->len - network;
	__u32 size = skb->gso_size, headers = size ? segment_headers(skb, network, ip) : 0;
	__u64 more = size && octets > headers ? (octets - headers - 1) / size : 0;

	return (struct amount){ .packets = 1 + more, .octets = octets + more * headers };
}

/* By so many bits, to the left. */
static __always_inline __u16 turned(__u16 word, __u32 bits)
{
	return (__u32)word << bits | word >> (16 - bits);
}

/* Lowers the maximum segment size that a SYN, whose IP header is at `network`, announces (RFC 9293 §3.7.1). */
static __always_inline void clamp(struct __sk_buff *skb, const struct agent *self, __u32 network)
{
	__be16 most = bpf_htons(self->mss);
	__u32 transport, at, end, turn;
	struct tcphdr tcp;
	struct iphdr ip;
	struct {
		__u8 kind;
		__u8 length;
		__be16 mss;
	} option = {};

	if (!self->mss || bpf_skb_load_bytes(skb, network, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
	    ip.frag_off & bpf_htons(IP_OFFSET))
		return;
	transport = network + ip.ihl * 4;
	if (bpf_skb_load_bytes(skb, transport, &tcp, sizeof(tcp)) || !tcp.syn)
		return;

	at = transport + sizeof(tcp);
	end = transport + tcp.doff * 4;
	for (int i = 0; i < TCP_OPTIONS; i++) {
		if (at + sizeof(option) > end || bpf_skb_load_bytes(skb, at, &option, sizeof(option)) ||
		    option.kind == TCP_OPTION_END)
			return;
		if (option.kind == TCP_OPTION_MSS)
			break;
		if (option.kind == TCP_OPTION_NOP)
			option.length = 1;
		if (!option.length) /* which is malformed, and no way to the next one */
			return;
		at += option.length;
	}
	/* At an odd octet it is in two of the checksum's words, which has the same effect as the other way round in one. */
	turn = (at - transport) % 2 * 8;
	if (option.kind == TCP_OPTION_MSS && bpf_ntohs(option.mss) > self->mss &&
	    !bpf_l4_csum_replace(skb, transport + offsetof(struct tcphdr, check), turned(option.mss, turn), turned(most, turn), 2))
		bpf_skb_store_bytes(skb, at + offsetof(typeof(option), mss), &most, sizeof(most), 0);
}

/* --- into the tunnel ---------------------------------------------------------------------------------------------------- */

/*
 * What one run of a program tells another one about the packet, in skb->tc_index, which nobody else uses any more: for which tunnel,
 * counted from one, it is a copy; of which protocol the outer header was that it came out of; and the number of the namesake that has
 * sent it.
 */
#define COPY_MASK 0x0f
#define CAME_BY_SHIFT 4
#define CAME_BY_MASK 0xff
#define NAMESAKE_SHIFT 12
#define NAMESAKE_MASK 0xf000

/*
 * RFC 2003 §3.1, RFC 2784 §2, RFC 2004 §3.1, RFC 3519 §3.3, §4.3. The ECN field is copied with the rest of the octet: RFC 6040's
 * normal mode.
 *
 * @length of the inner packet
 * @return how much longer the packet becomes
 */
static __always_inline __u32 outer_headers(struct headers *headers, const struct agent *self, const struct iphdr *inner,
					   const struct tunnel *tunnel, __u8 protocol, __u32 length)
{
	struct iphdr *outer = &headers->ip;
	__u32 overhead;

	outer->version = 4;
	outer->ihl = sizeof(*outer) / 4;
	outer->tos = inner->tos;
	outer->ttl = TUNNEL_TTL;
	outer->frag_off = inner->frag_off & self->keep;
	outer->saddr = self->address;
	outer->daddr = tunnel->remote;
	outer->protocol = protocol;
	switch (protocol) {
	case IPPROTO_GRE:
		headers->gre.protocol = bpf_htons(ETH_P_IP);
		overhead = sizeof(*outer) + sizeof(headers->gre);
		break;
	case IPPROTO_MINIMAL: {
		struct minimal *minimal = &headers->minimal;

		outer->ttl = inner->ttl;
		outer->frag_off = inner->frag_off;
		minimal->protocol = inner->protocol;
		minimal->flags = MINIMAL_SOURCE;
		minimal->daddr = inner->daddr;
		minimal->saddr = inner->saddr;
		minimal->check = checksum(minimal, sizeof(*minimal));
		overhead = sizeof(*minimal);
		break;
	}
	case IPPROTO_UDP:
		/* RFC 3519 §4.8: whoever is behind a NAT fragments before. */
		outer->frag_off = inner->frag_off & bpf_htons(IP_DF);
		headers->udp.source = bpf_htons(REGISTRATION_PORT);
		headers->udp.dest = tunnel->port;
		headers->data.type = TUNNEL_DATA;
		headers->data.next_header = IPPROTO_IPIP;
		overhead = sizeof(*headers);
		/* The checksum stays zero: the inner packet has one. */
		headers->udp.len = length_field(length + sizeof(headers->udp) + sizeof(headers->data));
		break;
	default:
		overhead = sizeof(*outer);
	}
	outer->tot_len = length_field(length + overhead);
	if (!outer->frag_off)
		outer->id = bpf_get_prandom_u32();
	if (protocol == IPPROTO_MINIMAL)
		outer->id = inner->id;
	outer->check = checksum(outer, sizeof(*outer));
	return overhead;
}

/* A packet that has no route yet, or a next hop whose link-layer address is known: one without either can't wait for it. */
static __always_inline int send_to(__u32 device, __be32 next_hop)
{
	struct bpf_redir_neigh next = { .nh_family = AF_INET, .ipv4_nh = next_hop };

	return bpf_redirect_neigh(device, &next, sizeof(next), 0);
}

/* Sends an encapsulated packet, which still begins with its IP header, to the next hop towards the tunnel's exit. */
static __always_inline int transmit(struct __sk_buff *skb, const struct agent *self, const struct iphdr *outer, __be32 home)
{
	struct bpf_fib_lookup fib = {
		.family = AF_INET,
		.l4_protocol = outer->protocol,
		.ipv4_src = outer->saddr,
		.ipv4_dst = outer->daddr,
		/* As if received there: BPF_FIB_LOOKUP_OUTPUT would only take routes out of the TUN device itself. */
		.ifindex = skb->ifindex,
	};
	__u32 length = skb->len;
	bool known = false, fits;

	switch (bpf_fib_lookup(skb, &fib, sizeof(fib), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		known = fib.family == AF_INET;
		fits = skb->gso_size || length <= fib.mtu_result;
		break;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		/* That of the device: a path MTU that the kernel remembers may be older than what the agent told the senders. */
		fits = !bpf_check_mtu(skb, fib.ifindex, &length, 0, 0);
		break;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		fits = false;
		break;
	default:
		return drop(DROP_NO_ROUTE, home);
	}
	if (!fits && outer->frag_off & bpf_htons(IP_DF))
		return drop(DROP_TOO_BIG, home);
	/* The stack fragments what it forwards; so the packet goes around once more, as if the device had received it. */
	if (!fits)
		return bpf_redirect(self->device, BPF_F_INGRESS);
	if (fib.ifindex == skb->ifindex)
		return drop(DROP_LOOP, home);
	/* Room for a link-layer header: bpf_redirect_neigh refuses packets of a device that has none. */
	if (bpf_skb_change_head(skb, ETH_HLEN, 0))
		return drop(DROP_REFUSED, home);
	if (known)
		return send_to(fib.ifindex, fib.ipv4_dst);
	/*
	 * The kernel looks for the next hop once more. If we told it, the packet would keep its route to the TUN device, and when it
	 * had waited for ARP it would leave without a link-layer header.
	 */
	return bpf_redirect_neigh(fib.ifindex, NULL, 0, 0);
}

/* Comes back cut, into the tunnel with this index. */
static __always_inline int segment(struct __sk_buff *skb, const struct agent *self, __be32 home, __u32 index)
{
	struct ethhdr eth = { .h_proto = bpf_htons(ETH_P_IP) };

	if (!self->segmenter || bpf_skb_change_head(skb, ETH_HLEN, 0) || bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0))
		return drop(DROP_REFUSED, home);
	skb->tc_index = (skb->tc_index & NAMESAKE_MASK) | (index + 1);
	return bpf_redirect(self->segmenter, 0);
}

/* What agents send beside registration. Only a marker comes out of a tunnel. */
static __always_inline bool is_marker(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	struct udphdr udp;

	return ip->protocol == IPPROTO_UDP && !(ip->frag_off & bpf_htons(IP_MF | IP_OFFSET)) &&
	       !bpf_skb_load_bytes(skb, network + ip->ihl * 4, &udp, sizeof(udp)) &&
	       udp.source == bpf_htons(REGISTRATION_PORT) && udp.dest == bpf_htons(REGISTRATION_PORT);
}

static __always_inline bool is_fragment(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(IP_MF | IP_OFFSET);
}

/* Neither a fragment nor with options. */
static __always_inline bool is_plain(const struct iphdr *ip)
{
	return ip->ihl == sizeof(*ip) / 4 && !is_fragment(ip);
}

/* RFC 2004 §3: what is a fragment has no place to say so. What has options goes in IP, too. */
static __always_inline bool minimally(const struct iphdr *inner)
{
	return is_plain(inner);
}

/* For bpf_skb_adjust_room: what the device needs to know of segments that it is to cut. */
static __always_inline __u64 room_flags(const struct agent *self, __u8 protocol)
{
	switch (protocol) {
	case IPPROTO_GRE:
		return self->encap_flags | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
	case IPPROTO_UDP:
		return self->encap_flags | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
	case IPPROTO_MINIMAL:
		return self->encap_flags;
	default:
		return self->encap_flags | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
	}
}

/* @used null if there is no binding */
static __always_inline void count_encapsulated(struct binding *used, struct amount amount)
{
	if (used) {
		__sync_fetch_and_add(&used->way, amount.packets << WAY_BITS);
		__sync_fetch_and_add(&used->octets_encapsulated, amount.octets);
	}
}

/*
 * RFC 2003 §3.2, RFC 3344 §4.2.3: it came out of one of the tunnels that it would go into, or this agent had sent it into one; then it goes
 * into none. Only a marker comes back to who sent it. From elsewhere the kernel takes nothing that has an address of its own for a source.
 */
static __always_inline bool is_loop(struct __sk_buff *skb, const struct agent *self, const struct iphdr *inner,
				    const struct forwarding *forwarding, __u32 into)
{
	__u64 suspect = inner->saddr == self->address && skb->ingress_ifindex == self->device;

#pragma unroll
	for (int i = 0; i < TUNNELS; i++)
		suspect |= into >> i & 1 & ~not_zero(inner->saddr ^ forwarding->tunnels[i].remote);
	return suspect && !is_marker(skb, 0, inner);
}

/* Into the tunnel with this index. */
static __always_inline int encapsulate_into(struct __sk_buff *skb, const struct agent *self, struct binding *used, __be32 home,
					    const struct iphdr *inner, const struct tunnel *tunnel, __u32 index)
{
	struct amount amount = amount_of(skb, 0, inner);
	__u32 came_by = skb->tc_index >> CAME_BY_SHIFT & CAME_BY_MASK, overhead;
	__u8 protocol = tunnel->protocol;
	struct headers headers = {};
	long refused;
	int verdict;

	if (protocol == IPPROTO_MINIMAL && !minimally(inner))
		protocol = IPPROTO_IPIP;
	/* All of them, so that none is overtaken. */
	if (protocol == IPPROTO_MINIMAL && skb->ingress_ifindex != self->segmented)
		return segment(skb, self, home, index);
	/* Some that are small escape. */
	if (protocol == IPPROTO_MINIMAL && skb->gso_size)
		protocol = IPPROTO_IPIP;

	overhead = outer_headers(&headers, self, inner, tunnel, protocol, skb->len);
	refused = bpf_skb_adjust_room(skb, overhead, BPF_ADJ_ROOM_MAC, room_flags(self, protocol));
	/*
	 * The kernel refuses to mark a packet as encapsulated twice, and nothing takes the mark away when we decapsulate. The
	 * second time, the mark and the inner headers' offsets that came with it are right again, if it is the same encapsulation.
	 */
	if (refused == -EALREADY) {
		if (skb->gso_size && came_by && came_by != protocol)
			return segment(skb, self, home, index);
		refused = bpf_skb_adjust_room(skb, overhead, BPF_ADJ_ROOM_MAC, self->encap_flags);
	}
	/* What is minimally encapsulated begins behind the header that is moved. */
	if (protocol == IPPROTO_MINIMAL)
		overhead += sizeof(*inner);
	if (refused || bpf_skb_store_bytes(skb, 0, &headers, overhead, 0))
		return drop(DROP_REFUSED, home);
	skb->tc_index = 0;
	if (skb->mark == TUNNEL_MARK)
		skb->mark = 0;
	verdict = transmit(skb, self, &headers.ip, home);
	if (verdict != TC_ACT_SHOT)
		count_encapsulated(used, amount);
	return verdict;
}

/* One of the visitors with this home address, if it has such a number. */
static __always_inline const struct forwarding *numbered(__be32 home, __u32 number)
{
	struct namesake_key key = { .home = home, .number = number };
	const struct namesake *found = bpf_map_lookup_elem(&namesakes, &key);

	return found ? &found->forwarding : NULL;
}

SEC("tc/encapsulate")
int encapsulate(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();
	const struct forwarding *forwarding;
	__u32 copy = skb->tc_index & COPY_MASK, number = skb->tc_index >> NAMESAKE_SHIFT, into = 0, last = TUNNELS;
	struct binding *binding;
	struct iphdr inner;
	bool visits = false;
	__be32 home;

	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, 0, &inner, sizeof(inner)))
		return TC_ACT_SHOT;

	home = number ? inner.saddr : inner.daddr;
	binding = binding_of(home);
	forwarding = number ? numbered(home, number) : forwarding_by(binding);
	if (forwarding && number) {
		into = used_for(forwarding, FROM_HOME);
	} else if (forwarding) {
		into = used_for(forwarding, TO_HOME);
		visits = forwarding->link;
	}
	if (!into && !number) {
		home = inner.saddr;
		binding = binding_of(home);
		forwarding = forwarding_by(binding);
		if (forwarding)
			into = used_for(forwarding, FROM_HOME);
	}
	/* It was redirected when it was routed to here, and isn't now: once more, to the visitor's link. */
	if (!into && visits) {
		skb->mark = 0;
		return bpf_redirect(self->device, BPF_F_INGRESS);
	}
	if (!into || !forwarding)
		return drop(DROP_UNLISTED, home);
	if (is_loop(skb, self, &inner, forwarding, into))
		return drop(DROP_LOOP, home);

	if (!copy)
		clamp(skb, self, 0);
	/* RFC 3344 §4.2.3: a copy to each care-of address, the last one being the packet itself. */
#pragma unroll
	for (__u32 i = 0; i < TUNNELS; i++) {
		if (!(into & 1 << i) || (copy && copy != i + 1))
			continue;
		if (into >> (i + 1) && !copy) {
			skb->tc_index = (skb->tc_index & ~COPY_MASK) | (i + 1);
			bpf_clone_redirect(skb, skb->ifindex, 0);
			skb->tc_index &= ~COPY_MASK;
		}
		last = i;
	}
	if (last >= TUNNELS)
		return drop(DROP_UNLISTED, home);
	return encapsulate_into(skb, self, binding, home, &inner, &forwarding->tunnels[last], last);
}

/* --- the fast path --------------------------------------------------------------------------------------------------------- */

/* No route leads there. */
static __always_inline bool is_group(__be32 address)
{
	return (address & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || address == 0xffffffff;
}

/* RFC 1812 §5.3.7: nobody's source. */
static __always_inline bool is_martian(__be32 source)
{
	__be32 network = source & bpf_htonl(0xff000000);

	return !network || network == bpf_htonl(0x7f000000) || is_group(source);
}

/*
 * Length of the longest IP packet that becomes of this one, whose IP header `ip` is at `network`. Zero if it isn't one that a router
 * forwards without another thought.
 */
static __always_inline __u32 plain_length(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	__u32 length = bpf_ntohs(ip->tot_len), headers;

	if (ip->version != 4 || ip->ihl != sizeof(*ip) / 4 || ip->ttl <= 1 || is_martian(ip->saddr) || is_group(ip->daddr) ||
	    checksum(ip, sizeof(*ip)))
		return 0;
	if (!skb->gso_size)
		return length >= sizeof(*ip) && network + length <= skb->len ? length : 0;
	headers = segment_headers(skb, network, ip);
	return headers ? headers + skb->gso_size : 0;
}

/* A link may have padded it. */
static __always_inline bool trim(struct __sk_buff *skb, __u32 end)
{
	return skb->gso_size || skb->len == end || !bpf_skb_change_tail(skb, end, 0);
}

/* As a router does, of the header at `network`. */
static __always_inline bool decrement_ttl(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	struct {
		__u8 ttl, protocol;
		__sum16 check;
	} changed = {
		.ttl = ip->ttl - 1,
		.protocol = ip->protocol,
		.check = updated(ip->check, bpf_htons(ip->ttl << 8), bpf_htons((ip->ttl - 1) << 8)),
	};

	return !bpf_skb_store_bytes(skb, network + offsetof(struct iphdr, ttl), &changed, sizeof(changed), 0);
}

/* Whether the kernel knows a way for it, as if the agent's device had received it; that is in `fib` then. */
static __always_inline bool find_way(struct __sk_buff *skb, const struct agent *self, struct bpf_fib_lookup *fib)
{
	long found;

	fib->family = AF_INET;
	fib->ifindex = self->device;
	found = bpf_fib_lookup(skb, fib, sizeof(*fib), 0);
	return (found == BPF_FIB_LKUP_RET_SUCCESS || found == BPF_FIB_LKUP_RET_NO_NEIGH) && fib->family == AF_INET &&
	       fib->ifindex != self->device;
}

/* Where TCP sessions agree on their segments. */
static __always_inline bool may_need_clamp(struct __sk_buff *skb, const struct agent *self, const struct iphdr *ip)
{
	struct tcphdr tcp;

	return self->mss && ip->protocol == IPPROTO_TCP && !(ip->frag_off & bpf_htons(IP_OFFSET)) &&
	       (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(*ip), &tcp, sizeof(tcp)) || tcp.syn);
}

/*
 * From the Ethernet device where it comes in, into the one tunnel that `into` has a bit for.
 *
 * @return TC_ACT_UNSPEC, and nothing is changed, if that takes more than a few words in its headers
 */
static __always_inline int encapsulate_at_once(struct __sk_buff *skb, const struct agent *self, const struct iphdr *inner,
					       const struct forwarding *forwarding, __u8 into, struct binding *used, __be32 home)
{
	__u32 length = plain_length(skb, ETH_HLEN, inner), overhead;
	struct bpf_fib_lookup fib = {};
	struct headers headers = {};
	struct tunnel tunnel = {};
	struct amount amount;

#pragma unroll
	for (int i = 0; i < TUNNELS; i++) {
		if (into == 1 << i)
			tunnel = forwarding->tunnels[i];
	}
	/* Minimally all or none, and segments that travel as one can't be. */
	if (!tunnel.remote || tunnel.protocol == IPPROTO_MINIMAL || !length || length > forwarding->mtu ||
	    inner->saddr == tunnel.remote || inner->saddr == self->address || may_need_clamp(skb, self, inner))
		return TC_ACT_UNSPEC;
	if (!trim(skb, ETH_HLEN + length))
		return TC_ACT_UNSPEC;
	amount = amount_of(skb, ETH_HLEN, inner);
	overhead = outer_headers(&headers, self, inner, &tunnel, tunnel.protocol, skb->len - ETH_HLEN);
	fib.l4_protocol = tunnel.protocol;
	fib.ipv4_src = self->address;
	fib.ipv4_dst = tunnel.remote;
	fib.tot_len = length + overhead;
	if (!find_way(skb, self, &fib))
		return TC_ACT_UNSPEC;
	/* As one that has been in a tunnel before. */
	if (bpf_skb_adjust_room(skb, overhead, BPF_ADJ_ROOM_MAC, room_flags(self, tunnel.protocol)))
		return TC_ACT_UNSPEC;
	if (bpf_skb_store_bytes(skb, ETH_HLEN, &headers, overhead, BPF_F_RECOMPUTE_CSUM) ||
	    !decrement_ttl(skb, ETH_HLEN + overhead, inner))
		return drop(DROP_REFUSED, home);
	count_encapsulated(used, amount);
	return send_to(fib.ifindex, fib.ipv4_dst);
}

/*
 * What came out of a tunnel, to the visitor or to wherever the kernel knows.
 *
 * @return TC_ACT_UNSPEC, and nothing is changed, if that takes more than a look at its header, which is at `network`
 */
static __always_inline int send_on(struct __sk_buff *skb, const struct agent *self, const struct forwarding *forwarding,
				   __u32 network, const struct iphdr *ip)
{
	__u32 length = plain_length(skb, network, ip), mtu = 0;
	struct bpf_fib_lookup fib = {};

	if (!length)
		return TC_ACT_UNSPEC;
	fib.ipv4_dst = ip->daddr;
	if (self->role == FOREIGN_AGENT) {
		if (!forwarding || !forwarding->link || used_for(forwarding, TO_HOME))
			return TC_ACT_UNSPEC;
		fib.ifindex = forwarding->link;
		if (bpf_check_mtu(skb, fib.ifindex, &mtu, 0, 0) < 0 || length > mtu)
			return TC_ACT_UNSPEC;
	} else {
		fib.l4_protocol = ip->protocol;
		fib.ipv4_src = ip->saddr;
		fib.tos = ip->tos;
		fib.tot_len = length;
		if (!find_way(skb, self, &fib))
			return TC_ACT_UNSPEC;
	}
	if (!trim(skb, network + length))
		return TC_ACT_UNSPEC;
	/* A device without a link-layer header. */
	if (!decrement_ttl(skb, network, ip) || (!network && bpf_skb_change_head(skb, ETH_HLEN, 0)))
		return drop(DROP_REFUSED, home_address(self, ip));
	return send_to(fib.ifindex, fib.ipv4_dst);
}

/* Cut, or not in need of it: once more into the tunnel. */
SEC("tc/segmented")
int segmented(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();

	/* A device that is set up sends something of the kernel's own. */
	if (!self || !skb->tc_index || bpf_skb_change_type(skb, PACKET_HOST))
		return TC_ACT_SHOT;
	return bpf_redirect(self->device, 0);
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

/* RFC 3519 §4.9, §4.10: a keepalive, or the answer to one, if it is for the agent. Otherwise only the request is of interest. */
static __always_inline bool is_echo(struct __sk_buff *skb, __u32 network, const struct iphdr *ip, bool or_reply)
{
	__u8 type;

	return ip->protocol == IPPROTO_ICMP && !(ip->frag_off & bpf_htons(IP_OFFSET)) &&
	       !bpf_skb_load_bytes(skb, network + ip->ihl * 4, &type, sizeof(type)) &&
	       (type == ICMP_ECHO || (or_reply && type == ICMP_ECHOREPLY));
}

/* RFC 3519 §4.9: what answers a keepalive that a foreign agent has sent as its visitor's. As org.mooring.protocol.nat.Keepalives has it. */
static __always_inline bool answers_keepalive(struct __sk_buff *skb, __u32 network, const struct iphdr *ip)
{
	struct {
		__u8 type, code;
		__sum16 check;
		__be16 id, sequence;
	} echo;

	return ip->protocol == IPPROTO_ICMP && ip->tot_len == bpf_htons(sizeof(*ip) + sizeof(echo)) &&
	       !bpf_skb_load_bytes(skb, network + sizeof(*ip), &echo, sizeof(echo)) && echo.type == ICMP_ECHOREPLY &&
	       echo.id == bpf_htons(KEEPALIVE_ID);
}

/* A packet that came to the agent through a tunnel. */
struct tunnelled {
	struct tunnel tunnel; /* where it came from */
	struct iphdr inner;   /* as it was before it was encapsulated */
	__u32 overhead;	      /* what is in front of that, or has become of its header */
};

/* What the answers of `take_apart` mean, beside `enum drop`. */
#define TUNNELLED -1
#define NOT_TUNNELLED -2

/* Reads what is between the outer header and the inner packet. */
static __always_inline int take_apart(struct __sk_buff *skb, __u32 l2, bool put_together, const struct iphdr *outer,
				      struct tunnelled *packet)
{
	__u32 behind = l2 + sizeof(*outer);
	struct headers next = {};

	packet->tunnel.remote = outer->saddr;
	packet->tunnel.protocol = outer->protocol;
	packet->overhead = sizeof(*outer);
	switch (outer->protocol) {
	case IPPROTO_IPIP:
		break;
	case IPPROTO_GRE:
		packet->overhead += sizeof(next.gre);
		if (bpf_skb_load_bytes(skb, behind, &next.gre, sizeof(next.gre)))
			return DROP_MALFORMED;
		/* The agent verifies the checksum. */
		if (next.gre.flags & bpf_htons(GRE_CHECKSUM) && !put_together)
			return NOT_TUNNELLED;
		if (next.gre.flags & bpf_htons(GRE_CHECKSUM | GRE_NOT_FOR_US) || next.gre.protocol != bpf_htons(ETH_P_IP))
			return DROP_MALFORMED;
		break;
	case IPPROTO_UDP:
		packet->overhead = sizeof(next);
		if (bpf_skb_load_bytes(skb, behind, &next.udp, sizeof(next.udp) + sizeof(next.data)) ||
		    next.udp.dest != bpf_htons(REGISTRATION_PORT) || next.data.type != TUNNEL_DATA)
			return NOT_TUNNELLED;
		packet->tunnel.port = next.udp.source;
		if (next.data.next_header != IPPROTO_IPIP)
			return DROP_MALFORMED;
		break;
	case IPPROTO_MINIMAL:
		packet->overhead = offsetof(struct minimal, saddr);
		if (bpf_skb_load_bytes(skb, behind, &next.minimal, offsetof(struct minimal, saddr)))
			return DROP_MALFORMED;
		if (next.minimal.flags & MINIMAL_SOURCE) {
			packet->overhead = sizeof(next.minimal);
			if (bpf_skb_load_bytes(skb, behind, &next.minimal, sizeof(next.minimal)))
				return DROP_MALFORMED;
		}
		/* Of one without a source, whose place here is zero, too. */
		if (checksum(&next.minimal, sizeof(next.minimal)))
			return DROP_MALFORMED;
		packet->inner = *outer;
		packet->inner.protocol = next.minimal.protocol;
		packet->inner.daddr = next.minimal.daddr;
		if (next.minimal.flags & MINIMAL_SOURCE)
			packet->inner.saddr = next.minimal.saddr;
		packet->inner.tot_len = length_field(bpf_ntohs(outer->tot_len) - packet->overhead);
		packet->inner.check = 0;
		packet->inner.check = checksum(&packet->inner, sizeof(packet->inner));
		return packet->inner.ttl ? TUNNELLED : DROP_EXPIRED;
	default:
		return NOT_TUNNELLED;
	}
	if (bpf_skb_load_bytes(skb, l2 + packet->overhead, &packet->inner, sizeof(packet->inner)) ||
	    packet->inner.version != 4 || packet->inner.ihl < sizeof(packet->inner) / 4)
		return DROP_MALFORMED;
	return packet->inner.ttl ? TUNNELLED : DROP_EXPIRED;
}

/* Leaves the inner packet, with `tos`. */
static __always_inline bool strip(struct __sk_buff *skb, __u32 l2, struct tunnelled *packet, __u8 tos)
{
	struct iphdr *inner = &packet->inner;

	if (bpf_skb_adjust_room(skb, -(__s32)packet->overhead, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
		return false;
	skb->tc_index = packet->tunnel.protocol << CAME_BY_SHIFT;
	if (tos == inner->tos && packet->tunnel.protocol != IPPROTO_MINIMAL)
		return true;
	/* The checksum's words are big-endian: the octet is the low half of its word. */
	inner->check = updated(inner->check, bpf_htons(inner->tos), bpf_htons(tos));
	inner->tos = tos;
	return !bpf_skb_store_bytes(skb, l2, inner, sizeof(*inner), 0);
}

/* RFC 3024 §4.3.2, RFC 3519 §4.3. What can't be encapsulated minimally comes in IP. */
static __always_inline bool accepts(const struct forwarding *forwarding, const struct tunnel *from)
{
	__u8 also = from->protocol == IPPROTO_IPIP ? IPPROTO_MINIMAL : from->protocol;
	__u64 others = 1;

#pragma unroll
	for (int i = 0; i < TUNNELS; i++) {
		const struct tunnel *tunnel = &forwarding->tunnels[i];
		__u64 protocol = (__u64)(tunnel->protocol ^ from->protocol) * (tunnel->protocol ^ also);

		others &= not_zero(protocol | (tunnel->remote ^ from->remote) | (tunnel->port ^ from->port) | (~tunnel->uses & ACCEPTED));
	}
	return !others;
}

/* The visitor with this home address whose tunnel this is (RFC 3024 §A.2), if it is in `namesakes`. */
static __always_inline const struct namesake *namesake_behind(__be32 home, const struct tunnel *from)
{
#pragma unroll
	for (__u32 number = 1; number <= NAMESAKES; number++) {
		struct namesake_key key = { .home = home, .number = number };
		const struct namesake *found = bpf_map_lookup_elem(&namesakes, &key);

		if (found && accepts(&found->forwarding, from))
			return found;
	}
	return NULL;
}

/*
 * Straight to a namesake's MAC address: a route, or a neighbour, has but its home address to go by.
 *
 * @ip its header, at `l2`, where the link-layer header that it came with ends
 */
static __always_inline int deliver(struct __sk_buff *skb, __u32 l2, const struct iphdr *ip, const struct namesake *visitor)
{
	__u32 link = visitor->forwarding.link, mtu = 0;
	struct ethhdr eth = { .h_proto = bpf_htons(ETH_P_IP) };

	if (ip->ttl <= 1)
		return drop(DROP_EXPIRED, ip->daddr);
	if (!decrement_ttl(skb, l2, ip) || (!l2 && bpf_skb_change_head(skb, ETH_HLEN, 0)))
		return drop(DROP_REFUSED, ip->daddr);
	if (bpf_check_mtu(skb, link, &mtu, 0, 0))
		return drop(DROP_TOO_BIG, ip->daddr);
	__builtin_memcpy(eth.h_dest, visitor->forwarding.mac, ETH_ALEN);
	__builtin_memcpy(eth.h_source, visitor->link_mac, ETH_ALEN);
	if (bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0))
		return drop(DROP_REFUSED, ip->daddr);
	return bpf_redirect(link, 0);
}

/*
 * Goes on as if the agent's device had received it. At a home agent, `forwarding` may be null.
 *
 * @ip its header, which is at `network`
 */
static __always_inline int arrive(struct __sk_buff *skb, const struct agent *self, const struct forwarding *forwarding, __u32 network,
				  const struct iphdr *ip)
{
	int verdict = self->fast_path ? send_on(skb, self, forwarding, network, ip) : TC_ACT_UNSPEC;

	if (verdict != TC_ACT_UNSPEC)
		return verdict;
	/* The visitor has left: its packets follow it. */
	if (self->role == FOREIGN_AGENT && forwarding && used_for(forwarding, TO_HOME))
		skb->mark = TUNNEL_MARK;
	return bpf_redirect(self->device, BPF_F_INGRESS);
}

/* --- waiting ------------------------------------------------------------------------------------------------------------- */

/* TC_ACT_UNSPEC if nobody is there to let it go on. */
static __always_inline int enter(struct __sk_buff *skb, const struct agent *self, __be32 home, __u32 path)
{
	/* By now, not when the program is over: so the packet is there, or known to be lost, before it is counted. */
	int refused = bpf_clone_redirect(skb, path == OLD ? self->rooms[OLD] : self->rooms[NEW], 0);

	if (refused > 0)
		return drop(DROP_NO_ROOM, home);
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
	verdict = enter(skb, self, home, path);
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
		return enter(skb, self, home, path);
	return wait(skb, self, home, held, path);
}

/* A packet that is in no tunnel, at the home agent. TC_ACT_UNSPEC if it needn't wait. */
static __always_inline int wait_at_home(struct __sk_buff *skb, const struct agent *self, __be32 home)
{
	const struct waits *held = bpf_map_lookup_elem(&waits, &home);

	return held ? wait(skb, self, home, held, NEW) : TC_ACT_UNSPEC;
}

/* --- what a visitor encapsulates (RFC 3024 §5.2) --------------------------------------------------------------------------- */

/* One of those with this home address, null if there is none with this number. */
static __always_inline const struct forwarding *visitor_of(__be32 home, __u32 number)
{
	return number ? numbered(home, number) : forwarding_of(home);
}

/* In what visitors may encapsulate, whatever their tunnels are. */
static __always_inline bool is_of_visitors(__u8 protocol)
{
	return protocol == IPPROTO_IPIP || protocol == IPPROTO_GRE || protocol == IPPROTO_MINIMAL;
}

/*
 * Whether this is what a visitor encapsulates, by its addresses. If it comes by another link, or from another MAC address, it is forged.
 *
 * @elsewhere whether only those visitors matter that aren't on the link that it came by
 */
static __always_inline bool claims_to_be_encapsulated(const struct __sk_buff *skb, const struct iphdr *outer, bool elsewhere)
{
	bool claims = false, here = false;

	if (!is_of_visitors(outer->protocol))
		return false;
#pragma unroll
	for (__u32 number = 0; number <= NAMESAKES; number++) {
		const struct forwarding *visitor = visitor_of(outer->saddr, number);

		if (visitor && visitor->encapsulates_to == outer->daddr) {
			claims = true;
			here |= visitor->link == skb->ifindex;
		}
	}
	return claims && !(elsewhere && here);
}

/* Whether there is another visitor with this home address than that with this number. */
static __always_inline bool has_namesake(__be32 home, __u32 number)
{
	bool found = false;

#pragma unroll
	for (__u32 other = 0; other <= NAMESAKES; other++)
		found |= other != number && visitor_of(home, other);
	return found;
}

/*
 * The kernel puts fragments together, and knows options; then the agent's raw socket gets the packet, with the mark of the fragment that came
 * first in it, and puts it on the agent's device. The kernel doesn't know that visitors have the same address: so that it puts none of one's
 * fragments to another's, their identifications differ.
 */
static __always_inline int leave_to_agent(struct __sk_buff *skb, const struct iphdr *outer, __u32 number)
{
	__be16 own = bpf_htons((bpf_ntohs(outer->id) & 0x1fff) | number << 13);

	if (is_fragment(outer) && own != outer->id && has_namesake(outer->saddr, number) &&
	    (bpf_l3_csum_replace(skb, ETH_HLEN + offsetof(struct iphdr, check), outer->id, own, sizeof(own)) ||
	     bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct iphdr, id), &own, sizeof(own), 0)))
		return drop(DROP_REFUSED, outer->saddr);
	skb->mark = TUNNEL_MARK | number << MARK_NUMBER_SHIFT;
	return TC_ACT_UNSPEC;
}

/*
 * Takes off what a visitor has put around a packet that shall go through the reverse tunnel.
 *
 * @l2 zero on the agent's device
 */
static __always_inline int from_visitor(struct __sk_buff *skb, const struct agent *self, __u32 l2, const struct iphdr *outer,
					__u32 number)
{
	struct tunnelled packet = {};
	const struct iphdr *inner = &packet.inner;
	__u8 tos = outer->tos;
	int verdict;

	if (!is_of_visitors(outer->protocol))
		return TC_ACT_UNSPEC;
	verdict = is_plain(outer) ? take_apart(skb, l2, !l2, outer, &packet) : NOT_TUNNELLED;
	if (verdict == NOT_TUNNELLED)
		return l2 ? leave_to_agent(skb, outer, number) : drop(DROP_MALFORMED, outer->saddr);
	if (verdict != TUNNELLED)
		return drop(verdict, outer->saddr);
	if (checksum(outer, sizeof(*outer)))
		return drop(DROP_MALFORMED, outer->saddr);
	if (inner->saddr != outer->saddr)
		return drop(DROP_UNLISTED, outer->saddr);
	if (packet.tunnel.protocol != IPPROTO_MINIMAL && !combine_ecn(outer, inner, &tos))
		return drop(DROP_CONGESTION, outer->saddr);
	if (!strip(skb, l2, &packet, tos))
		return drop(DROP_REFUSED, outer->saddr);
	skb->tc_index |= number << NAMESAKE_SHIFT;
	skb->mark = TUNNEL_MARK;
	/* §5.3: broadcasts and multicasts, too, which the kernel would take to be its own. */
	return is_group(inner->daddr) ? bpf_redirect(self->device, 0) : TC_ACT_UNSPEC;
}

/* What a visitor has encapsulated, as the agent has put it on its device: to an address that nobody has, and that says which visitor it is. */
static __always_inline bool is_put_together(const struct iphdr *outer)
{
	return bpf_ntohl(outer->daddr) - 1 <= NAMESAKES;
}

static __always_inline int put_together_from_visitor(struct __sk_buff *skb, const struct agent *self, const struct iphdr *outer)
{
	__u32 number = bpf_ntohl(outer->daddr) - 1;
	const struct forwarding *visitor = visitor_of(outer->saddr, number);

	if (!visitor || !visitor->encapsulates_to || !used_for(visitor, FROM_HOME))
		return drop(DROP_UNLISTED, outer->saddr);
	return from_visitor(skb, self, 0, outer, number);
}

/* --- at an uplink, and where the agent puts what it has put together ---------------------------------------------------------- */

/*
 * Whether what the foreign agent at `source` sends home waits for the mobile node, which is still away as far as this agent knows. If it
 * didn't wait, it would be encapsulated to there again.
 */
static __always_inline bool is_awaited(const struct agent *self, __be32 home, __be32 source)
{
	const struct waits *held = self->held ? bpf_map_lookup_elem(&waits, &home) : NULL;

	return held && held->old == source && held->passes_after[OLD] == ALL_WAIT;
}

static __always_inline int from_uplink(struct __sk_buff *skb, __u32 l2)
{
	const struct agent *self = this_agent();
	const struct forwarding *forwarding;
	const struct namesake *namesake = NULL;
	struct tunnelled packet = {};
	const struct iphdr *inner = &packet.inner;
	struct binding *binding;
	struct iphdr outer;
	bool put_together, may_only_wait = false;
	__be32 home;
	int verdict;
	__u8 tos;

	/* A frame with a VLAN tag is the VLAN device's, one for another's MAC nobody's. */
	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present || skb->pkt_type != PACKET_HOST ||
	    bpf_skb_load_bytes(skb, l2, &outer, sizeof(outer)))
		return TC_ACT_UNSPEC;
	/* On the agent's own device are those that have waited, and those that came by the slow path. */
	put_together = skb->ifindex == self->device;
	if (self->role == FOREIGN_AGENT && put_together && !l2 && is_put_together(&outer))
		return put_together_from_visitor(skb, self, &outer);
	if (self->role == FOREIGN_AGENT && is_fragment(&outer) && claims_to_be_encapsulated(skb, &outer, true))
		return drop(DROP_UNLISTED, outer.saddr);
	if (outer.daddr != self->address) {
		if (self->held && self->role == HOME_AGENT && !put_together)
			return wait_at_home(skb, self, outer.daddr);
		return TC_ACT_UNSPEC;
	}
	/* The kernel puts fragments together, and knows options; then the agent's raw socket gets the packet. */
	if (!is_plain(&outer))
		return TC_ACT_UNSPEC;
	/* The agent's socket for what visitors encapsulate has it, too, if it was a visitor's. */
	if (self->role == FOREIGN_AGENT && put_together && claims_to_be_encapsulated(skb, &outer, false))
		return TC_ACT_SHOT;

	verdict = take_apart(skb, l2, put_together, &outer, &packet);
	if (verdict == NOT_TUNNELLED)
		return TC_ACT_UNSPEC;
	/* From here on the packet is this agent's or nobody's: the stack would answer "protocol unreachable". */
	home = home_address(self, inner);
	if (checksum(&outer, sizeof(outer)))
		return drop(DROP_MALFORMED, 0);
	/* What is malformed tells no addresses. */
	if (verdict != TUNNELLED)
		return drop(verdict, verdict == DROP_EXPIRED ? home : 0);
	if (packet.tunnel.protocol == IPPROTO_MINIMAL)
		tos = outer.tos; /* one header, one field */
	else if (!combine_ecn(&outer, inner, &tos))
		return drop(DROP_CONGESTION, home);

	if (packet.tunnel.protocol == IPPROTO_UDP &&
	    ((inner->daddr == self->address && is_echo(skb, l2 + packet.overhead, inner, true)) ||
	     (self->role == FOREIGN_AGENT && inner->saddr == outer.saddr &&
	      answers_keepalive(skb, l2 + packet.overhead, inner))))
		/* The agent's socket has it already if it was put together. */
		return put_together ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	/* Whoever tests the way here may tunnel an ordinary ping to itself. */
	if (inner->daddr == self->address && inner->saddr == outer.saddr &&
	    is_echo(skb, l2 + packet.overhead, inner, false))
		return strip(skb, l2, &packet, tos) ? TC_ACT_OK : drop(DROP_REFUSED, 0);

	binding = binding_of(home);
	forwarding = forwarding_by(binding);
	/* A foreign agent sends home what comes late for a mobile node that has left for there. */
	if (self->role == HOME_AGENT && !(forwarding && accepts(forwarding, &packet.tunnel))) {
		struct binding *late_binding = binding_of(inner->daddr);
		const struct forwarding *late = forwarding_by(late_binding);

		if (late && accepts(late, &packet.tunnel)) {
			may_only_wait = !used_for(late, LATE);
			if (!may_only_wait || is_awaited(self, inner->daddr, outer.saddr)) {
				home = inner->daddr;
				binding = late_binding;
				forwarding = late;
			} else if (inner->saddr == self->address) {
				return drop(DROP_LOOP, inner->daddr);
			}
		}
	}
	if (self->role == FOREIGN_AGENT && !(forwarding && accepts(forwarding, &packet.tunnel)))
		namesake = namesake_behind(home, &packet.tunnel);
	if (!forwarding && !namesake)
		return drop(DROP_UNLISTED, 0);
	if (!namesake && !accepts(forwarding, &packet.tunnel))
		return drop(DROP_FOREIGN_TUNNEL, home);
	/* RFC 2784 §3.1: it would come back to who encapsulated it. */
	if (packet.tunnel.protocol == IPPROTO_GRE && inner->daddr == outer.saddr)
		return drop(DROP_LOOP, home);

	if (!strip(skb, l2, &packet, tos))
		return drop(DROP_REFUSED, home);
	clamp(skb, self, l2);
	if (binding) {
		struct amount amount = amount_of(skb, l2, inner);

		__sync_fetch_and_add(&binding->packets_decapsulated, amount.packets);
		__sync_fetch_and_add(&binding->octets_decapsulated, amount.octets);
	}
	if (namesake)
		return deliver(skb, l2, inner, namesake);
	if (self->held) {
		verdict = wait_behind_tunnel(skb, self, l2, inner, outer.saddr);
		if (verdict != TC_ACT_UNSPEC)
			return verdict;
	}
	if (may_only_wait)
		return drop(DROP_FOREIGN_TUNNEL, home);
	return arrive(skb, self, forwarding, l2, inner);
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
	forwarding = forwarding_of(ip.daddr);
	/* Without one, the mobile node is at home. */
	if (!forwarding && self->role == FOREIGN_AGENT)
		return drop(DROP_UNLISTED, 0);
	return arrive(skb, self, forwarding, 0, &ip);
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

/* TC_ACT_UNSPEC if it is for the router itself, or in some other way unusual. */
static __always_inline int tunnel_at_once(struct __sk_buff *skb, const struct agent *self, const struct forwarding *visitor,
					  struct binding *binding, const struct iphdr *ip)
{
	struct bpf_fib_lookup fib = { .ipv4_src = ip->saddr, .ipv4_dst = ip->daddr, .l4_protocol = ip->protocol, .tos = ip->tos };

	return find_way(skb, self, &fib) ? encapsulate_at_once(skb, self, ip, visitor, used_for(visitor, FROM_HOME), binding, ip->saddr)
					 : TC_ACT_UNSPEC;
}

/* Whether it comes from this visitor, which has a reverse tunnel. */
static __always_inline bool sends(const struct forwarding *visitor, const struct __sk_buff *skb, const struct ethhdr *eth)
{
	return visitor && used_for(visitor, FROM_HOME) && visitor->link == skb->ifindex && same_mac(visitor->mac, eth->h_source);
}

/* The number of the visitor with this home address whose MAC address this is (RFC 3024 §A.3), if it is in `namesakes`; or else zero. */
static __always_inline __u32 sender(const struct __sk_buff *skb, __be32 home, const struct ethhdr *eth)
{
#pragma unroll
	for (__u32 number = 1; number <= NAMESAKES; number++) {
		if (sends(numbered(home, number), skb, eth))
			return number;
	}
	return 0;
}

/*
 * Marks what a visitor sends if it shall go through the reverse tunnel: all of it in direct delivery (RFC 3024 §5.1), what it encapsulates
 * to this agent in encapsulating delivery (§5.2). The mark's routing table comes after the local one, so what is meant for the router itself
 * stays here; broadcasts are not tunnelled in direct delivery.
 */
SEC("tc/mark_visitor")
int mark_visitor(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();
	const struct forwarding *visitor;
	struct binding *binding;
	__u32 number = 0;
	struct ethhdr eth;
	struct iphdr ip;

	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present || skb->pkt_type != PACKET_HOST ||
	    bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)) || bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	binding = binding_of(ip.saddr);
	visitor = forwarding_by(binding);
	if (!sends(visitor, skb, &eth)) {
		number = sender(skb, ip.saddr, &eth);
		visitor = numbered(ip.saddr, number);
		if (!number || !visitor)
			return is_fragment(&ip) && claims_to_be_encapsulated(skb, &ip, false) ? drop(DROP_UNLISTED, ip.saddr) : TC_ACT_UNSPEC;
	}
	skb->tc_index = number << NAMESAKE_SHIFT;
	if (!visitor->encapsulates_to) {
		int verdict = self->fast_path && !number ? tunnel_at_once(skb, self, visitor, binding, &ip) : TC_ACT_UNSPEC;

		if (verdict != TC_ACT_UNSPEC)
			return verdict;
		skb->mark = TUNNEL_MARK;
	} else if (ip.daddr == visitor->encapsulates_to) {
		return from_visitor(skb, self, ETH_HLEN, &ip, number);
	}
	return TC_ACT_UNSPEC;
}

/* --- for a mobile node that is away ------------------------------------------------------------------------------------------ */

/*
 * The fast path into its tunnel, at a home agent, on Ethernet devices. Behind a foreign agent's programs: what a visitor sends goes
 * through its reverse tunnel first, whoever it is for.
 */
SEC("tc/encapsulate_at_ingress")
int encapsulate_at_ingress(struct __sk_buff *skb)
{
	const struct agent *self = this_agent();
	const struct forwarding *forwarding;
	struct binding *binding;
	struct iphdr ip;

	if (!self || skb->protocol != bpf_htons(ETH_P_IP) || skb->vlan_present || skb->pkt_type != PACKET_HOST ||
	    skb->mark == TUNNEL_MARK || bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	binding = binding_of(ip.daddr);
	forwarding = forwarding_by(binding);
	return forwarding ? encapsulate_at_once(skb, self, &ip, forwarding, used_for(forwarding, TO_HOME), binding, ip.daddr)
			  : TC_ACT_UNSPEC;
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
