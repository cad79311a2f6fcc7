package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.util.function.Consumer;
import org.mooring.linux.Interface;

/**
 * A step of a rule. A packet that a step doesn't match goes on with the next rule. Values are compared in registers of four octets, of
 * which there are {@link #REGISTERS}.
 */
public final class NftExpression {
    public static final int REGISTERS = 16;

    private static final int FIRST_REGISTER = 8; // NFT_REG32_00
    private static final int VERDICT_REGISTER = 0;
    private static final int NFTA_EXPR_NAME = 1;
    private static final int NFTA_EXPR_DATA = 2;
    private static final int NFTA_DATA_VALUE = 1;
    private static final int NFTA_DATA_VERDICT = 2;
    private static final int NFTA_VERDICT_CODE = 1;
    private static final int NFTA_VERDICT_CHAIN = 2;
    private static final int META_MARK = 3;
    private static final int META_IIF = 4;
    private static final int META_OIF = 5;
    private static final int DROP = 0;
    private static final int ACCEPT = 1;
    private static final int GOTO = -4;

    private final String name;
    private final Consumer<NetlinkMessage> data;

    private NftExpression(String name, Consumer<NetlinkMessage> data) {
        this.name = name;
        this.data = data;
    }

    /** Loads {@code length} octets of the link-layer header, into as many registers as they take; what is left of the last one is zero. */
    public static NftExpression linkHeader(int offset, int length, int register) {
        return payload(0, offset, length, register);
    }

    /** Loads {@code length} octets, at most four, of the IP header. */
    public static NftExpression networkHeader(int offset, int length, int register) {
        return payload(1, offset, length, register);
    }

    /** Loads {@code length} octets, at most four, of what the IP header is followed by. */
    public static NftExpression transportHeader(int offset, int length, int register) {
        return payload(2, offset, length, register);
    }

    /** Writes the two octets that {@code register} holds to the IP header, whose checksum follows. */
    public static NftExpression setNetworkHeader(int offset, int register) {
        int internet = 1; // NFT_PAYLOAD_CSUM_INET
        int checksum = 10; // in an IPv4 header
        return new NftExpression(
                "payload",
                data -> data.network(5, FIRST_REGISTER + register)
                        .network(2, 1)
                        .network(3, offset)
                        .network(4, Short.BYTES)
                        .network(6, internet)
                        .network(7, checksum));
    }

    private static NftExpression payload(int base, int offset, int length, int register) {
        return new NftExpression(
                "payload",
                data -> data.network(1, FIRST_REGISTER + register)
                        .network(2, base)
                        .network(3, offset)
                        .network(4, length));
    }

    /** Loads the index of the interface that the packet came by. */
    public static NftExpression inputInterface(int register) {
        return meta(META_IIF, register);
    }

    /** Loads the index of the interface that the packet leaves by. */
    public static NftExpression outputInterface(int register) {
        return meta(META_OIF, register);
    }

    private static NftExpression meta(int key, int register) {
        return new NftExpression(
                "meta", data -> data.network(1, FIRST_REGISTER + register).network(2, key));
    }

    /** Loads the address of the router that the packet's route leads to; of a route without one, its destination. */
    public static NftExpression nextHop(int register) {
        int ofIpv4 = 1; // NFT_RT_NEXTHOP4
        return new NftExpression(
                "rt", data -> data.network(1, FIRST_REGISTER + register).network(2, ofIpv4));
    }

    /**
     * Sends a copy of the packet where a packet to an address would go that has to leave by a certain interface. It says "don't fragment",
     * whatever the packet says.
     *
     * @param address which register holds the address
     * @param device which one holds the index of the interface
     */
    public static NftExpression duplicate(int address, int device) {
        return new NftExpression(
                "dup", data -> data.network(1, FIRST_REGISTER + address).network(2, FIRST_REGISTER + device));
    }

    /** Makes what {@code register} holds the packet's mark. */
    public static NftExpression setMark(int register) {
        return new NftExpression("meta", data -> data.network(2, META_MARK).network(3, FIRST_REGISTER + register));
    }

    /** Loads a number. */
    public static NftExpression number(int number, int register) {
        return immediate(register, value -> value.word(number));
    }

    /** Lowers the maximum segment size that a TCP segment announces, if it does, to what {@code register} holds: two octets, as it goes on the wire. */
    public static NftExpression lowerSegmentSize(int register) {
        int option = 2; // kind, RFC 9293 §3.2
        int ofTcp = 1; // NFT_EXTHDR_OP_TCPOPT
        return new NftExpression(
                "exthdr",
                data -> data.octet(2, option)
                        .network(3, 2)
                        .network(4, Short.BYTES)
                        .network(6, ofTcp)
                        .network(7, FIRST_REGISTER + register));
    }

    /** Loads an address. */
    public static NftExpression address(Inet4Address address, int register) {
        return immediate(register, value -> value.address(address));
    }

    /** Loads two octets. */
    public static NftExpression octets(int first, int second, int register) {
        return immediate(register, value -> value.octets(first, second));
    }

    private static NftExpression immediate(int register, Consumer<NetlinkMessage> value) {
        return new NftExpression(
                "immediate",
                data -> data.network(1, FIRST_REGISTER + register)
                        .nest(2, holder -> holder.nested(NFTA_DATA_VALUE, value)));
    }

    public static NftExpression equal(int register, int octet) {
        return compare(register, value -> value.octets(octet));
    }

    public static NftExpression equal(int register, Inet4Address address) {
        return compare(register, value -> value.address(address));
    }

    public static NftExpression equal(int register, Interface device) {
        return compare(register, value -> value.word(device.index()));
    }

    private static NftExpression compare(int register, Consumer<NetlinkMessage> value) {
        int equal = 0;
        return new NftExpression(
                "cmp",
                data -> data.network(1, FIRST_REGISTER + register)
                        .network(2, equal)
                        .nest(3, holder -> holder.nested(NFTA_DATA_VALUE, value)));
    }

    /** Leaves of an octet what {@code mask} has. */
    public static NftExpression mask(int register, int mask) {
        return bits(register, value -> value.octets(mask), value -> value.octets(0), 1);
    }

    /** Changes the first of two octets: leaves of it what {@code mask} has, then turns over what {@code turned} has. */
    public static NftExpression turnFirst(int register, int mask, int turned) {
        return bits(register, value -> value.octets(mask, 0xff), value -> value.octets(turned, 0), Short.BYTES);
    }

    private static NftExpression bits(
            int register, Consumer<NetlinkMessage> mask, Consumer<NetlinkMessage> turned, int length) {
        return new NftExpression(
                "bitwise",
                data -> data.network(1, FIRST_REGISTER + register)
                        .network(2, FIRST_REGISTER + register)
                        .network(3, length)
                        .nest(4, holder -> holder.nested(NFTA_DATA_VALUE, mask))
                        .nest(5, holder -> holder.nested(NFTA_DATA_VALUE, turned)));
    }

    /** Whether what begins in {@code register} is in this set. */
    public static NftExpression lookup(String set, int register) {
        return new NftExpression("lookup", data -> data.attribute(1, set).network(2, FIRST_REGISTER + register));
    }

    /** As {@link #lookup(String, int)}, in a map; loads what the element stands for into {@code found}. */
    public static NftExpression lookup(String map, int register, int found) {
        return new NftExpression(
                "lookup",
                data -> data.attribute(1, map)
                        .network(2, FIRST_REGISTER + register)
                        .network(3, FIRST_REGISTER + found));
    }

    /** Adds what begins in {@code register} to a dynamic set, if it isn't there, and counts there. A packet that finds the set full goes on with the next rule. */
    public static NftExpression add(String set, int register) {
        int add = 0; // NFT_DYNSET_OP_ADD
        return new NftExpression(
                "dynset", data -> data.attribute(1, set).network(3, add).network(4, FIRST_REGISTER + register));
    }

    public static NftExpression counter() {
        return new NftExpression("counter", data -> {});
    }

    public static NftExpression accept() {
        return verdict(verdict -> verdict.network(NFTA_VERDICT_CODE, ACCEPT));
    }

    public static NftExpression drop() {
        return verdict(verdict -> verdict.network(NFTA_VERDICT_CODE, DROP));
    }

    /** Goes on in another chain, and doesn't come back. */
    public static NftExpression goTo(String chain) {
        return verdict(verdict -> verdict.network(NFTA_VERDICT_CODE, GOTO).attribute(NFTA_VERDICT_CHAIN, chain));
    }

    private static NftExpression verdict(Consumer<NetlinkMessage> verdict) {
        return new NftExpression(
                "immediate",
                data -> data.network(1, VERDICT_REGISTER).nest(2, holder -> holder.nest(NFTA_DATA_VERDICT, verdict)));
    }

    void describe(NetlinkMessage expression) {
        expression.attribute(NFTA_EXPR_NAME, name).nest(NFTA_EXPR_DATA, data);
    }
}
