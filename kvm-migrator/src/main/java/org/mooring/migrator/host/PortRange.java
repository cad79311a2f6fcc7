package org.mooring.migrator.host;

/** TCP ports, both ends included. */
record PortRange(int first, int last) {
    PortRange {
        if (first < 1 || first > last || last > 65535) {
            throw new IllegalArgumentException("no range of ports: " + first + "-" + last);
        }
    }

    /** Reads {@code FIRST-LAST}. */
    static PortRange of(String text) {
        int hyphen = text.indexOf('-');
        if (hyphen < 0) {
            throw new IllegalArgumentException("'" + text + "' is no range of ports");
        }
        return new PortRange(Integer.parseInt(text.substring(0, hyphen)), Integer.parseInt(text.substring(hyphen + 1)));
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
