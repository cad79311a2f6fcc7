package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private static final String VISITORS = "visitors";
    private static final String ENCAPSULATING = "encapsulating";
    private static final String HELD = "held";

    private static final int LINK_SOURCE = 6;
    private static final int LINK_ADDRESS_LENGTH = 6;
    private static final int MAC_WORDS = 2;

    private final Nftables nftables;
    private final String table;
    private final Map<Inet4Address, Element> visitors = new HashMap<>();

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
        List<Element> added = new ArrayList<>();
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
            added.add(new Element(entry.encapsulatesTo().isPresent() ? ENCAPSULATING : VISITORS, key));
        }
        Element before = visitors.get(homeAddress);
        if (before != null && added.contains(before)) {
            return;
        }
        nftables.change(table, added, before == null ? List.of() : List.of(before));
        visitors.remove(homeAddress);
        added.forEach(element -> visitors.put(homeAddress, element));
    }

    synchronized void remove(Inet4Address homeAddress) throws KernelException {
        Element before = visitors.get(homeAddress);
        if (before != null) {
            nftables.change(table, List.of(), List.of(before));
            visitors.remove(homeAddress);
        }
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
                new NftTable.Set(HELD, 1, false));
        List<NftTable.Rule> marking = new ArrayList<>();
        marking.add(fromVisitors(VISITORS, List.of()));
        marking.add(
                fromVisitors(ENCAPSULATING, List.of(NftExpression.networkHeader(Ip.DESTINATION, 4, 2 + MAC_WORDS))));
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
                List.of(new NftTable.Chain("mark", NftTable.Hook.PREROUTING, MANGLE, marking), clamping.chain()));
    }

    private static NftTable.Rule fromVisitors(String set, List<NftExpression> last) {
        List<NftExpression> steps = new ArrayList<>(List.of(
                NftExpression.inputInterface(0),
                NftExpression.networkHeader(Ip.SOURCE, 4, 1),
                NftExpression.linkHeader(LINK_SOURCE, LINK_ADDRESS_LENGTH, 2)));
        steps.addAll(last);
        steps.add(NftExpression.lookup(set, 0));
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
