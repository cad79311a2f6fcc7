package org.mooring.linux.netlink;

/**
 * A policy routing rule (ip-rule(8)): packets with this mark that arrive on one interface, or have to leave by one, look in this table.
 * {@code Rule.lookup(435).priority(435).mark(0x1b3)}.
 *
 * @param priority rules are tried from the lowest number on; the main table's is 32766
 * @param mark what {@code mask} leaves of the packet's mark
 * @param mask zero for a rule that does not look at the mark
 * @param inputInterface empty for any
 * @param outputInterface of packets that have to leave by it, whatever routes say; empty for any
 * @param protocol who made it; of a rule by us it is {@link Route#PROTOCOL}
 */
public record Rule(
        int table, int priority, int mark, int mask, String inputInterface, String outputInterface, int protocol) {
    public static Rule lookup(int table) {
        return new Rule(table, 0, 0, 0, "", "", Route.PROTOCOL);
    }

    public Rule priority(int newPriority) {
        return new Rule(table, newPriority, mark, mask, inputInterface, outputInterface, protocol);
    }

    /** Only for packets whose whole mark is {@code newMark}. */
    public Rule mark(int newMark) {
        return new Rule(table, priority, newMark, -1, inputInterface, outputInterface, protocol);
    }

    public Rule inputInterface(String name) {
        return new Rule(table, priority, mark, mask, name, outputInterface, protocol);
    }

    public Rule outputInterface(String name) {
        return new Rule(table, priority, mark, mask, inputInterface, name, protocol);
    }

    @Override
    public String toString() {
        return priority + ":"
                + (mask == 0 ? "" : String.format(" fwmark 0x%x/0x%x", mark, mask))
                + (inputInterface.isEmpty() ? "" : " iif " + inputInterface)
                + (outputInterface.isEmpty() ? "" : " oif " + outputInterface)
                + " lookup " + table;
    }
}
