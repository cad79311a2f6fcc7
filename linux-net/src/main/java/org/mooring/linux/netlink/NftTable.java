package org.mooring.linux.netlink;

import java.net.Inet4Address;
import java.util.List;
import java.util.Optional;

/** An nftables table of family {@code ip}, in the words of nft(8). */
public record NftTable(String name, List<Set> sets, List<Chain> chains) {
    public NftTable {
        sets = List.copyOf(sets);
        chains = List.copyOf(chains);
    }

    /**
     * A set of addresses, or of so many in a row.
     *
     * @param addresses that make one element
     * @param counted whether each element counts the packets that were found by it
     * @param values so many numbers in a row each element stands for: it is a map if that is more than none
     * @param dynamic whether packets add elements, by {@link NftExpression#add}: then it has no more than 65,535
     */
    public record Set(String name, int addresses, boolean counted, int values, boolean dynamic) {
        public Set(String name, int addresses, boolean counted, int values) {
            this(name, addresses, counted, values, false);
        }

        public Set(String name, int addresses, boolean counted) {
            this(name, addresses, counted, 0);
        }
    }

    /**
     * Rules in their order; what none of them accepts or drops passes.
     *
     * @param hook none if it only sees what rules of chains behind it in the table send here, by {@link NftExpression#goTo}
     * @param priority the chain with the lowest sees a packet first
     */
    public record Chain(String name, Optional<Hook> hook, int priority, List<Rule> rules) {
        public Chain {
            rules = List.copyOf(rules);
        }

        public Chain(String name, Hook hook, int priority, List<Rule> rules) {
            this(name, Optional.of(hook), priority, rules);
        }

        public Chain(String name, List<Rule> rules) {
            this(name, Optional.empty(), 0, rules);
        }
    }

    /**
     * Steps in their order.
     *
     * @param comment tells it from other rules of its chain; ASCII
     */
    public record Rule(String comment, List<NftExpression> expressions) {
        public Rule {
            expressions = List.copyOf(expressions);
        }
    }

    /**
     * A member of a set.
     *
     * @param value the numbers that it stands for, each as a register holds it; none unless the set is a map
     */
    public record Element(String set, List<Inet4Address> key, List<Integer> value) {
        public Element {
            key = List.copyOf(key);
            value = List.copyOf(value);
        }

        public Element(String set, List<Inet4Address> key) {
            this(set, key, List.of());
        }

        public Element(String set, Inet4Address... key) {
            this(set, List.of(key));
        }
    }

    /** What an element or a rule has counted; octets from the IP header on. */
    public record Counter(long packets, long octets) {}

    /** Where a chain sees packets. */
    public enum Hook {
        PREROUTING(0),
        INPUT(1),
        FORWARD(2),
        OUTPUT(3),
        POSTROUTING(4);

        final int number;

        Hook(int number) {
            this.number = number;
        }
    }
}
