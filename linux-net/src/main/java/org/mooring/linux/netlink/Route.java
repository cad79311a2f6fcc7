package org.mooring.linux.netlink;

import java.net.Inet4Address;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;

/**
 * An IPv4 route. Made in the words of ip-route(8):
 * {@code Route.to(homeAddress).dev(tunnel).mtu(1480)}, {@code Route.byDefault().dev(tunnel).table(435)}. Destination, table and metric
 * name a route; the rest says where it leads.
 *
 * @param gateway null where the destination is on the link
 * @param interfaceIndex zero where there is none, or several
 * @param source what packets of this machine have as their source; null leaves it to the kernel
 * @param metric the one with the lowest is taken first
 * @param protocol who made it; of a route by us it is {@link #PROTOCOL}
 * @param mtu in octets; zero for that of the device
 * @param onlink whether the gateway counts as on the link although no route says so
 */
public record Route(
        Type type,
        Inet4Address destination,
        int prefixLength,
        @Nullable Inet4Address gateway,
        int interfaceIndex,
        @Nullable Inet4Address source,
        int table,
        int metric,
        int protocol,
        int mtu,
        boolean onlink) {
    /** The routing protocol number of all that we make, so that a restart can tell it from the operator's. */
    public static final int PROTOCOL = 143;

    public static final int MAIN_TABLE = 254;

    /** A route to one address. */
    public static Route to(Inet4Address host) {
        return to(host, Integer.SIZE);
    }

    public static Route to(Inet4Address prefix, int length) {
        return new Route(Type.UNICAST, prefix, length, null, 0, null, MAIN_TABLE, 0, PROTOCOL, 0, false);
    }

    /** The route for all that no other one is for. */
    public static Route byDefault() {
        return to(Ipv4.address(0), 0);
    }

    public Route type(Type newType) {
        return new Route(
                newType,
                destination,
                prefixLength,
                gateway,
                interfaceIndex,
                source,
                table,
                metric,
                protocol,
                mtu,
                onlink);
    }

    public Route via(Inet4Address newGateway) {
        return new Route(
                type,
                destination,
                prefixLength,
                newGateway,
                interfaceIndex,
                source,
                table,
                metric,
                protocol,
                mtu,
                onlink);
    }

    public Route dev(Interface device) {
        return new Route(
                type, destination, prefixLength, gateway, device.index(), source, table, metric, protocol, mtu, onlink);
    }

    public Route source(Inet4Address newSource) {
        return new Route(
                type,
                destination,
                prefixLength,
                gateway,
                interfaceIndex,
                newSource,
                table,
                metric,
                protocol,
                mtu,
                onlink);
    }

    public Route table(int newTable) {
        return new Route(
                type,
                destination,
                prefixLength,
                gateway,
                interfaceIndex,
                source,
                newTable,
                metric,
                protocol,
                mtu,
                onlink);
    }

    public Route metric(int newMetric) {
        return new Route(
                type,
                destination,
                prefixLength,
                gateway,
                interfaceIndex,
                source,
                table,
                newMetric,
                protocol,
                mtu,
                onlink);
    }

    public Route mtu(int newMtu) {
        return new Route(
                type,
                destination,
                prefixLength,
                gateway,
                interfaceIndex,
                source,
                table,
                metric,
                protocol,
                newMtu,
                onlink);
    }

    public Route onlink(boolean newOnlink) {
        return new Route(
                type,
                destination,
                prefixLength,
                gateway,
                interfaceIndex,
                source,
                table,
                metric,
                protocol,
                mtu,
                newOnlink);
    }

    @Override
    public String toString() {
        return (type == Type.UNICAST ? "" : type.name().toLowerCase(java.util.Locale.ROOT) + " ")
                + destination.getHostAddress() + "/" + prefixLength
                + (gateway == null ? "" : " via " + gateway.getHostAddress())
                + (interfaceIndex == 0 ? "" : " dev #" + interfaceIndex)
                + (source == null ? "" : " src " + source.getHostAddress())
                + (onlink ? " onlink" : "")
                + " table " + table
                + (metric == 0 ? "" : " metric " + metric)
                + (mtu == 0 ? "" : " mtu " + mtu);
    }

    /** What becomes of a packet that takes the route. */
    public enum Type {
        UNICAST(1),
        LOCAL(2),
        BROADCAST(3),
        ANYCAST(4),
        MULTICAST(5),
        /** Discarded in silence. */
        BLACKHOLE(6),
        /** Discarded, and the sender is told "host unreachable". */
        UNREACHABLE(7),
        /** Discarded, and the sender is told "communication prohibited". */
        PROHIBIT(8),
        /** The search goes on with the next rule. */
        THROW(9),
        /** What Linux has no use for in IPv4 today. */
        OTHER(0);

        final int number;

        Type(int number) {
            this.number = number;
        }

        static Type of(int number) {
            for (Type type : values()) {
                if (type.number == number) {
                    return type;
                }
            }
            return OTHER;
        }
    }
}
