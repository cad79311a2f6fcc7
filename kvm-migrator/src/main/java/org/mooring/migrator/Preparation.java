package org.mooring.migrator;

/**
 * What the destination's hook says of the way in which the guest's address will follow it.
 *
 * @param prepared in the hook's word: {@code staged}, {@code nothing} that needs to be, {@code plain}, or {@code denied}
 * @param why in words for an operator
 */
public record Preparation(String prepared, String why) {
    private static final String PLAIN = "plain";
    private static final String DENIED = "denied";

    /** Nobody is prepared: the guest is registered once it runs there. */
    public static Preparation plain(String why) {
        return new Preparation(PLAIN, why);
    }

    /** Nobody asks for a registration of the guest there, or the agents would refuse it: it would be cut off. */
    public static Preparation denied(String why) {
        return new Preparation(DENIED, why);
    }

    public boolean isDenied() {
        return prepared.equals(DENIED);
    }

    public boolean isPlain() {
        return prepared.equals(PLAIN);
    }
}
