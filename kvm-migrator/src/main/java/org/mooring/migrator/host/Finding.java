package org.mooring.migrator.host;

/**
 * One thing that a check looked at.
 *
 * @param text what was found; where it isn't well, also what to do
 */
record Finding(Level level, String text) {
    enum Level {
        OK,
        /** It can't be found out here. */
        NOTE,
        /** It may go well. */
        WARN,
        /** It won't. */
        FAIL
    }
}
