package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mooring.linux.Errno;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;

/**
 * The kernel's nftables, as the network namespace of the thread that opened this has them. A change is made as a whole or not at all.
 * Safe for use by several threads; changing needs CAP_NET_ADMIN.
 */
public final class Nftables implements AutoCloseable {
    private static final int NETLINK_NETFILTER = 12;
    private static final int SUBSYSTEM = 10; // NFNL_SUBSYS_NFTABLES
    private static final int NFPROTO_IPV4 = 2;
    private static final int HEADER_LENGTH = 4; // struct nfgenmsg

    private static final int NEWTABLE = 0;
    private static final int DELTABLE = 2;
    private static final int NEWCHAIN = 3;
    private static final int NEWRULE = 6;
    private static final int GETRULE = 7;
    private static final int NEWSET = 9;
    private static final int NEWSETELEM = 12;
    private static final int GETSETELEM = 13;
    private static final int DELSETELEM = 14;

    /** In each message the first attribute names the table, unless said otherwise. */
    private static final int TABLE = 1;

    private static final int LIST_ELEM = 1;
    private static final int EXPR_NAME = 1;
    private static final int EXPR_DATA = 2;
    private static final int DATA_VALUE = 1;
    private static final String COUNTER = "counter";
    private static final int COUNTER_BYTES = 1;
    private static final int COUNTER_PACKETS = 2;
    private static final int CHAIN_NAME = 3;
    private static final int CHAIN_HOOK = 4;
    private static final int CHAIN_TYPE = 7;
    private static final int HOOK_NUMBER = 1;
    private static final int HOOK_PRIORITY = 2;
    private static final int RULE_CHAIN = 2;
    private static final int RULE_EXPRESSIONS = 4;
    private static final int RULE_USERDATA = 7;
    private static final int COMMENT = 0;
    private static final int SET_NAME = 2;
    private static final int SET_FLAGS = 3;
    private static final int SET_KEY_TYPE = 4;
    private static final int SET_KEY_LENGTH = 5;
    private static final int SET_DATA_TYPE = 6;
    private static final int SET_DATA_LENGTH = 7;
    private static final int SET_ID = 10;
    private static final int SET_EXPRESSION = 17;
    private static final int SET_MAP = 0x8;
    private static final int SET_DYNAMIC = 0x20;
    private static final int SET_WITH_EXPRESSION = 0x100;
    private static final int ELEMENTS_SET = 2;
    private static final int ELEMENTS = 3;
    private static final int ELEMENT_KEY = 1;
    private static final int ELEMENT_DATA = 2;
    private static final int ELEMENT_EXPRESSION = 7;

    /** How nft(8) names the type of an address, and of several in a row, each six bits further. */
    private static final int ADDRESS_TYPE = 7;

    private static final int TYPE_BITS = 6;
    private static final int MARK_TYPE = 19;

    /** As many as surely fit into one attribute. */
    private static final int ELEMENTS_AT_ONCE = 1000;

    private static final int ELEMENT_LENGTH = 80;
    private static final int RULE_LENGTH = 2048;

    private final NetlinkSocket socket;

    private Nftables(NetlinkSocket socket) {
        this.socket = socket;
    }

    public static Nftables open() throws KernelException {
        return new Nftables(NetlinkSocket.open(NETLINK_NETFILTER));
    }

    /** Puts this table, with these elements, in the place of one with its name: no packet sees neither or half of it. */
    public void replace(NftTable table, Collection<NftTable.Element> elements) throws KernelException {
        List<NetlinkMessage> batch = new ArrayList<>();
        batch.add(table(NEWTABLE, table.name()));
        batch.add(table(DELTABLE, table.name()));
        batch.add(table(NEWTABLE, table.name()));
        int id = 0;
        for (NftTable.Set set : table.sets()) {
            batch.add(set(table.name(), set, ++id));
        }
        for (NftTable.Chain chain : table.chains()) {
            batch.add(chain(table.name(), chain));
            for (NftTable.Rule rule : chain.rules()) {
                batch.add(rule(table.name(), chain.name(), rule));
            }
        }
        batch.addAll(elements(NEWSETELEM, table.name(), elements));
        socket.commit(SUBSYSTEM, batch, "set table " + table.name());
    }

    /** Removes the table; there need be none. */
    public void remove(String table) throws KernelException {
        socket.commit(SUBSYSTEM, List.of(table(NEWTABLE, table), table(DELTABLE, table)), "remove table " + table);
    }

    /**
     * Removes elements from a table's sets, and adds others, at once.
     *
     * @param added need not be missing, unless they stand for something else from now on: then they are among those that are removed
     * @param removed have to be there
     */
    public void change(String table, Collection<NftTable.Element> added, Collection<NftTable.Element> removed)
            throws KernelException {
        List<NetlinkMessage> batch = elements(DELSETELEM, table, removed);
        batch.addAll(elements(NEWSETELEM, table, added));
        if (!batch.isEmpty()) {
            socket.commit(SUBSYSTEM, batch, "change the sets of table " + table);
        }
    }

    /** What each element of a set that counts has counted. Some are missing while the kernel moves a set that has grown to a larger hash table. */
    public Map<NftTable.Element, NftTable.Counter> counters(String table, NftTable.Set set) throws KernelException {
        NetlinkMessage question = message(GETSETELEM, 0).attribute(TABLE, table).attribute(ELEMENTS_SET, set.name());
        Map<NftTable.Element, NftTable.Counter> counters = new HashMap<>();
        // The same element may come twice if the set changes meanwhile.
        socket.dump(
                        question,
                        "list set " + set.name() + " of table " + table,
                        body -> Attributes.of(body.position(HEADER_LENGTH)).list(ELEMENTS).stream()
                                .map(element -> Map.entry(
                                        new NftTable.Element(
                                                set.name(),
                                                addresses(element.nested(ELEMENT_KEY)
                                                        .octets(DATA_VALUE))),
                                        counter(element.nested(ELEMENT_EXPRESSION)
                                                .nested(EXPR_DATA))))
                                .toList())
                .forEach(part -> part.forEach(entry -> counters.put(entry.getKey(), entry.getValue())));
        return counters;
    }

    /** What this element of a set that counts has counted; empty if there is no such element. */
    public Optional<NftTable.Counter> counter(String table, NftTable.Element element) throws KernelException {
        String operation = "look up an element of set " + element.set() + " of table " + table;
        NetlinkMessage question = message(GETSETELEM, 0)
                .attribute(TABLE, table)
                .attribute(ELEMENTS_SET, element.set())
                .nest(ELEMENTS, list -> list.nest(LIST_ELEM, member -> key(member, element)));
        try {
            return socket.get(
                    question,
                    operation,
                    body -> Attributes.of(body.position(HEADER_LENGTH)).list(ELEMENTS).stream()
                            .map(found ->
                                    counter(found.nested(ELEMENT_EXPRESSION).nested(EXPR_DATA)))
                            .findFirst());
        } catch (KernelException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** What each rule that counts has counted, by its comment. */
    public Map<String, NftTable.Counter> counters(String table, NftTable.Chain chain) throws KernelException {
        NetlinkMessage question = message(GETRULE, 0).attribute(TABLE, table).attribute(RULE_CHAIN, chain.name());
        Map<String, NftTable.Counter> counters = new LinkedHashMap<>();
        socket.dump(question, "list chain " + chain.name() + " of table " + table, body -> {
                    Attributes rule = Attributes.of(body.position(HEADER_LENGTH));
                    return rule.list(RULE_EXPRESSIONS).stream()
                            .filter(expression -> expression.text(EXPR_NAME).equals(COUNTER))
                            .map(expression -> Map.entry(
                                    comment(rule.octets(RULE_USERDATA)), counter(expression.nested(EXPR_DATA))))
                            .toList();
                })
                .forEach(part -> part.forEach(entry -> counters.put(entry.getKey(), entry.getValue())));
        return counters;
    }

    @Override
    public void close() {
        socket.close();
    }

    /** What {@link #rule} has written, and nft(8) prints. */
    private static String comment(ByteBuffer userData) {
        int frame = 3; // type, length, and a zero at the end
        return userData.remaining() < frame
                ? ""
                : StandardCharsets.UTF_8
                        .decode(userData.slice(2, userData.remaining() - frame))
                        .toString();
    }

    private static List<Inet4Address> addresses(ByteBuffer key) {
        List<Inet4Address> addresses = new ArrayList<>();
        for (int at = 0; at + Ipv4.LENGTH <= key.remaining(); at += Ipv4.LENGTH) {
            addresses.add(Ipv4.read(key.slice(key.position() + at, Ipv4.LENGTH)));
        }
        return addresses;
    }

    private static NftTable.Counter counter(Attributes counter) {
        return new NftTable.Counter(number(counter.octets(COUNTER_PACKETS)), number(counter.octets(COUNTER_BYTES)));
    }

    private static long number(ByteBuffer octets) {
        return octets.remaining() < Long.BYTES
                ? 0
                : octets.order(ByteOrder.BIG_ENDIAN).getLong();
    }

    private static NetlinkMessage table(int type, String name) {
        return message(type, NetlinkMessage.NLM_F_CREATE).attribute(TABLE, name);
    }

    private static NetlinkMessage set(String table, NftTable.Set set, int id) {
        NetlinkMessage message = message(NEWSET, NetlinkMessage.NLM_F_CREATE)
                .attribute(TABLE, table)
                .attribute(SET_NAME, set.name())
                .network(
                        SET_FLAGS,
                        (set.counted() ? SET_WITH_EXPRESSION : 0)
                                | (set.values() > 0 ? SET_MAP : 0)
                                | (set.dynamic() ? SET_DYNAMIC : 0))
                .network(SET_KEY_TYPE, inARow(set.addresses(), ADDRESS_TYPE))
                .network(SET_KEY_LENGTH, set.addresses() * Ipv4.LENGTH)
                .network(SET_ID, id);
        if (set.values() > 0) {
            message.network(SET_DATA_TYPE, inARow(set.values(), MARK_TYPE))
                    .network(SET_DATA_LENGTH, set.values() * Integer.BYTES);
        }
        return set.counted() ? message.nest(SET_EXPRESSION, NftExpression.counter()::describe) : message;
    }

    private static int inARow(int count, int each) {
        int type = 0;
        for (int i = 0; i < count; i++) {
            type = type << TYPE_BITS | each;
        }
        return type;
    }

    private static NetlinkMessage chain(String table, NftTable.Chain chain) {
        NetlinkMessage message = message(NEWCHAIN, NetlinkMessage.NLM_F_CREATE)
                .attribute(TABLE, table)
                .attribute(CHAIN_NAME, chain.name());
        chain.hook()
                .ifPresent(hook -> message.nest(
                                CHAIN_HOOK,
                                place -> place.network(HOOK_NUMBER, hook.number)
                                        .network(HOOK_PRIORITY, chain.priority()))
                        .attribute(CHAIN_TYPE, "filter"));
        return message;
    }

    private static NetlinkMessage rule(String table, String chain, NftTable.Rule rule) {
        int append = 0x800; // NLM_F_APPEND
        return message(NEWRULE, NetlinkMessage.NLM_F_CREATE | append, RULE_LENGTH)
                .attribute(TABLE, table)
                .attribute(RULE_CHAIN, chain)
                .nest(
                        RULE_EXPRESSIONS,
                        list -> rule.expressions().forEach(expression -> list.nest(LIST_ELEM, expression::describe)))
                .nested(
                        RULE_USERDATA,
                        data -> data.octets(COMMENT, rule.comment().length() + 1)
                                .text(rule.comment())
                                .octets(0));
    }

    private static List<NetlinkMessage> elements(int type, String table, Collection<NftTable.Element> elements) {
        Map<String, List<NftTable.Element>> bySet = new LinkedHashMap<>();
        for (NftTable.Element element : elements) {
            bySet.computeIfAbsent(element.set(), unused -> new ArrayList<>()).add(element);
        }
        List<NetlinkMessage> messages = new ArrayList<>();
        bySet.forEach((set, members) -> {
            for (int from = 0; from < members.size(); from += ELEMENTS_AT_ONCE) {
                List<NftTable.Element> part = members.subList(from, Math.min(from + ELEMENTS_AT_ONCE, members.size()));
                messages.add(message(type, NetlinkMessage.NLM_F_CREATE, RULE_LENGTH + part.size() * ELEMENT_LENGTH)
                        .attribute(TABLE, table)
                        .attribute(ELEMENTS_SET, set)
                        .nest(
                                ELEMENTS,
                                list -> part.forEach(element -> list.nest(LIST_ELEM, member -> key(member, element)))));
            }
        });
        return messages;
    }

    private static void key(NetlinkMessage member, NftTable.Element element) {
        member.nest(
                ELEMENT_KEY,
                key -> key.nested(DATA_VALUE, value -> element.key().forEach(value::address)));
        if (!element.value().isEmpty()) {
            member.nest(
                    ELEMENT_DATA,
                    data -> data.nested(DATA_VALUE, value -> element.value().forEach(value::word)));
        }
    }

    private static NetlinkMessage message(int type, int flags) {
        return message(type, flags, RULE_LENGTH);
    }

    private static NetlinkMessage message(int type, int flags, int capacity) {
        return new NetlinkMessage(SUBSYSTEM << Byte.SIZE | type, flags, capacity).octets(NFPROTO_IPV4, 0, 0, 0);
    }
}
