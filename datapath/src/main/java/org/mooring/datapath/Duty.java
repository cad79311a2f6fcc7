package org.mooring.datapath;

/** What an RFC has an agent do and not every datapath does. It isn't left undone unless the configuration names such a datapath. */
public enum Duty {
    /** Who takes GRE verifies checksums (RFC 2784 §2.3). */
    GRE_CHECKSUMS("checksums in GRE (leave out \"gre\")"),

    /** A foreign agent with reverse tunnels tells visitors with one home address apart (RFC 3024 §A.4). */
    NAMESAKES("two visitors with one home address (set reverse-tunnel = \"refused\")");

    private final String words;

    Duty(String words) {
        this.words = words;
    }

    /** What it is of, and how to be without it. */
    String words() {
        return words;
    }
}
