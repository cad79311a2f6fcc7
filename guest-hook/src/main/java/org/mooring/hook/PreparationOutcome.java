package org.mooring.hook;

/**
 * What came of preparing the agents for a guest before it comes.
 *
 * @param why in words for an operator
 */
public record PreparationOutcome(Prepared prepared, String why) {
    /** How the guest's handover will go. */
    public enum Prepared {
        /** The agents know the new care-of address, and wait for the guest to stop. */
        STAGED,
        /** The guest's care-of address doesn't change. */
        NOTHING,
        /** Nobody is prepared: the registration at RESUME does it all. */
        PLAIN,
        /** An agent says what it would say to the registration at RESUME, too: the guest would be cut off here. */
        DENIED
    }

    static PreparationOutcome staged() {
        return new PreparationOutcome(Prepared.STAGED, "the agents send here as soon as the guest stops");
    }

    static PreparationOutcome nothing() {
        return new PreparationOutcome(Prepared.NOTHING, "the guest's care-of address stays as it is");
    }

    static PreparationOutcome plain(String why) {
        return new PreparationOutcome(Prepared.PLAIN, why);
    }

    static PreparationOutcome denied(String why) {
        return new PreparationOutcome(Prepared.DENIED, why);
    }
}
