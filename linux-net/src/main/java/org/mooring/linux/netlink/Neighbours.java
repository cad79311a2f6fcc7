package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Syscall;

/** The ARP table and the proxies beside it. */
public final class Neighbours {
    private static final int RTM_NEWNEIGH = 28;
    private static final int RTM_DELNEIGH = 29;
    private static final int RTM_GETNEIGH = 30;

    private static final int NDA_DST = 1;
    private static final int NDA_LLADDR = 2;
    private static final int NDA_PROTOCOL = 12;

    private static final int NUD_STALE = 0x04;
    private static final int NUD_PERMANENT = 0x80;
    private static final int NTF_PROXY = 0x08;

    private static final int BODY_LENGTH = 12; // struct ndmsg
    private static final int REPLACE = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_REPLACE;
    private static final Set<Errno> GONE = Set.of(Errno.ENOENT, Errno.ENODEV, Errno.ENXIO);

    private final NetlinkSocket socket;

    Neighbours(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Makes these entries be there, permanently, in place of what ARP has learnt. */
    public void ensure(Collection<Neighbour> neighbours) throws KernelException {
        socket.execute(neighbours.stream()
                .map(neighbour -> new Request(
                        add(neighbour),
                        () -> "set neighbour " + neighbour.address().getHostAddress() + " at " + neighbour.mac()
                                + " on link #" + neighbour.interfaceIndex(),
                        Set.of())));
    }

    public void ensure(Neighbour neighbour) throws KernelException {
        ensure(List.of(neighbour));
    }

    /**
     * Leaves this entry to ARP: it is used on, without a packet having to wait, but only until ARP says otherwise or confirms nothing. Makes it if
     * it isn't there.
     */
    public void release(Neighbour neighbour) throws KernelException {
        socket.execute(List.of(new Request(
                set(neighbour, NUD_STALE),
                "release neighbour " + neighbour.address().getHostAddress() + " at " + neighbour.mac() + " on link #"
                        + neighbour.interfaceIndex())));
    }

    /** Makes the entries for these addresses be gone, whatever they say. */
    public void remove(Collection<Neighbour> neighbours) throws KernelException {
        socket.execute(neighbours.stream()
                .map(neighbour -> deletion("neighbour", 0, neighbour.address(), neighbour.interfaceIndex())));
    }

    public void remove(Neighbour neighbour) throws KernelException {
        remove(List.of(neighbour));
    }

    public void ensure(ProxyNeighbour proxy) throws KernelException {
        socket.execute(List.of(new Request(
                add(proxy),
                "set proxy neighbour " + proxy.address().getHostAddress() + " on link #" + proxy.interfaceIndex())));
    }

    public void remove(ProxyNeighbour proxy) throws KernelException {
        socket.execute(List.of(deletion("proxy neighbour", NTF_PROXY, proxy.address(), proxy.interfaceIndex())));
    }

    /** All entries, those that ARP made as well. */
    public List<Neighbour> dump() throws KernelException {
        return socket.dump(message(RTM_GETNEIGH, 0, 0, 0, 0), "list the neighbours", Neighbours::read);
    }

    public List<ProxyNeighbour> dumpProxies() throws KernelException {
        return socket.dump(
                message(RTM_GETNEIGH, 0, 0, 0, NTF_PROXY), "list the proxy neighbours", Neighbours::readProxy);
    }

    static NetlinkMessage add(Neighbour neighbour) {
        return set(neighbour, NUD_PERMANENT);
    }

    private static NetlinkMessage set(Neighbour neighbour, int state) {
        return message(RTM_NEWNEIGH, REPLACE, neighbour.interfaceIndex(), state, 0)
                .octet(NDA_PROTOCOL, neighbour.protocol())
                .attribute(NDA_DST, neighbour.address())
                .attribute(NDA_LLADDR, neighbour.mac());
    }

    static NetlinkMessage add(ProxyNeighbour proxy) {
        return message(RTM_NEWNEIGH, REPLACE, proxy.interfaceIndex(), NUD_PERMANENT, NTF_PROXY)
                .octet(NDA_PROTOCOL, proxy.protocol())
                .attribute(NDA_DST, proxy.address());
    }

    private static Request deletion(String what, int flags, Inet4Address address, int link) {
        return new Request(
                message(RTM_DELNEIGH, 0, link, 0, flags).attribute(NDA_DST, address),
                () -> "remove " + what + " " + address.getHostAddress() + " from link #" + link,
                GONE);
    }

    private static NetlinkMessage message(int type, int messageFlags, int index, int state, int flags) {
        return new NetlinkMessage(type, messageFlags)
                .octets(Syscall.AF_INET, 0)
                .half(0)
                .word(index)
                .half(state)
                .octets(flags, 0);
    }

    private static Neighbour read(ByteBuffer body) {
        int index = body.getInt(4);
        int state = body.getShort(8);
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new Neighbour(
                index,
                attributes.address(NDA_DST).orElseThrow(),
                attributes.mac(NDA_LLADDR),
                (state & NUD_PERMANENT) != 0,
                attributes.octet(NDA_PROTOCOL));
    }

    private static ProxyNeighbour readProxy(ByteBuffer body) {
        int index = body.getInt(4);
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new ProxyNeighbour(index, attributes.address(NDA_DST).orElseThrow(), attributes.octet(NDA_PROTOCOL));
    }
}
