package org.mooring.migrator;

/**
 * What the destination's hook says of the way in which the guest's address will follow it.
 *
 * @param prepared in the hook's word: {@code staged}, {@code nothing} that needs to be, or {@code plain}
 * @param why in words for an operator
 */
public record Preparation(String prepared, String why) {
    private static final String PLAIN = "plain";

    /** Nobody is prepared: the guest is registered once it runs there. */
    public static Preparation plain(String why) {
        return new Preparation(PLAIN, why);
    }

    public boolean isPlain() {
        return prepared.equals(PLAIN);
    }
}
