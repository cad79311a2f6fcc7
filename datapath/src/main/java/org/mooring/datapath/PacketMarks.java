package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.NftExpression;
import org.mooring.linux.netlink.NftTable;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.Nftables;

/**
 * An nftables table that marks packets which the routing rules then lead to the agent's device: those of visitors, by interface, address and
 * link-layer address (RFC 3024 §5), and at home those that have to wait. It stays when its agent ends.
 */
final class PacketMarks implements AutoCloseable {
    /** Of packets in no tunnel for who comes home. */
    static final int WAITING = 0x1b4;

    private static final int MANGLE = -150; // where nft(8) has the priority of that name

    /** Before fragments are put together, wherever that is. */
    private static final int UNASSEMBLED = -450;

    private static final String VISITORS = "visitors";
    private static final String ENCAPSULATING = "encapsulating";
    private static final String ENCAPSULATED = "encapsulated";
    private static final String HELD = "held";
    private static final int MORE_FRAGMENTS_AND_OFFSET = 0x3f; // of the first octet there

    private static final int LINK_SOURCE = 6;
    private static final int LINK_ADDRESS_LENGTH = 6;
    private static final int MAC_WORDS = 2;

    /** The last of an encapsulating visitor's key. */
    private static final List<NftExpression> DESTINATION =
            List.of(NftExpression.networkHeader(Ip.DESTINATION, 4, 2 + MAC_WORDS));

    private final Nftables nftables;
    private final String table;
    private final Map<Inet4Address, Set<Element>> visitors = new HashMap<>();

    private PacketMarks(Nftables nftables, String table) {
        this.nftables = nftables;
        this.table = table;
    }

    /**
     * Begins with an empty table.
     *
     * @param uplinks of a home agent; none for a foreign agent
     */
    static PacketMarks open(String table, List<Interface> uplinks, Clamping clamping) throws KernelException {
        Nftables nftables = Nftables.open();
        try {
            nftables.replace(table(table, uplinks, clamping), List.of());
            return new PacketMarks(nftables, table);
        } catch (KernelException | RuntimeException e) {
            nftables.close();
            throw e;
        }
    }

    /** What comes from this visitor for its reverse tunnel is marked as {@link TunEngine#TUNNEL_MARK} says; nothing if it has none. */
    synchronized void put(Inet4Address homeAddress, ForwardingEntry entry) throws KernelException {
        Set<Element> wanted = new HashSet<>();
        if (entry.fromHome().isPresent() && entry.link() != 0) {
            List<Inet4Address> key = new ArrayList<>();
            key.add(word(entry.link()));
            key.add(homeAddress);
            ByteBuffer mac = ByteBuffer.allocate(MAC_WORDS * Integer.BYTES);
            entry.mac().write(mac);
            mac.rewind();
            for (int i = 0; i < MAC_WORDS; i++) {
                key.add(Ipv4.read(mac));
            }
            entry.encapsulatesTo().ifPresent(key::add);
            wanted.add(new Element(entry.encapsulatesTo().isPresent() ? ENCAPSULATING : VISITORS, key));
            entry.encapsulatesTo()
                    .ifPresent(address -> wanted.add(new Element(ENCAPSULATED, List.of(homeAddress, address))));
        }
        replace(homeAddress, wanted);
    }

    private void replace(Inet4Address homeAddress, Set<Element> wanted) throws KernelException {
        Set<Element> before = visitors.getOrDefault(homeAddress, Set.of());
        if (wanted.equals(before)) {
            return;
        }
        nftables.change(table, KernelTunnels.without(wanted, before), KernelTunnels.without(before, wanted));
        if (wanted.isEmpty()) {
            visitors.remove(homeAddress);
        } else {
            visitors.put(homeAddress, wanted);
        }
    }

    synchronized void remove(Inet4Address homeAddress) throws KernelException {
        replace(homeAddress, Set.of());
    }

    /** What comes in no tunnel for this home address is marked {@link #WAITING}. */
    synchronized void hold(Inet4Address homeAddress) throws KernelException {
        nftables.change(table, List.of(new Element(HELD, List.of(homeAddress))), List.of());
    }

    /** It isn't any more. */
    synchronized void release(Inet4Address homeAddress) throws KernelException {
        nftables.change(table, List.of(), List.of(new Element(HELD, List.of(homeAddress))));
    }

    @Override
    public void close() {
        nftables.close();
    }

    private static NftTable table(String name, List<Interface> uplinks, Clamping clamping) {
        List<NftTable.Set> sets = List.of(
                new NftTable.Set(VISITORS, 2 + MAC_WORDS, false),
                new NftTable.Set(ENCAPSULATING, 3 + MAC_WORDS, false),
                new NftTable.Set(ENCAPSULATED, 2, false),
                new NftTable.Set(HELD, 1, false));
        List<NftTable.Rule> marking = new ArrayList<>();
        marking.add(fromVisitors(VISITORS, List.of()));
        marking.add(fromVisitors(ENCAPSULATING, DESTINATION));
        for (Interface uplink : uplinks) {
            marking.add(new NftTable.Rule(
                    "waits",
                    List.of(
                            NftExpression.inputInterface(0),
                            NftExpression.equal(0, uplink),
                            NftExpression.networkHeader(Ip.DESTINATION, 4, 1),
                            NftExpression.lookup(HELD, 1),
                            NftExpression.number(WAITING, 2),
                            NftExpression.setMark(2))));
        }
        return new NftTable(
                name,
                sets,
                List.of(
                        new NftTable.Chain("fragments", NftTable.Hook.PREROUTING, UNASSEMBLED, fragments()),
                        new NftTable.Chain("mark", NftTable.Hook.PREROUTING, MANGLE, marking),
                        clamping.chain()));
    }

    /**
     * Of what a visitor encapsulates, the kernel would put others' fragments to the visitor's own: only the first one's mark counts. So they are
     * dropped before.
     */
    private static List<NftTable.Rule> fragments() {
        NftTable.Rule whole = new NftTable.Rule(
                "whole",
                List.of(
                        NftExpression.networkHeader(Ip.FRAGMENT, 1, 0),
                        NftExpression.mask(0, MORE_FRAGMENTS_AND_OFFSET),
                        NftExpression.equal(0, 0),
                        NftExpression.networkHeader(Ip.FRAGMENT + 1, 1, 0),
                        NftExpression.equal(0, 0),
                        NftExpression.accept()));
        List<NftExpression> own = fromVisitor(ENCAPSULATING, DESTINATION);
        own.add(NftExpression.accept());
        NftTable.Rule forged = new NftTable.Rule(
                "forged",
                List.of(
                        NftExpression.networkHeader(Ip.SOURCE, 4, 0),
                        NftExpression.networkHeader(Ip.DESTINATION, 4, 1),
                        NftExpression.lookup(ENCAPSULATED, 0),
                        NftExpression.drop()));
        return List.of(whole, new NftTable.Rule("own", own), forged);
    }

    private static List<NftExpression> fromVisitor(String set, List<NftExpression> last) {
        List<NftExpression> steps = new ArrayList<>(List.of(
                NftExpression.inputInterface(0),
                NftExpression.networkHeader(Ip.SOURCE, 4, 1),
                NftExpression.linkHeader(LINK_SOURCE, LINK_ADDRESS_LENGTH, 2)));
        steps.addAll(last);
        steps.add(NftExpression.lookup(set, 0));
        return steps;
    }

    private static NftTable.Rule fromVisitors(String set, List<NftExpression> last) {
        List<NftExpression> steps = fromVisitor(set, last);
        steps.add(NftExpression.number(TunEngine.TUNNEL_MARK, 0));
        steps.add(NftExpression.setMark(0));
        return new NftTable.Rule(set, steps);
    }

    /** In the machine's order, as the kernel loads it. */
    private static Inet4Address word(int number) {
        return Ipv4.read(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(0, number));
    }
}
