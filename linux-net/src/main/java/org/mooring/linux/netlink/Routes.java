package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.mooring.linux.Errno;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Syscall;

/** The IPv4 routes of all tables. Many are changed at a time at the cost of a few calls. */
public final class Routes {
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_DELROUTE = 25;
    private static final int RTM_GETROUTE = 26;

    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_PREFSRC = 7;
    private static final int RTA_METRICS = 8;
    private static final int RTA_TABLE = 15;
    private static final int RTAX_MTU = 2;

    private static final int RT_TABLE_UNSPEC = 0; // all, or as RTA_TABLE says
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RT_SCOPE_HOST = 254;
    private static final int RT_SCOPE_NOWHERE = 255;
    private static final int RTNH_F_ONLINK = 4;

    private static final int BODY_LENGTH = 12; // struct rtmsg
    private static final Set<Errno> GONE = Set.of(Errno.ESRCH, Errno.ENODEV);

    private final NetlinkSocket socket;

    Routes(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Makes these routes be there, each in place of one with the same destination, table and metric. */
    public void ensure(Collection<Route> routes) throws KernelException {
        socket.execute(routes.stream().map(route -> new Request(add(route), () -> "set route " + route, Set.of())));
    }

    public void ensure(Route route) throws KernelException {
        ensure(List.of(route));
    }

    /** Makes these routes be gone, wherever they lead. One with another protocol stays: it is not ours. */
    public void remove(Collection<Route> routes) throws KernelException {
        socket.execute(routes.stream().map(route -> new Request(delete(route), () -> "remove route " + route, GONE)));
    }

    public void remove(Route route) throws KernelException {
        remove(List.of(route));
    }

    /** The routes of one table, whoever made them. */
    public List<Route> dumpTable(int table) throws KernelException {
        try {
            return dump(table, 0);
        } catch (KernelException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return List.of(); // a table is made with its first route
            }
            throw e;
        }
    }

    /** The routes of one protocol in all tables: with {@link Route#PROTOCOL} those that are ours. */
    public List<Route> dumpProtocol(int protocol) throws KernelException {
        return dump(RT_TABLE_UNSPEC, protocol);
    }

    /**
     * The route that a packet of this machine to {@code destination} takes now.
     *
     * @throws KernelException ENETUNREACH if there is none
     */
    public Route lookup(Inet4Address destination) throws KernelException {
        return socket.get(
                message(RTM_GETROUTE, 0, Integer.SIZE, 0, 0, 0, 0).attribute(RTA_DST, destination),
                "find the route to " + destination.getHostAddress(),
                Routes::read);
    }

    private List<Route> dump(int table, int protocol) throws KernelException {
        NetlinkMessage question = message(RTM_GETROUTE, 0, 0, protocol, 0, 0, 0).attribute(RTA_TABLE, table);
        return socket.dump(question, "list the routes", Routes::read);
    }

    static NetlinkMessage add(Route route) {
        NetlinkMessage message = message(
                RTM_NEWROUTE,
                NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_REPLACE,
                route.prefixLength(),
                route.protocol(),
                scope(route),
                route.type().number,
                route.onlink() ? RTNH_F_ONLINK : 0);
        return describe(message, route);
    }

    static NetlinkMessage delete(Route route) {
        Route name = Route.to(route.destination(), route.prefixLength())
                .table(route.table())
                .metric(route.metric());
        int anyType = 0;
        return describe(
                message(RTM_DELROUTE, 0, route.prefixLength(), route.protocol(), RT_SCOPE_NOWHERE, anyType, 0), name);
    }

    private static NetlinkMessage describe(NetlinkMessage message, Route route) {
        if (route.prefixLength() > 0) {
            message.attribute(RTA_DST, route.destination());
        }
        if (route.gateway() != null) {
            message.attribute(RTA_GATEWAY, route.gateway());
        }
        if (route.metric() != 0) {
            message.attribute(RTA_PRIORITY, route.metric());
        }
        if (route.source() != null) {
            message.attribute(RTA_PREFSRC, route.source());
        }
        message.attribute(RTA_TABLE, route.table());
        if (route.interfaceIndex() != 0) {
            message.attribute(RTA_OIF, route.interfaceIndex());
        }
        if (route.mtu() != 0) {
            message.nested(RTA_METRICS, metrics -> metrics.attribute(RTAX_MTU, route.mtu()));
        }
        return message;
    }

    /** How far the destination is, which the kernel does not work out by itself. */
    private static int scope(Route route) {
        return switch (route.type()) {
            case LOCAL -> RT_SCOPE_HOST;
            case BROADCAST, MULTICAST, ANYCAST -> RT_SCOPE_LINK;
            case UNICAST -> route.gateway() == null ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
            case BLACKHOLE, UNREACHABLE, PROHIBIT, THROW, OTHER -> RT_SCOPE_UNIVERSE;
        };
    }

    private static NetlinkMessage message(
            int messageType, int messageFlags, int prefixLength, int protocol, int scope, int type, int flags) {
        return new NetlinkMessage(messageType, messageFlags)
                .octets(Syscall.AF_INET, prefixLength, 0, 0, RT_TABLE_UNSPEC, protocol, scope, type)
                .word(flags);
    }

    private static Route read(ByteBuffer body) {
        int prefixLength = body.get(1) & 0xff;
        int protocol = body.get(5) & 0xff;
        int type = body.get(7) & 0xff;
        int flags = body.getInt(8);
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new Route(
                Route.Type.of(type),
                attributes.address(RTA_DST).orElse(Ipv4.address(0)),
                prefixLength,
                attributes.address(RTA_GATEWAY).orElse(null),
                attributes.word(RTA_OIF),
                attributes.address(RTA_PREFSRC).orElse(null),
                attributes.word(RTA_TABLE),
                attributes.word(RTA_PRIORITY),
                protocol,
                attributes.nested(RTA_METRICS).word(RTAX_MTU),
                (flags & RTNH_F_ONLINK) != 0);
    }
}
