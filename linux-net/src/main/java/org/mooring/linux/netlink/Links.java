package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;

/** Network devices. */
public final class Links {
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_GETLINK = 18;

    private static final int RTM_NEWQDISC = 36;
    private static final int TC_H_ROOT = 0xffff_ffff;
    private static final int TCA_KIND = 1;

    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_TXQLEN = 13;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_GSO_MAX_SEGS = 40;
    private static final int IFLA_GSO_MAX_SIZE = 41;
    private static final int LEAST_GSO_MAX_SIZE = 512; // any kernel takes it
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;

    private static final int IFF_UP = 0x1;
    private static final int IFF_RUNNING = 0x40;

    private static final int BODY_LENGTH = 16; // struct ifinfomsg
    private static final String BRIDGE = "bridge";
    private static final String IPIP = "ipip";
    private static final String VETH = "veth";
    private static final int VETH_INFO_PEER = 1;
    private static final String GRE = "gre";
    private static final int IFLA_GRE_LOCAL = 6;
    private static final int IFLA_GRE_TTL = 8;
    private static final int IFLA_GRE_TOS = 9;
    private static final int IFLA_GRE_PMTUDISC = 10;
    private static final int IFLA_IPTUN_LOCAL = 2;
    private static final int IFLA_IPTUN_TTL = 4;
    private static final int IFLA_IPTUN_TOS = 5;
    private static final int IFLA_IPTUN_PMTUDISC = 10;
    private static final int TUNNEL_TTL = 64;
    private static final int INHERIT = 1;

    private final NetlinkSocket socket;

    Links(NetlinkSocket socket) {
        this.socket = socket;
    }

    public List<Link> dump() throws KernelException {
        return socket.dump(message(RTM_GETLINK, 0, 0, 0, 0), "list the links", Links::read);
    }

    /** The device with this name; empty if there is none. */
    public Optional<Link> find(String name) throws KernelException {
        try {
            return Optional.of(get(name));
        } catch (KernelException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * The device with this name.
     *
     * @throws KernelException ENODEV if there is none
     */
    public Link get(String name) throws KernelException {
        return socket.get(
                message(RTM_GETLINK, 0, 0, 0, 0).attribute(IFLA_IFNAME, name), "find link " + name, Links::read);
    }

    public void setUp(Interface link) throws KernelException {
        change(message(RTM_NEWLINK, 0, link.index(), IFF_UP, IFF_UP), "set link " + link.name() + " up");
    }

    public void setDown(Interface link) throws KernelException {
        change(message(RTM_NEWLINK, 0, link.index(), 0, IFF_UP), "set link " + link.name() + " down");
    }

    /** Sets the longest packet, in octets without the link-layer header. */
    public void setMtu(Interface link, int mtu) throws KernelException {
        change(message(link).attribute(IFLA_MTU, mtu), "set the MTU of link " + link.name() + " to " + mtu);
    }

    /** Sets the link-layer address. A bridge without one of its own takes the lowest of its ports', and changes it with them. */
    public void setMac(Interface link, MacAddress mac) throws KernelException {
        change(message(link).attribute(IFLA_ADDRESS, mac), "set the address of link " + link.name() + " to " + mac);
    }

    /** Sets how many packets wait in a TAP device whose reader is slow. */
    public void setTxQueueLength(Interface link, int packets) throws KernelException {
        change(
                message(link).attribute(IFLA_TXQLEN, packets),
                "set the transmit queue length of link " + link.name() + " to " + packets);
    }

    /**
     * Has segments that travel as one cut before they come to the device (generic segmentation offload). Whole packets of 512 octets or less
     * may escape this, if nobody has counted their segments.
     */
    public void takeNoSuperPackets(Interface link) throws KernelException {
        change(
                message(link).attribute(IFLA_GSO_MAX_SEGS, 1).attribute(IFLA_GSO_MAX_SIZE, LEAST_GSO_MAX_SIZE),
                "have link " + link.name() + " take one segment at a time");
    }

    /** Makes packets go to the device's driver at once, so that who sends one learns whether there was room for it. */
    public void removeQueue(Interface link) throws KernelException {
        NetlinkMessage message = new NetlinkMessage(
                        RTM_NEWQDISC, NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_REPLACE)
                .octets(0, 0)
                .half(0)
                .word(link.index())
                .word(0)
                .word(TC_H_ROOT)
                .word(0)
                .attribute(TCA_KIND, "noqueue");
        change(message, "make noqueue the qdisc of link " + link.name());
    }

    /** Makes {@code port} a port of {@code bridge}, and of no other one. */
    public void setMaster(Interface port, Interface bridge) throws KernelException {
        change(
                message(port).attribute(IFLA_MASTER, bridge.index()),
                "make link " + port.name() + " a port of " + bridge.name());
    }

    /** Makes {@code port} a port of no bridge. */
    public void clearMaster(Interface port) throws KernelException {
        change(message(port).attribute(IFLA_MASTER, 0), "take link " + port.name() + " out of its bridge");
    }

    /**
     * The bridge with this name, made if there is none. It is not set up.
     *
     * @throws KernelException EEXIST if the name is that of another kind of device
     */
    public Link ensureBridge(String name) throws KernelException {
        int flags = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL;
        NetlinkMessage message = message(RTM_NEWLINK, flags, 0, 0, 0)
                .attribute(IFLA_IFNAME, name)
                .nested(IFLA_LINKINFO, info -> info.attribute(IFLA_INFO_KIND, BRIDGE));
        String operation = "create bridge " + name;
        socket.execute(List.of(new Request(message, operation, Set.of(Errno.EEXIST))));
        Link link = get(name);
        if (!link.kind().equals(BRIDGE)) {
            throw new KernelException(operation, Errno.EEXIST, "a link of another kind has this name");
        }
        return link;
    }

    /**
     * The ipip device with this name, made if there is none: IP-in-IP tunnels from {@code local} to wherever a route by it has its gateway
     * (RFC 2003), each with the time to live of 64, the type of service of the inner packet, and "don't fragment". It takes tunnelled
     * packets to {@code local} from everybody. It is not set up.
     *
     * @throws KernelException EOPNOTSUPP if the kernel has no such device, or the name is that of another kind
     */
    public Link ensureIpip(String name, Inet4Address local) throws KernelException {
        return ensureTunnel(
                name,
                IPIP,
                IFLA_IPTUN_LOCAL,
                local,
                data -> data.octet(IFLA_IPTUN_TTL, TUNNEL_TTL)
                        .octet(IFLA_IPTUN_TOS, INHERIT)
                        .octet(IFLA_IPTUN_PMTUDISC, 0));
    }

    /**
     * The gre device with this name, made if there is none: as {@link #ensureIpip}, in Generic Routing Encapsulation without key, sequence
     * number and checksum (RFC 2784). Where a tunnel ends is a neighbour's link-layer address.
     *
     * @throws KernelException EOPNOTSUPP if the kernel has no such device, or the name is that of another kind
     */
    public Link ensureGre(String name, Inet4Address local) throws KernelException {
        return ensureTunnel(
                name,
                GRE,
                IFLA_GRE_LOCAL,
                local,
                data -> data.octet(IFLA_GRE_TTL, TUNNEL_TTL)
                        .octet(IFLA_GRE_TOS, INHERIT)
                        .octet(IFLA_GRE_PMTUDISC, 0));
    }

    /** Leaves alone what is there and as it shall be: while the kernel changes a tunnel, it finds none for what arrives. */
    private Link ensureTunnel(
            String name, String kind, int localAttribute, Inet4Address local, Consumer<NetlinkMessage> parameters)
            throws KernelException {
        Optional<Link> there = find(name);
        if (there.isPresent()
                && there.get().kind().equals(kind)
                && local(name, localAttribute).equals(Optional.of(local))) {
            return there.get();
        }
        NetlinkMessage message = message(RTM_NEWLINK, NetlinkMessage.NLM_F_CREATE, 0, 0, 0)
                .attribute(IFLA_IFNAME, name)
                .nested(
                        IFLA_LINKINFO,
                        info -> info.attribute(IFLA_INFO_KIND, kind)
                                .nested(
                                        IFLA_INFO_DATA,
                                        data -> parameters.accept(data.attribute(localAttribute, local))));
        change(message, "create " + kind + " device " + name);
        return get(name);
    }

    private Optional<Inet4Address> local(String name, int attribute) throws KernelException {
        return socket.get(
                message(RTM_GETLINK, 0, 0, 0, 0).attribute(IFLA_IFNAME, name),
                "find link " + name,
                body -> Attributes.of(body.position(BODY_LENGTH))
                        .nested(IFLA_LINKINFO)
                        .nested(IFLA_INFO_DATA)
                        .address(attribute));
    }

    /** One end of a wire with two ends, made if there is none. They are not set up. */
    public Link ensureVeth(String name, String peer) throws KernelException {
        int flags = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL;
        NetlinkMessage message = message(RTM_NEWLINK, flags, 0, 0, 0)
                .attribute(IFLA_IFNAME, name)
                .nested(
                        IFLA_LINKINFO,
                        info -> info.attribute(IFLA_INFO_KIND, VETH)
                                .nested(
                                        IFLA_INFO_DATA,
                                        data -> data.nested(
                                                VETH_INFO_PEER,
                                                end -> end.word(0)
                                                        .word(0)
                                                        .word(0)
                                                        .word(0)
                                                        .attribute(IFLA_IFNAME, peer))));
        String operation = "create the veth devices " + name + " and " + peer;
        socket.execute(List.of(new Request(message, operation, Set.of(Errno.EEXIST))));
        Link link = get(name);
        if (!link.kind().equals(VETH)) {
            throw new KernelException(operation, Errno.EEXIST, "a link of another kind has this name");
        }
        return link;
    }

    /** Deletes the device. Not every kind lets itself be deleted. */
    public void remove(String name) throws KernelException {
        NetlinkMessage message = message(RTM_DELLINK, 0, 0, 0, 0).attribute(IFLA_IFNAME, name);
        socket.execute(List.of(new Request(message, "delete link " + name, Set.of(Errno.ENODEV))));
    }

    private void change(NetlinkMessage message, String operation) throws KernelException {
        socket.execute(List.of(new Request(message, operation)));
    }

    static NetlinkMessage message(Interface link) {
        return message(RTM_NEWLINK, 0, link.index(), 0, 0);
    }

    private static NetlinkMessage message(int type, int messageFlags, int index, int flags, int change) {
        return new NetlinkMessage(type, messageFlags)
                .octets(0, 0)
                .half(0)
                .word(index)
                .word(flags)
                .word(change);
    }

    private static Link read(ByteBuffer body) {
        int index = body.getInt(4);
        int flags = body.getInt(8);
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new Link(
                new Interface(
                        attributes.text(IFLA_IFNAME), index, attributes.mac(IFLA_ADDRESS), attributes.word(IFLA_MTU)),
                (flags & IFF_UP) != 0,
                (flags & IFF_RUNNING) != 0,
                attributes.word(IFLA_TXQLEN),
                attributes.word(IFLA_MASTER),
                attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND));
    }
}
