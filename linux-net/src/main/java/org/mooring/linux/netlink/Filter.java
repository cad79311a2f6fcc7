package org.mooring.linux.netlink;

/**
 * A BPF program at a device's clsact hook. Link, direction, preference and handle name it.
 *
 * @param preference filters are tried from the lowest number on
 * @param handle which one of several with the same preference
 * @param program its name, for whoever lists the filters
 * @param programId the kernel's number of the program: another one after each replacement
 */
public record Filter(Direction direction, int preference, int handle, String program, int programId) {
    /** Where the filter sees packets, from the point of view of the device: what goes to a guest goes out of its tap. */
    public enum Direction {
        INGRESS(0xffff_fff2),
        EGRESS(0xffff_fff3);

        final int parent;

        Direction(int parent) {
            this.parent = parent;
        }
    }
}
