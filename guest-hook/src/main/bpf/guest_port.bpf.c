// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The port of an unmodified guest: what it may say and hear on the link that it is on.
 *
 * from_guest is attached to clsact ingress of the guest's tap, to_guest to its egress. One loaded object serves all
 * taps: the map `ports` says for each interface what holds there. It is a hash and not an array, because replacing an
 * element of a hash is one step for the programs that read it. A tap that has no entry isn't ours.
 *
 * A guest that visits believes itself at home. It is never told otherwise: each of its ARP requests is answered on the
 * spot with its home gateway's link-layer address, whose frames go to the local router instead (RFC 5563 section 6.1).
 * The link that it visits is never told either: a mobile node must not broadcast ARP there, nor answer it
 * (RFC 3344 section 4.6).
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_PORTS 1024
#define MOBILE_IP_PORT 434
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define ICMP_REDIRECT 5
#define ICMP_ROUTER_ADVERTISEMENT 9
#define MORE_FRAGMENTS 0x2000
#define FRAGMENT_OFFSET 0x1fff

#define BOOTP_SERVER_PORT 67
#define BOOTP_CLIENT_PORT 68
#define BOOTP_REQUEST 1
#define BOOTP_REPLY 2
#define BOOTP_BROADCAST 0x8000
#define BOOTP_MAX_HOPS 16 /* RFC 1542 section 4.1.1 */

/* In a frame whose IPv4 header has no options. */
#define IP_AT sizeof(struct ethhdr)
#define UDP_AT (IP_AT + sizeof(struct iphdr))
#define BOOTP_AT (UDP_AT + sizeof(struct udphdr))

/* Marks an answer that was made here, to the guest or in its name: no other ARP passes a visitor's port. */
#define ANSWER_MARK 0x1b4

/* What holds in one direction; org.mooring.hook.daemon.PortRules writes these numbers. */
enum rule {
	SHUT, /* the guest isn't here: nothing passes */
	VISITING, /* unicast IPv4 of the home address and no other packet */
	HOME, /* all but what the home agent says about, or to, a guest that was away */
	ARRIVING, /* to the guest: as VISITING, but nobody answers in the name of a guest that doesn't run yet */
};

struct port {
	__u8 from_guest; /* enum rule */
	__u8 to_guest; /* enum rule */
	__u8 mac[ETH_ALEN]; /* the guest's */
	__u8 gateway[ETH_ALEN]; /* the home gateway's, the answer to a visitor's ARP requests */
	__u8 router[ETH_ALEN]; /* where the guest's unicast IPv4 goes, for a visitor its foreign agent; all zero: not known, or not wanted at home */
	__be32 home_address;
	__be32 agent; /* whose Registration Replies are ours; zero: anyone's */
	__be32 dhcp_server; /* of a visitor; zero: the one that it has asked last, or else the gateway */
	__be32 gateway_address;
	__be32 nests; /* who puts the home network's broadcasts into packets to the guest; zero: nobody */
	__be32 broadcast; /* the home network's broadcast address */
};

/* In the order of org.mooring.hook.daemon.PortCounters. */
enum counter {
	REDIRECTED_TO_ROUTER,
	ARP_ANSWERED,
	FOREIGN_AGENT_ANSWERED,
	OWN_ARP_HELD_BACK,
	BROADCAST_HELD_BACK,
	OTHER_SOURCE_HELD_BACK,
	HELD_BACK_WITHOUT_ROUTER,
	DHCP_RELAYED,
	DHCP_HELD_BACK,
	SHUT_FROM_GUEST,
	REPLY_TAKEN,
	BROADCAST_OPENED,
	ARP_KEPT_AWAY,
	ADDRESS_CONFLICT_KEPT_AWAY,
	REDIRECT_KEPT_AWAY,
	ADVERTISEMENT_KEPT_AWAY,
	DHCP_ANSWERED,
	DHCP_KEPT_AWAY,
	OTHER_KEPT_AWAY,
	SHUT_TO_GUEST,
	COUNTERS
};

struct counters {
	__u64 of[COUNTERS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u32); /* interface index */
	__type(value, struct port);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u32); /* interface index */
	__type(value, struct counters);
} port_counters SEC(".maps");

/* What a visitor's DHCP client has asked last. */
struct dhcp {
	__be32 xid;
	__be32 server; /* the last that it named itself */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u32); /* interface index */
	__type(value, struct dhcp);
} port_dhcp SEC(".maps");

/* ARP for IPv4 over Ethernet (RFC 826). */
struct arp {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__be32 sender;
	__u8 target_mac[ETH_ALEN];
	__be32 target;
} __attribute__((packed));

/* What a relay agent looks at in a message of BOOTP or DHCP (RFC 951 section 3, RFC 2131 section 2). */
struct bootp {
	__u8 op;
	__u8 hardware;
	__u8 hardware_length;
	__u8 hops;
	__be32 xid;
	__be16 seconds;
	__be16 flags;
	__be32 client;
	__be32 yours;
	__be32 server;
	__be32 relay;
	__u8 mac[ETH_ALEN];
} __attribute__((packed));

static __always_inline void count(struct __sk_buff *skb, enum counter what)
{
	__u32 ifindex = skb->ifindex;
	struct counters *counters = bpf_map_lookup_elem(&port_counters, &ifindex);

	if (counters)
		__sync_fetch_and_add(&counters->of[what], 1);
}

static __always_inline int drop(struct __sk_buff *skb, enum counter why)
{
	count(skb, why);
	return TC_ACT_SHOT;
}

/* Left to whatever filter comes next. */
static __always_inline int pass(void)
{
	return TC_ACT_UNSPEC;
}

static __always_inline bool same_mac(const __u8 *a, const __u8 *b)
{
	return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) | (a[5] ^ b[5])) == 0;
}

static __always_inline bool is_group(const __u8 *mac)
{
	return mac[0] & 1;
}

/* Multicast, limited broadcast and class E. */
static __always_inline bool is_unicast(__be32 address)
{
	return address && bpf_ntohl(address) < 0xe0000000;
}

static __always_inline void *start(struct __sk_buff *skb)
{
	return (void *)(long)skb->data;
}

static __always_inline void *end(struct __sk_buff *skb)
{
	return (void *)(long)skb->data_end;
}

/* Makes the headers that are looked at readable in place, as far as the frame has them. */
static __always_inline void gather_headers(struct __sk_buff *skb)
{
	__u32 wanted = sizeof(struct ethhdr) + sizeof(struct arp);

	if (start(skb) + wanted > end(skb))
		bpf_skb_pull_data(skb, skb->len < wanted ? skb->len : wanted);
}

static __always_inline bool is_ipv4_over_ethernet(struct arp *arp)
{
	return arp->hardware == bpf_htons(1) && arp->protocol == bpf_htons(ETH_P_IP) &&
	       arp->hardware_length == ETH_ALEN && arp->protocol_length == sizeof(arp->sender);
}

/* Whether the packet's transport header is here, and not in an earlier fragment, and of that protocol. */
static __always_inline bool carries(struct iphdr *ip, __u8 protocol)
{
	return ip->protocol == protocol && !(ip->frag_off & bpf_htons(FRAGMENT_OFFSET));
}

/* Whether a UDP header is here, with that port at `field`. */
static __always_inline bool is_udp(struct __sk_buff *skb, struct iphdr *ip, __u32 field, __u16 wanted)
{
	__be16 port;

	return carries(ip, IPPROTO_UDP) && !bpf_skb_load_bytes(skb, IP_AT + ip->ihl * 4 + field, &port, sizeof(port)) &&
	       port == bpf_htons(wanted);
}

static __always_inline bool is_udp_from(struct __sk_buff *skb, struct iphdr *ip, __u16 port)
{
	return is_udp(skb, ip, offsetof(struct udphdr, source), port);
}

static __always_inline bool is_udp_to(struct __sk_buff *skb, struct iphdr *ip, __u16 port)
{
	return is_udp(skb, ip, offsetof(struct udphdr, dest), port);
}

static __always_inline bool is_registration_reply(struct __sk_buff *skb, struct iphdr *ip, struct port *port)
{
	return ip->daddr == port->home_address && (!port->agent || ip->saddr == port->agent) &&
	       is_udp_from(skb, ip, MOBILE_IP_PORT);
}

static __always_inline bool is_icmp(struct __sk_buff *skb, struct iphdr *ip, __u8 wanted)
{
	__u8 type;

	return carries(ip, IPPROTO_ICMP) &&
	       !bpf_skb_load_bytes(skb, IP_AT + ip->ihl * 4, &type, sizeof(type)) && type == wanted;
}

static __always_inline bool has_router(struct port *port)
{
	return !same_mac(port->router, (__u8[ETH_ALEN]){});
}

/* Sends the guest's unicast IPv4 to the router, whichever link-layer address the guest has cached. */
static __always_inline int to_router(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);

	if ((void *)(eth + 1) > end(skb))
		return TC_ACT_SHOT;
	__builtin_memcpy(eth->h_dest, port->router, ETH_ALEN);
	count(skb, REDIRECTED_TO_ROUTER);
	return pass();
}

/* Turns the ARP request into its answer, "it is at `mac`", and sends it back: to the tap's other end, or as if from there. */
static __always_inline int answer(struct __sk_buff *skb, struct ethhdr *eth, struct arp *arp, const __u8 *mac, __u64 way)
{
	__be32 asked = arp->target;

	arp->operation = bpf_htons(ARP_REPLY);
	__builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
	arp->target = arp->sender;
	__builtin_memcpy(arp->sender_mac, mac, ETH_ALEN);
	arp->sender = asked;
	__builtin_memcpy(eth->h_dest, arp->target_mac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
	skb->mark = ANSWER_MARK;
	return bpf_redirect(skb->ifindex, way);
}

/*
 * Answers a visitor's ARP request. What asks about its own address is a probe or an announcement (RFC 5227): an answer
 * would be a conflict, and it must not be heard on the visited link.
 */
static __always_inline int answer_visitor(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);
	struct arp *arp = (void *)(eth + 1);

	if ((void *)(arp + 1) > end(skb) || !is_ipv4_over_ethernet(arp))
		return drop(skb, BROADCAST_HELD_BACK);
	if (arp->operation != bpf_htons(ARP_REQUEST) || arp->target == port->home_address || arp->target == arp->sender)
		return drop(skb, OWN_ARP_HELD_BACK);
	count(skb, ARP_ANSWERED);
	return answer(skb, eth, arp, port->gateway, 0);
}

/*
 * RFC 3344 section 4.6: a visitor answers no ARP request for its address but a unicast one of its foreign agent, by
 * unicast. Our own foreign agent never asks: it keeps the address that the registration came from.
 */
static __always_inline int arp_to_visitor(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);
	struct arp *arp = (void *)(eth + 1);

	if (skb->mark == ANSWER_MARK)
		return pass();
	if (port->to_guest != VISITING || (void *)(arp + 1) > end(skb) || !is_ipv4_over_ethernet(arp) ||
	    arp->operation != bpf_htons(ARP_REQUEST) || arp->target != port->home_address ||
	    arp->sender == port->home_address || !same_mac(eth->h_dest, port->mac) ||
	    !same_mac(eth->h_source, port->router))
		return drop(skb, ARP_KEPT_AWAY);
	count(skb, FOREIGN_AGENT_ANSWERED);
	return answer(skb, eth, arp, port->mac, BPF_F_INGRESS);
}

static __always_inline bool load_bootp(struct __sk_buff *skb, struct iphdr *ip, struct bootp *bootp)
{
	return ip->ihl == sizeof(*ip) / 4 && !bpf_skb_load_bytes(skb, BOOTP_AT, bootp, sizeof(*bootp));
}

static __always_inline struct dhcp *dhcp_of(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;

	return bpf_map_lookup_elem(&port_dhcp, &ifindex);
}

/* Replaces an address of the IP header, and what both checksums have of it. */
static __always_inline bool replace_address(struct __sk_buff *skb, __u32 field, __be32 before, __be32 after)
{
	return before == after ||
	       (!bpf_l4_csum_replace(skb, UDP_AT + offsetof(struct udphdr, check), before, after,
				     BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | sizeof(after)) &&
		!bpf_l3_csum_replace(skb, IP_AT + offsetof(struct iphdr, check), before, after, sizeof(after)) &&
		!bpf_skb_store_bytes(skb, IP_AT + field, &after, sizeof(after), 0));
}

/* Replaces two or four octets of the UDP datagram, and what its checksum has of them. */
static __always_inline bool replace(struct __sk_buff *skb, __u32 at, __be32 before, __be32 after, __u32 length)
{
	return !bpf_l4_csum_replace(skb, UDP_AT + offsetof(struct udphdr, check), before, after,
				    BPF_F_MARK_MANGLED_0 | length) &&
	       !bpf_skb_store_bytes(skb, at, &after, length, 0);
}

/*
 * A visitor's broadcasts don't leave its port, and would find the wrong DHCP servers. So the port is its relay agent
 * (RFC 1542 section 4.1.1) with the guest's own home address: the request goes through the tunnel to the server at
 * home, which answers to that address, port 67, by way of the home agent. So do requests to a server that the guest
 * names; there are servers that would send the answer to the guest's link-layer address, whose link it has left.
 */
static __always_inline int relay_to_server(struct __sk_buff *skb, struct port *port, struct iphdr *ip)
{
	struct dhcp *dhcp = dhcp_of(skb);
	__be32 source = ip->saddr, named = ip->daddr, server;
	struct bootp bootp;
	__be16 hops;

	if (!dhcp || !load_bootp(skb, ip, &bootp) || bootp.op != BOOTP_REQUEST || !same_mac(bootp.mac, port->mac) ||
	    bootp.relay || bootp.hops >= BOOTP_MAX_HOPS || (source && source != port->home_address))
		return drop(skb, DHCP_HELD_BACK);
	if (!has_router(port))
		return drop(skb, HELD_BACK_WITHOUT_ROUTER);
	if (is_unicast(named))
		dhcp->server = server = named;
	else
		server = port->dhcp_server ? port->dhcp_server : dhcp->server ? dhcp->server : port->gateway_address;
	dhcp->xid = bootp.xid;
	hops = bpf_htons(bootp.hardware_length << 8 | bootp.hops);
	if (!replace_address(skb, offsetof(struct iphdr, saddr), source, port->home_address) ||
	    !replace_address(skb, offsetof(struct iphdr, daddr), named, server) ||
	    !replace(skb, UDP_AT + offsetof(struct udphdr, source), bpf_htons(BOOTP_CLIENT_PORT),
		     bpf_htons(BOOTP_SERVER_PORT), sizeof(__be16)) ||
	    !replace(skb, BOOTP_AT + offsetof(struct bootp, hardware_length), hops, bpf_htons(bpf_ntohs(hops) + 1),
		     sizeof(hops)) ||
	    !replace(skb, BOOTP_AT + offsetof(struct bootp, relay), 0, port->home_address, sizeof(__be32)))
		return TC_ACT_SHOT;
	count(skb, DHCP_RELAYED);
	return to_router(skb, port);
}

/*
 * The answer to what was relayed, which the client gets as RFC 1542 section 4.1.2 has it. No other DHCP message is for a
 * visitor: it would be one of the servers of the link that it visits. Nor is an address for it but the one that its
 * home agent knows.
 */
static __always_inline int relay_to_visitor(struct __sk_buff *skb, struct port *port, struct iphdr *ip)
{
	struct dhcp *dhcp = dhcp_of(skb);
	struct bootp bootp;

	if (!load_bootp(skb, ip, &bootp) || bootp.op != BOOTP_REPLY || bootp.relay != port->home_address)
		return pass(); /* The guest may well be a server of its own. */
	if (!dhcp || bootp.xid != dhcp->xid || !same_mac(bootp.mac, port->mac) ||
	    (bootp.yours && bootp.yours != port->home_address))
		return drop(skb, DHCP_KEPT_AWAY);
	if (!replace(skb, UDP_AT + offsetof(struct udphdr, dest), bpf_htons(BOOTP_SERVER_PORT),
		     bpf_htons(BOOTP_CLIENT_PORT), sizeof(__be16)))
		return TC_ACT_SHOT;
	if (bootp.flags & bpf_htons(BOOTP_BROADCAST)) {
		struct ethhdr *eth;

		if (!replace_address(skb, offsetof(struct iphdr, daddr), port->home_address, bpf_htonl(INADDR_BROADCAST)))
			return TC_ACT_SHOT;
		eth = start(skb);
		if ((void *)(eth + 1) > end(skb))
			return TC_ACT_SHOT;
		__builtin_memset(eth->h_dest, 0xff, ETH_ALEN);
	}
	count(skb, DHCP_ANSWERED);
	return pass();
}

static __always_inline int from_visitor(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(eth + 1) > end(skb))
		return TC_ACT_SHOT;
	if (eth->h_proto == bpf_htons(ETH_P_ARP))
		return skb->mark == ANSWER_MARK ? pass() : answer_visitor(skb, port);
	if (eth->h_proto == bpf_htons(ETH_P_IP) && !skb->vlan_present && (void *)(ip + 1) <= end(skb) &&
	    is_udp_to(skb, ip, BOOTP_SERVER_PORT) && is_udp_from(skb, ip, BOOTP_CLIENT_PORT))
		return relay_to_server(skb, port, ip);
	if (eth->h_proto != bpf_htons(ETH_P_IP) || skb->vlan_present || is_group(eth->h_dest) ||
	    (void *)(ip + 1) > end(skb) || !is_unicast(ip->daddr))
		return drop(skb, BROADCAST_HELD_BACK);
	/* No other address of the guest's has a tunnel: on the visited link it would be forged (RFC 3344 section 5.6). */
	if (ip->saddr != port->home_address)
		return drop(skb, OTHER_SOURCE_HELD_BACK);
	/* Nobody on the visited link has the address that the guest has cached: its packets would be flooded. */
	if (!has_router(port))
		return drop(skb, HELD_BACK_WITHOUT_ROUTER);
	return to_router(skb, port);
}

static __always_inline int from_guest_at_home(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);

	if ((void *)(eth + 1) > end(skb))
		return TC_ACT_SHOT;
	if (has_router(port) && eth->h_proto == bpf_htons(ETH_P_IP) && !skb->vlan_present && !is_group(eth->h_dest))
		return to_router(skb, port);
	return pass();
}

/* A whole one, of the home network. */
static __always_inline bool is_nested_broadcast(struct __sk_buff *skb, struct iphdr *ip, struct port *port)
{
	struct iphdr inner;

	return port->nests && ip->protocol == IPPROTO_IPIP && ip->saddr == port->nests && ip->ihl == sizeof(*ip) / 4 &&
	       !(ip->frag_off & bpf_htons(MORE_FRAGMENTS | FRAGMENT_OFFSET)) &&
	       !bpf_skb_load_bytes(skb, sizeof(struct ethhdr) + sizeof(*ip), &inner, sizeof(inner)) && inner.version == 4 &&
	       (inner.daddr == 0xffffffff || inner.daddr == port->broadcast);
}

/*
 * RFC 3344 section 4.3: the home agent has put a broadcast into a packet to the guest, so that the foreign agent knows whose it is, and the
 * mobile node is to take it out. The guest can't. It is not to lie in the queue of one that doesn't run yet.
 */
static __always_inline int open_broadcast(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr eth = {
		.h_dest = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.h_proto = bpf_htons(ETH_P_IP),
	};

	if (port->to_guest != VISITING)
		return drop(skb, OTHER_KEPT_AWAY);
	__builtin_memcpy(eth.h_source, port->gateway, ETH_ALEN);
	if (bpf_skb_adjust_room(skb, -(__s32)sizeof(struct iphdr), BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0))
		return drop(skb, OTHER_KEPT_AWAY);
	count(skb, BROADCAST_OPENED);
	return pass();
}

static __always_inline int to_visitor(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(eth + 1) > end(skb))
		return TC_ACT_SHOT;
	if (eth->h_proto == bpf_htons(ETH_P_ARP))
		return arp_to_visitor(skb, port);
	if (eth->h_proto != bpf_htons(ETH_P_IP) || skb->vlan_present || !same_mac(eth->h_dest, port->mac) ||
	    (void *)(ip + 1) > end(skb) || ip->daddr != port->home_address)
		return drop(skb, OTHER_KEPT_AWAY);
	if (is_nested_broadcast(skb, ip, port))
		return open_broadcast(skb, port);
	if (is_registration_reply(skb, ip, port))
		return drop(skb, REPLY_TAKEN);
	/* RFC 3344 section 4.2.1: a visiting mobile node must ignore redirects to other routers. */
	if (is_icmp(skb, ip, ICMP_REDIRECT))
		return drop(skb, REDIRECT_KEPT_AWAY);
	/* Of this link's routers it is not to know. */
	if (is_icmp(skb, ip, ICMP_ROUTER_ADVERTISEMENT))
		return drop(skb, ADVERTISEMENT_KEPT_AWAY);
	if (is_udp_to(skb, ip, BOOTP_CLIENT_PORT))
		return drop(skb, DHCP_KEPT_AWAY);
	if (is_udp_to(skb, ip, BOOTP_SERVER_PORT))
		return relay_to_visitor(skb, port, ip);
	return pass();
}

static __always_inline int to_guest_at_home(struct __sk_buff *skb, struct port *port)
{
	struct ethhdr *eth = start(skb);
	struct arp *arp = (void *)(eth + 1);
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(eth + 1) > end(skb))
		return TC_ACT_SHOT;
	/* The home agent's gratuitous ARP (RFC 3344 section 4.6) is a conflict to the guest it speaks for (RFC 5227). */
	if (eth->h_proto == bpf_htons(ETH_P_ARP) && (void *)(arp + 1) <= end(skb) && is_ipv4_over_ethernet(arp) &&
	    arp->sender == port->home_address && !same_mac(arp->sender_mac, port->mac))
		return drop(skb, ADDRESS_CONFLICT_KEPT_AWAY);
	if (eth->h_proto == bpf_htons(ETH_P_IP) && (void *)(ip + 1) <= end(skb) && is_registration_reply(skb, ip, port))
		return drop(skb, REPLY_TAKEN);
	return pass();
}

static __always_inline struct port *port_of(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;

	return bpf_map_lookup_elem(&ports, &ifindex);
}

SEC("tc")
int from_guest(struct __sk_buff *skb)
{
	struct port *port = port_of(skb);

	if (!port)
		return pass();
	gather_headers(skb);
	switch (port->from_guest) {
	case VISITING:
		return from_visitor(skb, port);
	case HOME:
		return from_guest_at_home(skb, port);
	default:
		return drop(skb, SHUT_FROM_GUEST);
	}
}

SEC("tc")
int to_guest(struct __sk_buff *skb)
{
	struct port *port = port_of(skb);

	if (!port)
		return pass();
	gather_headers(skb);
	switch (port->to_guest) {
	case ARRIVING:
	case VISITING:
		return to_visitor(skb, port);
	case HOME:
		return to_guest_at_home(skb, port);
	default:
		return drop(skb, SHUT_TO_GUEST);
	}
}

char _license[] SEC("license") = "GPL";
